//! What a token stands for: the text that both sides see when they answer for it.
//!
//! Everything in it comes from the cosigned lists, never from the rater. Deliberately absent: the rater and the case.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::ids::{BoxId, PeriodId, RateeId, Side, UnknownName};
use crate::stratum::Stratum;
use crate::words;

words! {
    /// 律师 or 法官 as the rater's role in the analysis.
    RaterRole, "rater role" {
        /// A judge rates.
        Judge = "judge",
        /// A lawyer rates.
        Lawyer = "lawyer",
    }
}

impl RaterRole {
    /// The role of a side's raters.
    #[must_use]
    pub const fn of(side: Side) -> Self {
        match side {
            Side::Bench => Self::Judge,
            Side::Bar => Self::Lawyer,
        }
    }
}

/// What a stamp stands for: `v2|stamp|period|direction`. No more, or whoever knows who fetched what could name the author
/// of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampInfo<'a>(pub &'a BoxId);

impl fmt::Display for StampInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v2|stamp|{}|{}", self.0.period, self.0.direction)
    }
}

/// What a slip stands for: `v2|slip|period|direction|ratee|court|stratum|rubric`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipInfo {
    /// The box.
    pub id: BoxId,
    /// Who is rated.
    pub ratee: RateeId,
    /// Court code of the ratee.
    pub court: String,
    /// Case type and outcome for the rater's side of the case.
    pub stratum: Stratum,
    /// The rubric in force.
    pub rubric: Digest,
}

impl fmt::Display for SlipInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, ratee, court, stratum, rubric } = self;
        write!(f, "v2|slip|{}|{}|{ratee}|{court}|{stratum}|{rubric}", id.period, id.direction)
    }
}

fn box_of(period: &str, direction: &str) -> Result<BoxId, UnknownName> {
    Ok(BoxId { period: PeriodId(period.to_owned()), direction: direction.parse()? })
}

impl FromStr for SlipInfo {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "slip info", text: text.to_owned() };
        let ["v2", "slip", period, direction, ratee, court, stratum, rubric] = text.split('|').collect::<Vec<_>>()[..]
        else {
            return Err(unknown());
        };
        Ok(Self {
            id: box_of(period, direction).map_err(|_| unknown())?,
            ratee: RateeId(ratee.to_owned()),
            court: court.to_owned(),
            stratum: stratum.parse().map_err(|_| unknown())?,
            rubric: rubric.parse().map_err(|_| unknown())?,
        })
    }
}

/// What a nym stands for: `v2|nym|period|direction|home|role`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NymInfo {
    /// The box.
    pub id: BoxId,
    /// Code of the court with most of the rater's cases.
    pub home: String,
    /// Judge or lawyer.
    pub role: RaterRole,
}

impl fmt::Display for NymInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v2|nym|{}|{}|{}|{}", self.id.period, self.id.direction, self.home, self.role)
    }
}

impl FromStr for NymInfo {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "nym info", text: text.to_owned() };
        let ["v2", "nym", period, direction, home, role] = text.split('|').collect::<Vec<_>>()[..] else {
            return Err(unknown());
        };
        Ok(Self {
            id: box_of(period, direction).map_err(|_| unknown())?,
            home: home.to_owned(),
            role: role.parse().map_err(|_| unknown())?,
        })
    }
}
