//! A later last day: both sides signed it, it begins where this agent's last day ends, and that day is not over here.
//!
//! The day is looked up on this agent's own clock, so that nobody moves a last day after the fact by dating a paper back.

use hengping_domain::document::Signature;
use hengping_domain::extension::{Extension, SignedExtension};
use hengping_domain::statement::{AgentRefusal, Said, Signed};

use super::{Asking, Keep, Stop, open, settle};
use crate::agent::Agent;
use crate::store::extension as store;

/// Adopts an extension of an open box.
pub(super) fn extend(
    agent: &Agent,
    asking: &Asking<'_>,
    extension: &Extension,
    signatures: &[Signature],
) -> Result<Signed, Stop> {
    let id = asking.id();
    settle(agent, asking, Keep::Journal, |conn| {
        let manifest = open(conn, id)?.manifest;
        let signed = SignedExtension { extension: extension.clone(), signatures: signatures.to_vec() };
        let hash = signed.signed_by_both(&manifest).map_err(|_| AgentRefusal::ExtensionRefused)?;
        let said = Said::Extended { extension: hash, cast_until: extension.cast_until };
        // The same one with its signatures in another order.
        if store::is_known(conn, id, hash)? {
            return Ok(said);
        }
        let last_day = store::last_day(conn, &manifest)?;
        if !extension.continues(&manifest, last_day) {
            return Err(AgentRefusal::ExtensionRefused.into());
        }
        if agent.clock.today() > last_day {
            return Err(AgentRefusal::ExtensionLate.into());
        }
        store::add(conn, id, hash, extension.cast_until)?;
        Ok(said)
    })
}
