//! What an attack came to.

use std::fmt;

/// Mean of a share over replicates, and its standard error. Both are 0 where nothing was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    /// 0 to 1; a difference of shares may be negative.
    pub mean: f64,
    /// Standard error of the mean between replicates; 0 for a single one.
    pub error: f64,
}

impl Share {
    pub(super) fn over(replicates: &[f64]) -> Self {
        let n = replicates.len() as f64;
        if replicates.is_empty() {
            return Self::default();
        }
        let mean = replicates.iter().sum::<f64>() / n;
        let squares = replicates.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
        Self { mean, error: if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 } }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} % ± {:.1}", 100.0 * self.mean, 100.0 * self.error)
    }
}

/// How often an observer named the true author of an envelope first.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Authors {
    /// Envelopes in all replicates.
    pub tries: u64,
    /// Of which the author was named first.
    pub hits: u64,
    /// Hits over tries.
    pub named: Share,
    /// What the observer itself thought its guesses were worth; far from `named`, it misjudges what it sees.
    pub claimed: Share,
}

/// What an observer told about whom an envelope is, had it been told its author.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Content {
    /// Envelopes in all replicates.
    pub tries: u64,
    /// Share of ratees named right by all that is seen, the envelope included.
    pub named: Share,
    /// Share that is expected from the issuance log and times alone: whoever has one unspent invitation rates that one.
    pub from_log: Share,
    /// `named` less `from_log`: what was read off envelopes, plus noise and what the observer misjudges of times.
    pub read: Share,
    /// Ratees named right that the same guess without the envelope got wrong, of all replicates: 0 if nothing is written on it.
    pub told: u64,
    /// Author and ratee both named right, nothing told.
    pub both: Share,
}

/// An observer who sees casts and requests for tokens when they come.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Live {
    /// Whose envelope it is.
    pub authors: Authors,
    /// About whom it is.
    pub content: Content,
}

/// What all observers came to in a setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Periods that were simulated.
    pub replicates: u32,
    /// Raters with an invitation, invitations, and stamps in the box, of all replicates together.
    pub raters: u64,
    /// See `raters`.
    pub invitations: u64,
    /// See `raters`.
    pub envelopes: u64,
    /// The floor: naming whoever fetched most, without a look at days.
    pub floor: Share,
    /// (a) Dump of platform and agent, and the day of every fetch.
    pub thief: Authors,
    /// (a) and every day on which a rater signed in.
    pub thief_with_visits: Authors,
    /// (b) Relay and its own agent, by time.
    pub relay: Live,
    /// (b) by time and address.
    pub relay_with_addresses: Live,
    /// Control: (a) against the naive build.
    pub control: Authors,
    /// Control: (b) by time against the naive build.
    pub control_live: Live,
    /// (a) against half the naive build: ratee and stratum outside, fetched ahead.
    pub bound_ahead: Authors,
    /// (b) by time against that half, the control of `content`.
    pub bound_ahead_live: Live,
    /// (a) against the other half: period and direction outside, fetched on demand.
    pub on_demand: Authors,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |of: u64| of as f64 / f64::from(self.replicates.max(1));
        writeln!(
            f,
            "{} periods, each with {:.0} raters, {:.0} invitations and {:.0} envelopes on average",
            self.replicates,
            each(self.raters),
            each(self.invitations),
            each(self.envelopes)
        )?;
        writeln!(f, "floor: whoever fetched most: {}", self.floor)?;
        let live = [
            ("(b) relay and its agent", &self.relay),
            ("(b) with addresses", &self.relay_with_addresses),
            ("control, live", &self.control_live),
            ("ratee and stratum outside, fetched ahead, live", &self.bound_ahead_live),
        ];
        let dumps = [
            ("(a) dump and fetch days", &self.thief),
            ("(a) and sign-in days", &self.thief_with_visits),
            ("control, as (a)", &self.control),
            ("ratee and stratum outside, fetched ahead, as (a)", &self.bound_ahead),
            ("period outside, fetched on demand, as (a)", &self.on_demand),
        ];
        for (name, a) in dumps.into_iter().chain(live.iter().map(|(name, live)| (*name, &live.authors))) {
            writeln!(f, "{name}: author named first {} ({} of {}), claimed {}", a.named, a.hits, a.tries, a.claimed)?;
        }
        for (name, Live { content: c, .. }) in live {
            let Content { tries, named, from_log, read, told, both } = c;
            writeln!(
                f,
                "{name}: ratee given the author {named}, from the log {from_log}, read {read}, told {told} of {tries}; both {both}"
            )?;
        }
        Ok(())
    }
}
