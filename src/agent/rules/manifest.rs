//! Which manifest an agent works under: one that names the pinned keys and its own, signed by both sides.

use hengping_domain::digest::Digest;
use hengping_domain::document::Signature;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::BoxPublics;
use hengping_domain::manifest::Manifest;
use hengping_domain::statement::AgentRefusal;

use crate::pins::Pins;

/// The hash of a manifest that may be adopted; `own` are the keys that this agent made for the box.
pub(crate) fn adopt(
    id: &BoxId,
    side: Side,
    manifest: &Manifest,
    signatures: &[Signature],
    pins: &Pins,
    own: &BoxPublics,
) -> Result<Digest, AgentRefusal> {
    let foreign = AgentRefusal::ForeignManifest;
    let pinned = |side| {
        let (keys, pins) = (manifest.keys(side), pins.sides.get(side));
        keys.signing == pins.signing && keys.agent == pins.agent
    };
    let named = manifest.platform == pins.platform && manifest.relay.receipt == pins.relay;
    let (ours, theirs) = (manifest.keys(side), manifest.keys(side.other()));
    let own_keys = ours.issuer == own.issuer && ours.mix == own.mix && ours.opening == own.opening;
    // With one side's key under both names, that side could do alone what takes two.
    let two_parties = theirs.issuer != own.issuer && theirs.mix != own.mix && theirs.opening != own.opening;
    let sound = manifest.is_sound() && manifest.id == *id;
    if !(sound && named && pinned(Side::Bench) && pinned(Side::Bar) && own_keys && two_parties) {
        return Err(foreign);
    }
    manifest.signed_by_both(signatures).map_err(|_| foreign)
}
