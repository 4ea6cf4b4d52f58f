//! Which list is shuffled, and which one is opened.

use hengping_domain::agreed::{self, AgreedError, Shuffle};
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::manifest::{Manifest, PerSide};
use hengping_domain::mix::tolerated;
use hengping_domain::statement::{AgentRefusal, Signed};

const fn refusal(error: &AgreedError) -> AgentRefusal {
    match error {
        AgreedError::Unsigned { .. } => AgentRefusal::OtherSideMissing,
        AgreedError::Miscounted(_) | AgreedError::Unchained | AgreedError::OtherList(_) => AgentRefusal::ListMismatch,
    }
}

/// A side's statement about its shuffle; its numbers add up.
fn shuffle(manifest: &Manifest, side: Side, signed: &Signed) -> Result<Shuffle, AgentRefusal> {
    agreed::shuffle(manifest, side, signed).map_err(|error| refusal(&error))
}

/// For the bar: how many items the bench's list has, if it is what the bench made of the closed list. `closed` are the
/// digests that go into the first shuffle, sorted.
pub(crate) fn after_bench(
    manifest: &Manifest,
    closed: &[Digest],
    after: Option<&Signed>,
    input: Digest,
) -> Result<u32, AgentRefusal> {
    let bench = shuffle(manifest, Side::Bench, after.ok_or(AgentRefusal::OtherSideMissing)?)?;
    let fits = bench.output == input
        && usize::try_from(bench.taken) == Ok(closed.len())
        && bench.refused.iter().all(|hash| closed.binary_search(hash).is_ok());
    if fits { Ok(bench.passed) } else { Err(AgentRefusal::ListMismatch) }
}

/// The list to be opened and its count, from both statements about the shuffles. `own` is what this agent said, `closed` how
/// many stamps the box closed with.
pub(crate) fn agree(
    manifest: &Manifest,
    side: Side,
    mixed: &PerSide<Signed>,
    own: Option<&Signed>,
    closed: usize,
    audited: bool,
) -> Result<(Digest, u32), AgentRefusal> {
    let mismatch = AgentRefusal::ListMismatch;
    let (bench, bar) = (shuffle(manifest, Side::Bench, &mixed.bench)?, shuffle(manifest, Side::Bar, &mixed.bar)?);
    let chained = bar.follows(&bench) && usize::try_from(bench.taken) == Ok(closed);
    if own != Some(mixed.get(side)) || !chained {
        return Err(mismatch);
    }
    let spoilt = |shuffle: &Shuffle| shuffle.refused.len() > tolerated(shuffle.taken as usize);
    if !audited && (spoilt(&bench) || spoilt(&bar)) {
        return Err(AgentRefusal::TooManyRefused);
    }
    Ok((bar.output, bar.passed))
}

/// The list that both sides agreed to open.
pub(crate) fn agreed(
    manifest: &Manifest,
    side: Side,
    listed: &PerSide<Signed>,
    own: Option<&Signed>,
) -> Result<(Digest, u32), AgentRefusal> {
    let said = |side| agreed::listed(manifest, side, listed.get(side)).map_err(|error| refusal(&error));
    let (bench, bar) = (said(Side::Bench)?, said(Side::Bar)?);
    if bench == bar && own == Some(listed.get(side)) { Ok(bench) } else { Err(AgentRefusal::ListMismatch) }
}
