//! What waits for the officers, in words: what is asked and what follows from saying yes.

use std::collections::BTreeSet;

use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::request::{Asked, SignedRequest};
use hengping_domain::statement::Said;

use crate::config::AskedKind;

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The request's name, for `agent approve`.
    pub digest: Digest,
    /// The day on which it came.
    pub day: String,
    /// The box.
    pub id: BoxId,
    /// What is asked.
    pub kind: AskedKind,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Pending {
    pub(crate) fn new(digest: Digest, day: String, request: &SignedRequest) -> Self {
        let (zh, en) = words(&request.request.asked);
        let kind = request.request.asked.kind();
        Self { digest, day, id: request.request.id.clone(), kind, zh, en }
    }
}

/// What a request means.
fn words(asked: &Asked) -> (String, String) {
    let pair = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match asked {
        Asked::Keys => pair(
            "为该封存库生成本方的签发、混洗和启封密钥，并告知公钥。",
            "Make this side's issuing, mix and opening keys for the box and tell their public halves.",
        ),
        Asked::Manifest { manifest, .. } => {
            let kind = if manifest.rehearsal { "演练 rehearsal" } else { manifest.kind.as_str() };
            let until = manifest.cast_until;
            let (rubric, charter) = (manifest.rubric.short(), manifest.charter.short());
            (
                format!(
                    "采用双方签署的封存库清单（{kind}），截止日 {until}，互评标准 {rubric}，互评规则 {charter}。批准后本节点只按此清单工作，不可更改。"
                ),
                format!(
                    "Work under the manifest that both sides signed ({kind}): ballots until {until}, rubric {rubric}, charter {charter}. \
                     From then on this agent serves the box on these terms and no others."
                ),
            )
        }
        Asked::Extend { extension, .. } => {
            let (was, until, reason) = (extension.was_until, extension.cast_until, &extension.reason);
            (
                format!("按双方签署的延期文件，将截止日由 {was} 延至 {until}。事由：{}", reason.zh),
                format!("Take ballots until {until} instead of {was}, as both sides signed. Reason: {}", reason.en),
            )
        }
        Asked::Eligibility { number, entries } => {
            let raters: BTreeSet<_> = entries.iter().map(|entry| &entry.rater).collect();
            let ratees: BTreeSet<_> = entries.iter().map(|entry| &entry.ratee).collect();
            let (rights, raters, ratees) = (entries.len(), raters.len(), ratees.len());
            (
                format!(
                    "同意第 {number} 份待评名单：{rights} 项待评案件，评价人 {raters} 名，被评价人 {ratees} 名。批准后名单上的评价人可以领取匿名凭证。"
                ),
                format!(
                    "Agree to list {number} of who may rate whom: {rights} rights of {raters} raters about {ratees} ratees. \
                     Whoever stands on it may then fetch tokens."
                ),
            )
        }
        Asked::Enrol { rater, .. } => {
            (format!("登记会员 {rater} 的设备。"), format!("Recognise the device of member {rater}."))
        }
        Asked::Tokens { request, .. } => (
            format!("为评价人 {} 的 {} 项待评案件签发匿名凭证。", request.rater, request.tokens.len()),
            format!("Issue tokens for {} invitations of rater {}.", request.tokens.len(), request.rater),
        ),
        Asked::Check { number, casts } => (
            format!("核验第 {number} 批封存件的 {} 枚凭证。", casts.len()),
            format!("Check the {} stamps of batch {number}.", casts.len()),
        ),
        Asked::Cosign { size, leaves, .. } => (
            format!("会签封存记录：新增 {} 条，共 {size} 条。", leaves.len()),
            format!("Cosign the log: {} new leaves, {size} in all.", leaves.len()),
        ),
        Asked::Close { size, stamps, .. } => (
            format!("封存库到此截止：记录 {size} 条，凭证 {stamps} 枚。批准后不再接收任何封存件。"),
            format!("Close the box at {size} leaves of {stamps} stamps. Nothing is taken afterwards."),
        ),
        Asked::Mix { input, .. } => (
            format!("混洗列表 {}。每个封存库只混洗一次。", input.short()),
            format!("Shuffle list {}. A box is shuffled once.", input.short()),
        ),
        Asked::List { mixed, audited } => {
            let refused = |said: &Said| match said {
                Said::Mixed { refused, taken, .. } => format!("{} / {taken}", refused.len()),
                _ => "?".to_owned(),
            };
            let bench = refused(&mixed.bench.statement.said);
            let bar = refused(&mixed.bar.statement.said);
            let (zh, en) = if *audited {
                (
                    "请求称审计员已核查剔除过多一方的密钥，请先确认。",
                    "The request says that an auditor has looked at the key; make sure of it first.",
                )
            } else {
                ("", "")
            };
            (
                format!("同意据以启封的列表；剔除件数：法院方 {bench}，律协方 {bar}。此后不得启封其他列表。{zh}"),
                format!(
                    "Agree to the list that is opened; turned away: bench {bench}, bar {bar}. No other list can be opened afterwards. {en}"
                )
                .trim_end()
                .to_owned(),
            )
        }
        Asked::Shares { listed } => {
            let list = match &listed.bench.statement.said {
                Said::Listed { list, count } => format!("{}, {count}", list.short()),
                _ => "?".to_owned(),
            };
            (
                format!("解出本方对列表 {list} 的份额，连同签发密钥一并交出。双方都交出后即可共同启封，无法撤回。"),
                format!(
                    "Hand over this side's shares of list {list} together with its issuer key. With the other side's the box \
                     can be opened; that cannot be taken back."
                ),
            )
        }
        Asked::Release { release, .. } => (
            format!("确认反馈文件 {} 出自已启封的列表。", release.short()),
            format!("Agree that release {} is about the opened list.", release.short()),
        ),
        Asked::Ledger => pair("告知签发和核验的数量。", "Tell how many tokens were issued and checked."),
        Asked::Death => pair(
            "公布签发密钥，永久删除混洗与启封密钥、签发记录、设备登记和名单。此后无人能再启封，不可撤销。",
            "Publish the issuer key and delete for ever the mix and opening keys, marks, enrolments and lists. Nobody can open \
             anything afterwards; this cannot be undone.",
        ),
    }
}
