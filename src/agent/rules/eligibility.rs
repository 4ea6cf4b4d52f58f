//! Which list of who may rate whom an agent agrees to.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::eligible::{self, Entry};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::rehearsal;
use hengping_domain::statement::AgentRefusal;

/// What is known before the list.
pub(crate) struct Known<'a> {
    /// Lists so far.
    pub(crate) lists: u32,
    /// Their entries.
    pub(crate) entries: &'a [Entry],
    /// Which of the new list's raters are members of this side.
    pub(crate) members: &'a BTreeSet<String>,
}

/// Whether the list may be agreed to.
pub(crate) fn agree(
    id: &BoxId,
    side: Side,
    number: u32,
    entries: &[Entry],
    known: &Known<'_>,
) -> Result<(), AgentRefusal> {
    if number != known.lists.saturating_add(1) {
        return Err(AgentRefusal::ListNumber);
    }
    // In a rehearsal everybody is invented, and nobody who is invented is in anything else.
    if !eligible::is_sound(id, entries) || !rehearsal::fits(id, entries) {
        return Err(AgentRefusal::ListMalformed);
    }
    let invitations: BTreeSet<_> = known.entries.iter().map(|entry| &entry.invitation).collect();
    if entries.iter().any(|entry| invitations.contains(&entry.invitation)) {
        return Err(AgentRefusal::KnownInvitation);
    }
    let mut homes = BTreeMap::new();
    for entry in known.entries.iter().chain(entries) {
        let home = (&entry.home, entry.role);
        if *homes.entry(&entry.rater).or_insert(home) != home {
            return Err(AgentRefusal::HomeChanged);
        }
    }
    let ours = id.direction.rater_side() == side && !id.period.is_rehearsal();
    if ours && entries.iter().any(|entry| !known.members.contains(&entry.rater)) {
        return Err(AgentRefusal::UnknownMember);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hengping_domain::ids::{InvitationId, RateeId};
    use hengping_domain::token::RaterRole;

    fn entry(invitation: &str, rater: &str, home: &str) -> Entry {
        Entry {
            invitation: InvitationId(invitation.into()),
            rater: rater.into(),
            case: "（2026）鲁0202民初1号".into(),
            ratee: RateeId("r".into()),
            court: "鲁0202".into(),
            stratum: "civil.for".parse().expect("stratum"),
            home: home.into(),
            role: RaterRole::Lawyer,
        }
    }

    #[test]
    fn a_rehearsal_has_invented_raters_only_and_nothing_else_has_one() {
        let id: BoxId = "rehearsal-2026.bar_rates_bench".parse().expect("a box");
        let (members, invented) = (BTreeSet::from(["1".to_owned()]), rehearsal::entries(&id));
        let known = Known { lists: 0, entries: &[], members: &members };
        let ask = |id: &BoxId, entries: &[Entry]| agree(id, Side::Bar, 1, entries, &known);
        assert_eq!(ask(&id, &invented), Ok(()));
        let real: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        assert_eq!(ask(&real, &invented), Err(AgentRefusal::ListMalformed));
        assert_eq!(ask(&id, &[entry("a", "1", "鲁0202")]), Err(AgentRefusal::ListMalformed), "a member in a rehearsal");
        assert_eq!(ask(&real, &[entry("a", "1", "鲁0202")]), Ok(()), "control");
    }

    #[test]
    fn each_rule_has_its_refusal() {
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        let before = [entry("a", "1", "鲁0202"), entry("b", "2", "鲁0203")];
        let members = BTreeSet::from(["1".to_owned(), "2".to_owned()]);
        let known = Known { lists: 1, entries: &before, members: &members };
        let ask = |side, number, entries: &[Entry]| agree(&id, side, number, entries, &known);
        let good = [entry("c", "1", "鲁0202"), entry("d", "2", "鲁0203")];
        assert_eq!(ask(Side::Bar, 2, &good), Ok(()));
        assert_eq!(ask(Side::Bar, 1, &good), Err(AgentRefusal::ListNumber));
        assert_eq!(ask(Side::Bar, 3, &good), Err(AgentRefusal::ListNumber));
        let backwards = [good[1].clone(), good[0].clone()];
        assert_eq!(ask(Side::Bar, 2, &backwards), Err(AgentRefusal::ListMalformed));
        assert_eq!(ask(Side::Bar, 2, &[entry("a", "1", "鲁0202")]), Err(AgentRefusal::KnownInvitation));
        assert_eq!(ask(Side::Bar, 2, &[entry("c", "1", "鲁0203")]), Err(AgentRefusal::HomeChanged));
        let within = [entry("c", "3", "鲁0202"), entry("d", "3", "鲁0203")];
        assert_eq!(ask(Side::Bench, 2, &within), Err(AgentRefusal::HomeChanged), "within one list");
        let stranger = [entry("c", "3", "鲁0202")];
        assert_eq!(ask(Side::Bar, 2, &stranger), Err(AgentRefusal::UnknownMember));
        assert_eq!(ask(Side::Bench, 2, &stranger), Ok(()), "the other side's members are the other side's business");
    }
}
