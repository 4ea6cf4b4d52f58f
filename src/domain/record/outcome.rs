//! The second half of a recheck: what became of the ballots, from the shuffles to the death of the keys.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::StampRow;
use super::verify::{CheckName, Look, Stage, count, same, show};
use crate::agreed::{agreed, shuffle};
use crate::ballot::MAX_SEQ;
use crate::correction;
use crate::digest::Digest;
use crate::document::{self, DocumentKind};
use crate::ids::{BoxId, Side};
use crate::log;
use crate::manifest::{Manifest, PerSide};
use crate::opening::Counts;
use crate::release::Draft;
use crate::statement::{Said, Signed};
use crate::token::StampInfo;
use crate::token::poprf::IssuerKey;

/// A counted part of a release: the whole draft, or one of the boxes it was opened from.
#[derive(Deserialize)]
struct Part {
    #[serde(rename = "box")]
    id: BoxId,
    manifest: Digest,
    counts: Counts,
    counted_root: Digest,
    #[serde(default)]
    corrections: Vec<Digest>,
}

impl<'a> Look<'a> {
    /// A side's signed statement of a kind.
    fn statement(&self, side: Side, of: impl Fn(&Said) -> bool) -> Option<&'a Signed> {
        self.signed.iter().find(|signed| signed.statement.side == side && of(&signed.statement.said)).copied()
    }

    pub(super) fn shuffles(&mut self) {
        let mixed = |said: &Said| matches!(said, Said::Mixed { .. });
        let listed = |said: &Said| matches!(said, Said::Listed { .. });
        let both = |of: fn(&Said) -> bool| {
            Some(PerSide {
                bench: self.statement(Side::Bench, of)?.clone(),
                bar: self.statement(Side::Bar, of)?.clone(),
            })
        };
        let (mixed, listed) = (both(mixed), both(listed));
        let shuffle = |side| mixed.as_ref().and_then(|mixed| shuffle(self.manifest, side, mixed.get(side)).ok());
        let stamps = self.end().map(|(_, _, stamps)| stamps);
        let (bench, bar) = (shuffle(Side::Bench), shuffle(Side::Bar));
        let holds = bench.as_ref().zip(bar.as_ref()).is_some_and(|(bench, bar)| bar.follows(bench))
            && bench.as_ref().map(|bench| bench.taken) == stamps;
        let found = show(bench.map(|bench| format!("{} taken", bench.taken)));
        // Between the two shuffles one of them is still to come.
        if self.stage >= Stage::Listed || mixed.is_some() {
            self.check(CheckName::Shuffles, holds, found, show(stamps.map(|stamps| format!("{stamps} stamps"))));
        }
        if self.stage < Stage::Listed {
            return;
        }
        let list = mixed.zip(listed).and_then(|(mixed, listed)| agreed(self.manifest, &mixed, &listed).ok());
        let list = list.map(|agreed| agreed.list);
        self.check(CheckName::List, list.is_some(), show(list), "bench = bar");
        let handed = self.all(|said| match said {
            Said::HandedOver { list, times, .. } => Some((*times, *list)),
            _ => None,
        });
        let right = |side| {
            let mut times = handed.get(side).clone();
            times.sort_unstable();
            times.iter().zip(1..).all(|((times, of), expected)| *times == expected && Some(*of) == list)
                && (self.stage < Stage::Released || !times.is_empty())
        };
        let right = [Side::Bench, Side::Bar].into_iter().filter(|&side| right(side)).count();
        self.check(CheckName::Shares, right == 2, right, 2);
    }

    pub(super) fn ledger(&mut self) {
        let all = self.all(|said| match said {
            Said::Ledger { stamps, slips, spent, refused, .. } => Some((*stamps, *slips, *spent, *refused)),
            _ => None,
        });
        // Asked more than once, the last word has the highest counts.
        let ledgers = PerSide { bench: all.bench.into_iter().max(), bar: all.bar.into_iter().max() };
        let accepted = self.end().map_or(u32::MAX, |(_, _, stamps)| stamps);
        let valid = self.part().map_or(0, |part| part.counts.valid);
        let right = |side: Side| {
            // A leaf that was refused in two batches counts once.
            let turned: BTreeSet<_> = self.checked(side).into_values().flat_map(|(_, _, refused)| refused).collect();
            ledgers.get(side).is_some_and(|(stamps, slips, spent, refused)| {
                stamps >= spent && spent >= accepted && slips >= valid && refused == count(turned.len())
            })
        };
        let holds = right(Side::Bench) && right(Side::Bar);
        let issued = |side| show(ledgers.get(side).map(|(stamps, ..)| stamps));
        let found = format!("bench {}, bar {}", issued(Side::Bench), issued(Side::Bar));
        self.check(CheckName::Ledger, holds, found, format!(">= {accepted}"));
    }

    fn draft(&self) -> Option<Draft> {
        serde_json::from_value(self.record.release.as_ref()?.body.get("draft")?.clone()).ok()
    }

    /// What the release says of this box.
    fn part(&self) -> Option<Part> {
        let draft = self.record.release.as_ref()?.body.get("draft")?;
        let parts = match draft.get("boxes") {
            Some(boxes) => serde_json::from_value::<Vec<Part>>(boxes.clone()).ok()?,
            None => vec![Part::deserialize(draft).ok()?],
        };
        parts.into_iter().find(|part| part.id == self.manifest.id)
    }

    pub(super) fn release(&mut self) {
        let file = self.record.release.as_ref();
        let hash = file.and_then(|file| document::digest(&file.body).ok());
        let manifest = self.manifest.hash().ok();
        let (draft, part) = (self.draft(), self.part());
        let about = draft.as_ref().is_some_and(|draft| {
            let Manifest { rubric, charter, kind, direction, .. } = self.manifest;
            (draft.rubric, draft.charter, draft.kind, draft.direction) == (*rubric, *charter, *kind, *direction)
                && draft.id.direction == *direction
        });
        let named = part.as_ref().map(|part| part.manifest);
        self.check(CheckName::ReleaseAbout, about && named == manifest, show(named), show(manifest));

        let cells = draft.as_ref().map(|draft| draft.cells.as_slice()).unwrap_or_default();
        let shown = cells.iter().filter(|cell| !cell.is_public() || cell.reason.is_some()).count();
        let reserved = file.and_then(|file| file.body.get("reserved")).is_some();
        self.check(CheckName::ReleasePublic, draft.is_some() && reserved && shown == 0, shown, "0");

        let signed = |side: Side| {
            let key = &self.manifest.keys(side).signing;
            file.zip(hash).is_some_and(|(file, hash)| {
                document::is_signed_by(&file.signatures, side, key, DocumentKind::Release, hash)
            })
        };
        let list = self.one(|said| if let Said::Listed { list, .. } = said { Some(*list) } else { None });
        // Of a box that was corrected there are several; the others are those that were.
        let corrected = |other: &Digest| self.record.corrections.iter().any(|each| each.correction.release == *other);
        let others = self.all(|said| match said {
            Said::Released { release, .. } if Some(*release) != hash && !corrected(release) => Some(()),
            _ => None,
        });
        let tied = same(self.one(|said| match said {
            Said::Released { release, list } if Some(*release) == hash => Some((*release, *list)),
            _ => None,
        }));
        let only = file.is_some_and(|file| file.signatures.len() == 2);
        let tied_here =
            tied.is_some() && tied == hash.zip(same(list)) && others.bench.is_empty() && others.bar.is_empty();
        let holds = signed(Side::Bench) && signed(Side::Bar) && only && tied_here;
        self.check(CheckName::ReleaseSigned, holds, show(hash), show(tied.map(|(release, _)| release)));

        let counts = part.as_ref().map(|part| part.counts).unwrap_or_default();
        let Counts { taken, refused, invalid, duplicate, valid } = counts;
        let sum = [refused, invalid, duplicate, valid].into_iter().map(u64::from).sum::<u64>();
        let turned = self.all(|said| if let Said::Mixed { refused, .. } = said { Some(refused.len()) } else { None });
        let turned = count(turned.bench.iter().chain(&turned.bar).sum());
        let stamps = self.end().map(|(_, _, stamps)| stamps);
        let holds = part.is_some() && sum == u64::from(taken) && refused == turned && Some(taken) == stamps;
        let found = format!("{taken} = {refused} + {invalid} + {duplicate} + {valid}");
        self.check(CheckName::Counts, holds, found, format!("{} = {turned} + ..", show(stamps)));
    }

    /// The corrections in force, and those the release was computed under; the last one may have come after the release that it
    /// corrects, whose successor is still to come. Where there are none and none is named, there is nothing to check.
    pub(super) fn corrections(&mut self) {
        let named = self.part().map(|part| part.corrections).unwrap_or_default();
        let corrections = &self.record.corrections;
        if named.is_empty() && corrections.is_empty() {
            return;
        }
        let only = corrections.iter().all(|signed| signed.signatures.len() == 2);
        let hashes = correction::check(self.manifest, corrections);
        let found = match &hashes {
            Ok(hashes) => format!("{} in force, computed under {}", hashes.len(), named.len()),
            Err(error) => error.to_string(),
        };
        let release = self.record.release.as_ref().and_then(|file| document::digest(&file.body).ok());
        let holds = hashes.is_ok_and(|hashes| {
            let after = hashes.strip_prefix(named.as_slice());
            after.is_some_and(|after| match (after.len(), release) {
                (0, _) | (_, None) => true,
                (1, Some(release)) => corrections.last().is_some_and(|last| last.correction.release == release),
                _ => false,
            })
        });
        self.check(CheckName::Corrections, only && holds, found, corrections.len());
    }

    /// Of a release that no longer stands: what took it back names it, and no other. Where there is none, there is nothing to
    /// check.
    pub(super) fn withdrawal(&mut self) {
        let Some(signed) = &self.record.withdrawal else { return };
        let release = self.record.release.as_ref().and_then(|file| document::digest(&file.body).ok());
        let named = signed.withdrawal.release;
        let holds = signed.withdrawal.is_about(self.manifest)
            && signed.signatures.len() == 2
            && signed.signed_by_both(self.manifest).is_ok()
            && release == Some(named);
        self.check(CheckName::Withdrawal, holds, named, show(release));
    }

    /// The counted list; between opening and release nothing binds it yet, and it is at most as long as the list.
    pub(super) fn counted(&mut self) {
        let counted = self.record.counted.as_deref().unwrap_or_default();
        let (size, root, part) = (count(counted.len()), log::root(counted), self.part());
        let found = format!("{size}, root {}", root.short());
        let sorted = counted.is_sorted_by(|one, next| one < next) && self.record.counted.is_some();
        if self.stage < Stage::Released {
            let listed = self.one(|said| if let Said::Listed { count, .. } = said { Some(*count) } else { None });
            let most = listed.bench.unwrap_or(0);
            self.check(CheckName::Counted, sorted && size <= most, found, format!("<= {most}"));
            return;
        }
        let bound = part.map(|part| (part.counts.valid, part.counted_root));
        let expected = show(bound.map(|(valid, root)| format!("{valid}, root {}", root.short())));
        self.check(CheckName::Counted, sorted && bound == Some((size, root)), found, expected);
    }

    pub(super) fn stamps(&mut self) {
        let dead = self.one(|said| if let Said::Dead { issuer } = said { Some(*issuer) } else { None });
        let key = |side: Side| {
            let key = dead.get(side).as_ref().and_then(|secret| IssuerKey::from_secret(secret).ok());
            key.filter(|key| key.public() == self.manifest.keys(side).issuer)
        };
        let keys = (key(Side::Bench), key(Side::Bar));
        let right = usize::from(keys.0.is_some()) + usize::from(keys.1.is_some());
        let rows = self.record.stamps.as_deref().unwrap_or_default();
        let mut good = 0;
        if let (Some(bench), Some(bar)) = keys {
            let (issuers, info) = (PerSide { bench, bar }, StampInfo(&self.manifest.id).to_string());
            let holds = |row: &&StampRow| {
                let numbered = (1..=MAX_SEQ).contains(&row.seq);
                numbered && row.leaf == log::leaf(&row.stamp.nonce, row.envelope) && row.stamp.holds(&issuers, &info)
            };
            good = rows.iter().filter(holds).count();
        }
        let mut leaves: Vec<_> = rows.iter().map(|row| row.leaf).collect();
        let mut log = self.record.log.clone();
        leaves.sort_unstable();
        log.sort_unstable();
        let nonces: BTreeSet<_> = rows.iter().map(|row| row.stamp.nonce).collect();
        let numbers: BTreeSet<_> = rows.iter().map(|row| (row.stamp.nonce, row.seq)).collect();
        let distinct = self.end().is_some_and(|(_, _, stamps)| stamps == count(nonces.len()));
        let holds = leaves == log && good == rows.len() && distinct && numbers.len() == rows.len();
        self.check(CheckName::IssuerKeys, right == 2, right, 2);
        self.check(CheckName::Stamps, holds, good, log.len());
    }
}
