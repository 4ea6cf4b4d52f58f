//! Rechecks a record from its first signature to its last stamp. Every check has a name, words, and what it found.
//!
//! How far the box has come follows from what was said about it; everything up to there must be there and fit.

use std::collections::{BTreeMap, BTreeSet};

use super::Record;
use crate::checkpoint::Checkpoint;
use crate::digest::{Bytes, Digest};
use crate::extension;
use crate::ids::Side;
use crate::keys::BoxPublics;
use crate::log;
use crate::manifest::{Manifest, PerSide};
use crate::statement::{Said, Signed};

/// Declares the checks with their words.
macro_rules! checks {
    ($($variant:ident = $code:literal, $zh:literal, $en:literal);+ $(;)?) => {
        crate::words! {
            /// What is rechecked.
            CheckName, "check" { $(#[doc = $en] $variant = $code),+ }
        }

        impl CheckName {
            /// What holds when the check holds, in Chinese and English.
            #[must_use]
            pub const fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($zh, $en)),+ }
            }
        }
    };
}

checks! {
    ManifestSigned = "manifest-signed", "封存库清单自洽，并由双方签名", "The manifest is sound and signed by both sides";
    StatementsSigned = "statements-signed", "每一条声明都由所称一方的节点签名", "Every statement is signed by the agent it names";
    SaidOnce = "said-once", "没有一方前后说法不一", "No side said two different things";
    NobodyNamed = "nobody-named", "记录中没有涉及个人的声明", "No statement is about a person";
    AgentKeys = "agent-keys", "双方节点为本库生成的密钥即清单所列密钥", "The agents made the keys that the manifest names";
    Adopted = "manifest-adopted", "双方节点都采用了这份清单", "Both agents adopted this manifest";
    Extensions = "extensions", "每次延期都由双方签署、双方节点采用，首尾相接", "Every extension is signed by both sides, adopted by both agents, and begins where the one before ends";
    Eligibility = "eligibility-agreed", "双方认定的评价资格名单逐份一致", "Both sides agreed to the same eligibility lists";
    Batches = "batches-checked", "双方逐批核验的是同一批凭证，日志由各批按序组成", "Both sides checked the same batches, and the log is made of them in order";
    Refused = "refused-leaves", "公布的退回项即双方声明退回的项", "The refused leaves are those that the sides said they refused";
    Checkpoint = "checkpoint-signed", "检查点由双方签名，其根与日志一致", "The checkpoint is signed by both sides and its root is that of the log";
    History = "log-history", "每个联签过的日志都是后来日志的开头", "Every log that was cosigned is the beginning of the later one";
    Closed = "closed", "双方以同一日志和份数关闭", "Both sides closed with this log and one count";
    Shuffles = "shuffles", "两方混洗首尾相接，件数相符", "The shuffles follow each other and lose nothing unseen";
    List = "list-agreed", "双方认定启封同一清单", "Both sides agreed to open the list that came out";
    Shares = "shares-logged", "双方只为这份清单解出一半，每次均有记录", "Shares were made for this list alone, each time logged";
    Counted = "counted-list", "计入清单有序、无重复，份数与结果一致，并由发布文件锁定", "The counted list is sorted, as long as the count says, and bound by the release";
    Counts = "counts-add-up", "收到 = 退回 + 无效 + 重复 + 计入", "in = refused + invalid + duplicate + valid";
    ReleaseAbout = "release-about-this-box", "发布文件针对本清单", "The release is about this manifest";
    ReleasePublic = "release-public", "发布文件中只有对社会公开的统计单元，其余仅以加盐摘要锁定", "The release holds public cells alone, and binds the others by a salted hash";
    ReleaseSigned = "release-signed", "发布文件由双方签名，双方节点确认其来自所启封的清单", "Both sides signed the release, and both agents tied it to the opened list";
    Corrections = "corrections", "每份更正都由双方签署，发布文件正是按这些更正重新测算的", "Every correction is signed by both sides, and the release was computed under exactly these";
    Withdrawal = "withdrawal", "撤回文件由双方签署，撤回的正是这份发布文件", "Both sides signed the withdrawal, and it is of this release";
    Ledger = "ledger", "签发数不少于接收数", "No more was accepted than was issued";
    IssuerKeys = "issuer-keys", "公布的签发密钥即清单所列密钥", "The published issuer keys are those of the manifest";
    Stamps = "stamps", "日志中每一项都有一枚由双方签发的凭证", "Behind every leaf is a stamp that both sides issued";
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// Whether it holds.
    pub holds: bool,
    /// What was found.
    pub found: String,
    /// What should have been.
    pub expected: String,
}

/// How far a box has come, by what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Open,
    Closed,
    Mixed,
    Listed,
    Released,
}

/// Rechecks a record; the checks that its stage allows, in the order of a ballot's life.
#[must_use]
pub fn verify(record: &Record) -> Vec<Check> {
    let mut look = Look::of(record);
    look.manifest();
    look.extensions();
    look.statements();
    look.batches();
    look.log();
    if look.stage >= Stage::Closed {
        look.closed();
    }
    if look.stage >= Stage::Mixed {
        look.shuffles();
    }
    if look.stage >= Stage::Mixed || look.dead {
        look.ledger();
    }
    if look.stage >= Stage::Released {
        look.release();
    }
    look.corrections();
    look.withdrawal();
    if record.counted.is_some() || look.stage >= Stage::Released {
        look.counted();
    }
    if look.dead {
        look.stamps();
    }
    look.checks
}

pub(super) struct Look<'a> {
    pub(super) record: &'a Record,
    pub(super) manifest: &'a Manifest,
    /// What each side said and signed, in file order.
    said: PerSide<Vec<&'a Said>>,
    pub(super) signed: Vec<&'a Signed>,
    pub(super) stage: Stage,
    dead: bool,
    checks: Vec<Check>,
}

pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The two sides' answers if both gave one and they are equal.
pub(super) fn same<T: PartialEq>(each: PerSide<Option<T>>) -> Option<T> {
    match (each.bench, each.bar) {
        (Some(bench), Some(bar)) if bench == bar => Some(bench),
        _ => None,
    }
}

pub(super) fn show<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

impl<'a> Look<'a> {
    fn of(record: &'a Record) -> Self {
        let manifest = &record.manifest.manifest;
        let holds = |signed: &&Signed| {
            let side = signed.statement.side;
            signed.said(&manifest.id, side, &manifest.keys(side).agent).is_ok()
        };
        let signed: Vec<_> = record.statements.iter().filter(holds).collect();
        let of = |side| signed.iter().filter(|s| s.statement.side == side).map(|s| &s.statement.said).collect();
        let said: PerSide<Vec<&Said>> = PerSide::of(of);
        let stage = |said: &&Said| match said {
            Said::Released { .. } => Stage::Released,
            Said::Listed { .. } | Said::HandedOver { .. } => Stage::Listed,
            Said::Mixed { .. } => Stage::Mixed,
            Said::Closed { .. } | Said::Dead { .. } => Stage::Closed,
            _ => Stage::Open,
        };
        let mut reached = said.bench.iter().chain(&said.bar).map(stage).max().unwrap_or(Stage::Open);
        // A file of a later stage asks for that stage's statements too. The counted list stands before there is a release.
        if record.counted.is_some() {
            reached = reached.max(Stage::Listed);
        }
        if record.release.is_some() {
            reached = reached.max(Stage::Released);
        }
        // A box may die unopened, when it holds too few.
        let dead = said.bench.iter().chain(&said.bar).any(|said| matches!(said, Said::Dead { .. }));
        let dead = dead || record.stamps.is_some();
        Self { record, manifest, said, signed, stage: reached, dead, checks: Vec::new() }
    }

    pub(super) fn check(&mut self, name: CheckName, holds: bool, found: impl ToString, expected: impl ToString) {
        self.checks.push(Check { name, holds, found: found.to_string(), expected: expected.to_string() });
    }

    /// What each side said of one kind, all of it.
    pub(super) fn all<T>(&self, of: impl Fn(&'a Said) -> Option<T>) -> PerSide<Vec<T>> {
        let of = |side| self.said.get(side).iter().filter_map(|said| of(said)).collect();
        PerSide::of(of)
    }

    /// The one thing each side said of one kind.
    pub(super) fn one<T>(&self, of: impl Fn(&'a Said) -> Option<T>) -> PerSide<Option<T>> {
        let PerSide { bench, bar } = self.all(of);
        PerSide { bench: bench.into_iter().next(), bar: bar.into_iter().next() }
    }

    fn manifest(&mut self) {
        let file = &self.record.manifest;
        let hash = file.manifest.signed_by_both(&file.signatures).ok();
        let holds = hash.is_some() && file.manifest.is_sound() && file.signatures.len() == 2;
        self.check(CheckName::ManifestSigned, holds, show(hash), "HPB2");
        let keys = self.all(|said| if let Said::Keys(keys) = said { Some(keys) } else { None });
        let right = |side| {
            let named = self.manifest.keys(side);
            let named = BoxPublics { issuer: named.issuer, mix: named.mix, opening: named.opening };
            !keys.get(side).is_empty() && keys.get(side).iter().all(|made| **made == named)
        };
        let right = [Side::Bench, Side::Bar].into_iter().filter(|&side| right(side)).count();
        self.check(CheckName::AgentKeys, right == 2, right, 2);
        let adopted = same(self.one(|said| if let Said::Adopted { manifest } = said { Some(*manifest) } else { None }));
        self.check(CheckName::Adopted, adopted.is_some() && adopted == hash, show(adopted), show(hash));
    }

    /// Where there are none and nobody speaks of one, there is nothing to check.
    fn extensions(&mut self) {
        let extensions = &self.record.extensions;
        let said = self.all(|said| match said {
            Said::Extended { extension, .. } => Some(*extension),
            _ => None,
        });
        if extensions.is_empty() && said.bench.is_empty() && said.bar.is_empty() {
            return;
        }
        let chain = extension::in_force(self.manifest, extensions, &self.record.statements);
        let in_order = chain.iter().copied().eq(extensions) && extensions.iter().all(|e| e.signatures.len() == 2);
        // A statement without its document may be of an extension that one agent alone adopted, too late for the other;
        // adopted by both, it must be here.
        let here: BTreeSet<_> = extensions.iter().filter_map(|signed| signed.extension.hash().ok()).collect();
        let missing = said.bench.iter().filter(|hash| said.bar.contains(hash) && !here.contains(hash)).count();
        let until = extension::last_day(self.manifest, extensions, &self.record.statements);
        let found = format!("{} in force, until {until}, {missing} missing", chain.len());
        self.check(CheckName::Extensions, in_order && missing == 0, found, format!("{}", extensions.len()));
    }

    fn statements(&mut self) {
        let (signed, all) = (self.signed.len(), self.record.statements.len());
        self.check(CheckName::StatementsSigned, signed == all, signed, all);
        let mut words = BTreeSet::new();
        let once = |s: &&&Signed| words.insert((s.statement.side, subject(&s.statement.said)));
        let twice = signed - self.signed.iter().filter(once).count();
        self.check(CheckName::SaidOnce, twice == 0, twice, 0);
        let named = |s: &&Signed| matches!(s.statement.said, Said::Enrolled { .. } | Said::Evaluated { .. });
        let named = self.record.statements.iter().filter(named).count();
        self.check(CheckName::NobodyNamed, named == 0, named, 0);
        let lists = self.all(|said| match said {
            Said::Eligibility { number, root, count, total } => Some((*number, *root, *count, *total)),
            _ => None,
        });
        let sorted = |mut lists: Vec<_>| {
            lists.sort_unstable();
            lists.dedup();
            lists
        };
        let (bench, bar) = (sorted(lists.bench), sorted(lists.bar));
        let mut sum = 0_u32;
        let follows = bench.iter().zip(1..).all(|(&(number, _, count, total), expected)| {
            sum = sum.saturating_add(count);
            number == expected && total == sum
        });
        let found = format!("{} lists, {sum} entries", bench.len());
        let needed = self.record.log.is_empty() || !bench.is_empty();
        self.check(CheckName::Eligibility, bench == bar && follows && needed, found, format!("{} lists", bar.len()));
    }

    /// What one side said of each batch: digest, items, refused leaves.
    pub(super) fn checked(&self, side: Side) -> BTreeMap<u32, (Digest, usize, BTreeSet<Digest>)> {
        let all = self.said.get(side).iter().filter_map(|said| match said {
            Said::Checked { number, batch, accepted, refused } => {
                let items = *accepted as usize + refused.len();
                Some((*number, (*batch, items, refused.iter().copied().collect())))
            }
            _ => None,
        });
        all.collect()
    }

    fn batches(&mut self) {
        let (bench, bar) = (self.checked(Side::Bench), self.checked(Side::Bar));
        let numbers = bench.keys().eq(bar.keys()) && bench.keys().copied().eq(1..=count(bench.len()));
        // Every batch again from the log and the refused leaves: its digest is what both sides looked at.
        let (mut at, mut whole, mut refused) = (0, 0, Vec::new());
        for (number, (batch, items, by_bench)) in &bench {
            let Some((other, others, by_bar)) = bar.get(number) else { continue };
            refused.extend(by_bench.iter().map(|leaf| (*leaf, Side::Bench)));
            refused.extend(by_bar.iter().map(|leaf| (*leaf, Side::Bar)));
            let turned: BTreeSet<_> = by_bench.union(by_bar).copied().collect();
            let end = at + items.saturating_sub(turned.len());
            let Some(part) = self.record.log.get(at..end) else { continue };
            at = end;
            let mut leaves: Vec<_> = part.iter().chain(&turned).copied().collect();
            leaves.sort_unstable();
            let sorted = part.is_sorted_by(|one, next| one < next);
            whole += usize::from(sorted && items == others && batch == other && log::batch(&leaves) == *batch);
        }
        let holds = numbers && whole == bench.len() && at == self.record.log.len();
        let found = format!("{whole} batches, {at} leaves");
        let expected = format!("{} batches, {} leaves", bench.len(), self.record.log.len());
        self.check(CheckName::Batches, holds, found, expected);
        // A leaf can come in two batches and be refused in both; it is published once for each side.
        refused.sort_unstable();
        refused.dedup();
        let published = self.record.refused.len();
        self.check(CheckName::Refused, self.record.refused == refused, published, refused.len());
    }

    /// The checkpoint, if it is signed by both.
    fn checkpoint(&self) -> Option<Checkpoint> {
        let note = self.record.checkpoint.as_ref()?;
        Checkpoint::read(&self.manifest.id, &self.manifest.each(|keys| keys.agent), note).ok()
    }

    fn log(&mut self) {
        let log = &self.record.log;
        let here = Checkpoint { id: self.manifest.id.clone(), size: count(log.len()), root: log::root(log) };
        let signed = self.checkpoint();
        // An empty log was never signed.
        let holds = signed.as_ref() == Some(&here) || log.is_empty() && self.record.checkpoint.is_none();
        let found = show(signed.map(|signed| signed.root));
        self.check(CheckName::Checkpoint, holds, found, here.root);
        let states = self.all(|said| match said {
            Said::Cosigned { size, root, note } => Some((*size, *root, *note)),
            _ => None,
        });
        let right = |side: Side, (size, root, note): &(u32, Digest, Bytes<64>)| {
            let begin = log.get(..*size as usize).is_some_and(|begin| log::root(begin) == *root);
            let state = Checkpoint { id: self.manifest.id.clone(), size: *size, root: *root };
            begin && state.verify(&self.manifest.keys(side).agent, note).is_ok()
        };
        let of = |side: Side| {
            states.get(side).iter().filter(|state| right(side, state)).map(|s| s.0).collect::<BTreeSet<_>>()
        };
        let (bench, bar, all) = (of(Side::Bench), of(Side::Bar), states.bench.len() + states.bar.len());
        let whole = bench.last().copied().unwrap_or(0) == here.size;
        let good = bench.len() + bar.len();
        let sizes = |of: &BTreeSet<u32>| format!("{of:?}");
        let found = format!("{good} of {all}, bench {}, bar {}", sizes(&bench), sizes(&bar));
        let expected = format!("{all}, the same sizes up to {}", here.size);
        self.check(CheckName::History, good == all && bench == bar && whole, found, expected);
    }

    /// Size, root and stamps, if both sides closed with them.
    pub(super) fn end(&self) -> Option<(u32, Digest, u32)> {
        same(self.one(|said| match said {
            Said::Closed { size, root, stamps } => Some((*size, *root, *stamps)),
            _ => None,
        }))
    }

    fn closed(&mut self) {
        let log = &self.record.log;
        let (end, size, root) = (self.end(), count(log.len()), log::root(log));
        let holds = end.is_some_and(|(s, r, stamps)| (s, r) == (size, root) && stamps <= size);
        let found = show(end.map(|(size, _, stamps)| format!("{size} leaves, {stamps} stamps")));
        self.check(CheckName::Closed, holds, found, format!("{size} leaves"));
    }
}

/// What a statement is about: a side says one thing about it.
fn subject(said: &Said) -> String {
    match said {
        Said::Keys(_) => "keys".to_owned(),
        Said::Adopted { .. } => "adopted".to_owned(),
        Said::Extended { extension, .. } => format!("extended {extension}"),
        Said::Eligibility { number, .. } => format!("eligibility {number}"),
        Said::Enrolled { rater, .. } => format!("enrolled {rater}"),
        Said::Evaluated { request, .. } => format!("evaluated {request}"),
        Said::Checked { number, .. } => format!("checked {number}"),
        Said::Cosigned { size, .. } => format!("cosigned {size}"),
        Said::Closed { .. } => "closed".to_owned(),
        Said::Mixed { .. } => "mixed".to_owned(),
        Said::Listed { .. } => "listed".to_owned(),
        Said::HandedOver { times, .. } => format!("handed over {times}"),
        Said::Released { release, .. } => format!("released {release}"),
        // Counts grow, so they may be said again.
        Said::Ledger { stamps, slips, nyms, spent, refused } => {
            format!("ledger {stamps} {slips} {nyms} {spent} {refused}")
        }
        Said::Dead { .. } => "dead".to_owned(),
        Said::Refused { request, .. } => format!("refused {request}"),
    }
}
