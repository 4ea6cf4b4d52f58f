//! The cases of the made-up city: when they came, who had them, who appeared, how they ended.
//!
//! Volumes are set so that a ten-month period gives an ordinary judge some ninety different lawyers and the month's caps bite the busy.
//! Deliberately absent: parties.

use std::collections::BTreeMap;

use hengping_domain::docket::cause;
use hengping_domain::docket::court::COURTS;
use hengping_domain::docket::{
    CaseNumber, CaseRecord, CounselRef, CounselRole, Dates, Panel, Procedure, StaffRef, Stage, TypeWord,
};
use hengping_domain::stratum::CaseType;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::DocketPlan;
use super::endings;
use super::people::{Chamber, Judge, People};
use crate::demo::dice::Dice;
use crate::demo::names;

/// Cases registered a month for a judge of the basic courts, and of the intermediate court beside the appeals that are made here.
const CASES_A_MONTH: [f64; 2] = [8.0, 4.6];
/// Share of counsel who come from the lawyers at home in the court; the rest tie the courts together.
const AT_HOME: f64 = 0.88;
/// Share of contested first-instance judgments that are appealed.
const APPEALED: f64 = 0.12;

/// A case before it has a number.
struct Draft {
    filed: Date,
    judge: usize,
    word: TypeWord,
    /// Shared by the cases of a series.
    series: Option<u32>,
    /// Counsel kept from the case below or the first case of the series.
    counsel: Option<[Vec<CounselRef>; 3]>,
    origin: Option<CaseNumber>,
}

/// All concluded cases, by date of registration.
pub(super) fn make(plan: &DocketPlan, people: &People) -> Vec<CaseRecord> {
    let mut maker = Maker { plan, people, dice: Dice::new(plan.seed, "cases"), serials: BTreeMap::new(), outsiders: 0 };
    let mut drafts = maker.filings();
    let mut cases: Vec<CaseRecord> = Vec::new();
    let mut series: BTreeMap<u32, [Vec<CounselRef>; 3]> = BTreeMap::new();
    let mut appeals = Vec::new();
    drafts.sort_by_key(|draft| (draft.filed, draft.judge));
    for mut draft in drafts {
        if let Some(group) = draft.series {
            draft.counsel = series.get(&group).cloned();
        }
        let Some(case) = maker.case(&draft) else { continue };
        if let Some(group) = draft.series {
            series.entry(group).or_insert_with(|| [case.moving.clone(), case.responding.clone(), case.third.clone()]);
        }
        if case.appealed {
            appeals.extend(maker.appeal(&case));
        }
        cases.push(case);
    }
    appeals.sort_by_key(|draft| (draft.filed, draft.judge));
    cases.extend(appeals.iter().filter_map(|draft| maker.case(draft)).collect::<Vec<_>>());
    cases.retain(|case| case.dates.closed <= plan.to);
    cases.sort_by(|a, b| (a.dates.filed, &a.number).cmp(&(b.dates.filed, &b.number)));
    cases
}

struct Maker<'a> {
    plan: &'a DocketPlan,
    people: &'a People,
    dice: Dice,
    serials: BTreeMap<(usize, TypeWord, i16), u32>,
    outsiders: u32,
}

impl Maker<'_> {
    /// What was registered in the span, judge by judge.
    fn filings(&mut self) -> Vec<Draft> {
        let days = self.plan.from.duration_until(self.plan.to).as_hours() / 24;
        let mut drafts = Vec::new();
        let mut group = 0;
        for (index, judge) in self.people.judges.iter().enumerate() {
            let rate = CASES_A_MONTH[usize::from(judge.court == 0)] * People::load(judge.court);
            for _ in 0..self.dice.poisson(rate * days as f64 / 30.4) {
                let filed = workday(self.plan.from.saturating_add(self.dice.between(0, days).days()));
                let word = self.word(judge);
                let one = |series| Draft { filed, judge: index, word, series, counsel: None, origin: None };
                if word == TypeWord::CivilFirst && self.dice.chance(0.004) {
                    group += 1;
                    let size = self.dice.between(3, 6);
                    drafts.extend((0..size).map(|_| one(Some(group))));
                } else {
                    drafts.push(one(None));
                }
            }
        }
        drafts
    }

    fn word(&mut self, judge: &Judge) -> TypeWord {
        use TypeWord as W;
        let basic: &[(W, f64)] = match judge.chamber {
            Chamber::Criminal => &[(W::CriminalFirst, 0.75), (W::CivilFirst, 0.25)],
            Chamber::Administrative => &[(W::AdministrativeFirst, 0.55), (W::CivilFirst, 0.45)],
            Chamber::Enforcement => &[
                (W::Enforcement, 0.46),
                (W::EnforcementResumed, 0.12),
                (W::EnforcementObjection, 0.08),
                (W::CivilFirst, 0.34),
            ],
            Chamber::CivilTwo => &[(W::CivilFirst, 0.93), (W::PatentCivilFirst, 0.05), (W::CivilSpecial, 0.02)],
            Chamber::CivilOne | Chamber::FastTrack => &[(W::CivilFirst, 0.98), (W::CivilSpecial, 0.02)],
        };
        let intermediate: &[(W, f64)] = match judge.chamber {
            Chamber::Criminal => &[(W::CriminalSecond, 0.6), (W::CriminalFirst, 0.25), (W::CivilSecond, 0.15)],
            Chamber::Administrative => &[(W::AdministrativeSecond, 0.6), (W::AdministrativeFirst, 0.4)],
            Chamber::Enforcement => {
                &[(W::EnforcementReview, 0.4), (W::EnforcementObjection, 0.3), (W::Enforcement, 0.3)]
            }
            _ => &[(W::CivilSecond, 0.74), (W::CivilFirst, 0.1), (W::PatentCivilFirst, 0.08), (W::CivilReview, 0.08)],
        };
        let mix = if judge.court == 0 { intermediate } else { basic };
        mix[self.dice.weighted(mix.iter().map(|(_, share)| *share))].0
    }

    /// Finishes a case; `None` when it was not over by the day of the export.
    fn case(&mut self, draft: &Draft) -> Option<CaseRecord> {
        let judge = &self.people.judges[draft.judge];
        let number = self.number(judge.court, draft.word, draft.filed)?;
        let (case_type, stage) = (number.case_type(), number.stage());
        let counsel = match &draft.counsel {
            Some(counsel) => counsel.clone(),
            None => self.counsel(judge.court, case_type, stage),
        };
        let procedure = self.procedure(judge, case_type, stage);
        let skill = self.skill(&counsel[0]) - self.skill(&counsel[1]);
        let (disposal, support) = endings::draw(&mut self.dice, case_type, draft.word, skill);
        let heard = self.dice.chance(endings::heard(disposal, stage));
        let appealed = stage == Stage::First && endings::contested(disposal) && self.dice.chance(APPEALED);
        let dates =
            self.dates(draft.filed, procedure, case_type, endings::effect(disposal, stage, case_type), appealed)?;
        let (panel, presiding, members) = self.panel(draft.judge, procedure, heard);
        let origin = draft.origin.clone().or_else(|| self.origin(draft.word, draft.filed));
        let [moving, responding, third] = counsel;
        Some(CaseRecord {
            number,
            court: COURTS[judge.court].code.to_owned(),
            chamber: Some(judge.chamber.as_str().to_owned()),
            cause: (*self.dice.pick(cause::usual(case_type))).to_owned(),
            procedure,
            panel,
            handling: StaffRef { name: judge.name.clone(), number: Some(judge.number.clone()) },
            presiding,
            members,
            assistant: Some(judge.assistant.clone()),
            clerk: Some(judge.clerk.clone()),
            dates,
            heard,
            appealed,
            disposal,
            support,
            origin,
            series: draft.series.map(|group| format!("系列{group:03}")),
            moving,
            responding,
            third,
        })
    }

    /// The appeal against a case, before the intermediate court's judges of the same matter.
    fn appeal(&mut self, below: &CaseRecord) -> Option<Draft> {
        let (word, chambers): (_, &[Chamber]) = match below.case_type() {
            CaseType::Civil => (TypeWord::CivilSecond, &[Chamber::CivilOne, Chamber::CivilTwo, Chamber::FastTrack]),
            CaseType::Criminal => (TypeWord::CriminalSecond, &[Chamber::Criminal]),
            CaseType::Administrative => (TypeWord::AdministrativeSecond, &[Chamber::Administrative]),
            CaseType::Enforcement => return None,
        };
        // From the intermediate court an appeal leaves the city, and with it this docket.
        if below.court == COURTS[0].code {
            return None;
        }
        let judges: Vec<usize> = (0..self.people.judges.len())
            .filter(|&j| self.people.judges[j].court == 0 && chambers.contains(&self.people.judges[j].chamber))
            .collect();
        let judge = *judges.get(self.dice.below(judges.len()))?;
        let served = below.dates.served.unwrap_or(below.dates.closed);
        let filed = workday(served.saturating_add(self.dice.between(25, 60).days()));
        let (moving, responding) = (below.moving.clone(), below.responding.clone());
        let sides = if self.dice.chance(0.5) { [moving, responding] } else { [responding, moving] };
        let [moving, responding] = sides;
        let counsel = Some([moving, responding, below.third.clone()]);
        Some(Draft { filed, judge, word, series: None, counsel, origin: Some(below.number.clone()) })
    }

    /// The next number of a court; the gaps are the cases that are none of this docket's business.
    fn number(&mut self, court: usize, word: TypeWord, filed: Date) -> Option<CaseNumber> {
        let serial =
            self.serials.entry((court, word, filed.year())).or_insert(filed.day_of_year().unsigned_abs().into());
        *serial += u32::try_from(self.dice.between(1, 4)).unwrap_or(1);
        CaseNumber::new(filed.year().unsigned_abs(), COURTS[court].code, word, *serial, 0).ok()
    }

    /// The case below of an appeal that was decided before this docket begins.
    fn origin(&mut self, word: TypeWord, filed: Date) -> Option<CaseNumber> {
        let below = match word {
            TypeWord::CivilSecond | TypeWord::CivilReview => TypeWord::CivilFirst,
            TypeWord::CriminalSecond => TypeWord::CriminalFirst,
            TypeWord::AdministrativeSecond => TypeWord::AdministrativeFirst,
            _ => return None,
        };
        let court = 1 + self.dice.below(COURTS.len() - 1);
        // Serials of the year before, above any that is given out here.
        let serial = u32::try_from(self.dice.between(60_001, 99_999)).ok()?;
        CaseNumber::new(filed.year().unsigned_abs() - 1, COURTS[court].code, below, serial, 0).ok()
    }

    fn procedure(&mut self, judge: &Judge, case_type: CaseType, stage: Stage) -> Procedure {
        match (stage, case_type) {
            (Stage::Special, _) => Procedure::Special,
            (Stage::Second, _) => Procedure::Second,
            (Stage::Review, _) => Procedure::Review,
            (Stage::Retrial, _) => Procedure::Retrial,
            (Stage::Enforcement, _) => Procedure::Enforcement,
            (Stage::PreAction, _) => Procedure::PreAction,
            (Stage::First, CaseType::Criminal) => match self.dice.unit() {
                x if x < 0.35 => Procedure::FastTrack,
                x if x < 0.6 => Procedure::Summary,
                _ => Procedure::Ordinary,
            },
            (Stage::First, CaseType::Civil) => {
                let fast = if judge.chamber == Chamber::FastTrack { 0.45 } else { 0.1 };
                match self.dice.unit() {
                    x if x < fast => Procedure::SmallClaims,
                    x if x < fast + 0.45 => Procedure::Summary,
                    _ => Procedure::Ordinary,
                }
            }
            (Stage::First, _) => Procedure::Ordinary,
        }
    }

    /// The four dates; `None` when closing falls after the export.
    fn dates(
        &mut self,
        filed: Date,
        procedure: Procedure,
        case_type: CaseType,
        effect: endings::Effect,
        appealed: bool,
    ) -> Option<Dates> {
        let typical: f64 = match (procedure, case_type) {
            (Procedure::FastTrack, _) => 15.0,
            (Procedure::SmallClaims, _) => 45.0,
            (Procedure::Summary, CaseType::Criminal) => 25.0,
            (Procedure::Summary, _) => 70.0,
            (Procedure::Ordinary, CaseType::Criminal) => 75.0,
            (Procedure::Second, _) => 70.0,
            (Procedure::Review, _) => 80.0,
            (Procedure::Special, _) => 25.0,
            _ => 125.0,
        };
        let days = (typical * (0.35 * self.dice.normal()).exp()).clamp(3.0, 540.0);
        let closed = workday(filed.saturating_add((days as i64).days())).max(filed);
        if closed > self.plan.to {
            return None;
        }
        let known = |date: Date| (date <= self.plan.to).then_some(date);
        let served = match effect {
            endings::Effect::AtOnce => closed,
            _ => workday(closed.saturating_add(self.dice.between(3, 14).days())).max(closed),
        };
        let effective = match effect {
            endings::Effect::AtOnce | endings::Effect::OnService => Some(served),
            endings::Effect::AfterDays(_) if appealed => None,
            endings::Effect::AfterDays(days) => Some(served.saturating_add((days + 1).days())),
        };
        Some(Dates {
            filed,
            closed,
            served: known(served),
            effective: effective.and_then(known).filter(|_| known(served).is_some()),
        })
    }

    fn panel(&mut self, index: usize, procedure: Procedure, heard: bool) -> (Panel, StaffRef, Vec<String>) {
        let staff = |judge: &Judge| StaffRef { name: judge.name.clone(), number: Some(judge.number.clone()) };
        let judge = &self.people.judges[index];
        let collegial = match procedure {
            Procedure::Ordinary => 0.55,
            Procedure::Second | Procedure::Review | Procedure::Retrial => 0.75,
            _ => 0.0,
        };
        if !self.dice.chance(collegial) {
            return (Panel::Sole, staff(judge), Vec::new());
        }
        let others: Vec<&Judge> = self
            .people
            .judges
            .iter()
            .enumerate()
            .filter(|(other, j)| *other != index && j.court == judge.court && j.name != judge.name)
            .map(|(_, j)| j)
            .collect();
        // Whoever has the case leads its hearing more often than not.
        let own = others.is_empty() || self.dice.chance(if heard { 0.6 } else { 0.5 });
        let presiding = if own { judge } else { *self.dice.pick(&others) };
        let members =
            (0..2).map(|_| names::person(&mut self.dice)).filter(|n| *n != judge.name && *n != presiding.name);
        (Panel::Collegial, staff(presiding), members.collect())
    }

    /// Mean skill of one side; a party alone does a little worse than an ordinary lawyer.
    fn skill(&self, counsel: &[CounselRef]) -> f64 {
        let skills: Vec<f64> = counsel
            .iter()
            .filter_map(|c| {
                self.people.lawyers.iter().find(|l| l.name == c.name && c.licence.as_ref() == Some(&l.licence))
            })
            .map(|lawyer| lawyer.skill)
            .collect();
        if skills.is_empty() { -0.3 } else { skills.iter().sum::<f64>() / skills.len() as f64 }
    }

    fn counsel(&mut self, court: usize, case_type: CaseType, stage: Stage) -> [Vec<CounselRef>; 3] {
        let (moving, responding) = match (case_type, stage) {
            (CaseType::Criminal, _) => (0.06, 0.92),
            (CaseType::Administrative, _) => (0.6, 0.85),
            (CaseType::Enforcement, _) => (0.4, 0.12),
            (CaseType::Civil, Stage::First) => (0.72, 0.52),
            (CaseType::Civil, _) => (0.78, 0.62),
        };
        let mut taken = Vec::new();
        [moving, responding, 0.03].map(|share| {
            let mut side = Vec::new();
            if self.dice.chance(share) {
                for _ in 0..if self.dice.chance(0.22) { 2 } else { 1 } {
                    side.extend(self.lawyer(court, &mut taken));
                }
                side.extend(self.attending(&side));
            }
            side
        })
    }

    /// A lawyer not yet in the case: from the court's own bar, from the rest of the city, or now and then from elsewhere.
    fn lawyer(&mut self, court: usize, taken: &mut Vec<usize>) -> Option<CounselRef> {
        if self.dice.chance(0.008) {
            self.outsiders += 1;
            let licence = Some(names::licence(&mut self.dice, 3701, 900_000 + self.outsiders));
            let firm = Some("济南途经律师事务所".to_owned());
            return Some(CounselRef { name: names::person(&mut self.dice), licence, firm, role: CounselRole::Lawyer });
        }
        let home = &self.people.at_home[court];
        let everybody: Vec<usize>;
        let bar = if !home.is_empty() && self.dice.chance(AT_HOME) {
            home
        } else {
            everybody = (0..self.people.lawyers.len()).collect();
            &everybody
        };
        let chosen = bar[self.dice.weighted(bar.iter().map(|&l| self.people.lawyers[l].activity))];
        if taken.contains(&chosen) {
            return None;
        }
        taken.push(chosen);
        let lawyer = &self.people.lawyers[chosen];
        // Some clerks write the name and the firm only.
        let licence = (!self.dice.chance(0.03)).then(|| lawyer.licence.clone());
        let firm = Some(self.people.firms[lawyer.firm].clone());
        Some(CounselRef { name: lawyer.name.clone(), licence, firm, role: CounselRole::Lawyer })
    }

    /// A trainee or in-house lawyer beside the side's counsel, now and then.
    fn attending(&mut self, side: &[CounselRef]) -> Option<CounselRef> {
        let firm = side.first()?.firm.clone();
        let role = match self.dice.unit() {
            x if x < 0.05 => CounselRole::Trainee,
            x if x < 0.07 => CounselRole::InHouse,
            _ => return None,
        };
        let firm = firm.filter(|_| role == CounselRole::Trainee);
        Some(CounselRef { name: names::person(&mut self.dice), licence: None, firm, role })
    }
}

/// The day itself, or the Friday before a weekend.
fn workday(date: Date) -> Date {
    match date.weekday() {
        Weekday::Saturday => date.saturating_sub(1.day()),
        Weekday::Sunday => date.saturating_sub(2.days()),
        _ => date,
    }
}
