//! What the audits see of planted trouble: robust scores, retaliation, rings.
//! Invariant: like everything measured, a function of the world alone.
//! Absent on purpose: audits without a planted truth to hold them against.

use std::collections::{BTreeMap, BTreeSet};

use hengping_analytics::audit::{self, Audits};
use hengping_analytics::mixed::Refused;

use crate::agreement::{area_under_curve, kendall, mean, root_mean_square};
use crate::measure::Measures;
use crate::world::World;

/// Adds what the audits of `world` say.
///
/// # Errors
/// [`Refused`] when its ballots cannot be scored.
pub fn measure(world: &World, measures: &mut Measures) -> Result<(), Refused> {
    let (audits, pairs) = audit::audits_with_pairs(&world.bundle)?;
    robust(world, &audits, measures);
    if !world.retaliators.is_empty() {
        retaliation(&world.retaliators, &audits, measures);
    }
    if let Some((members, lifted, sunk)) = &world.ring {
        ring(world, &audits, [lifted, sunk], measures);
        let planted = |p: &audit::ring::Pair| members.contains(&p.rater) && (p.ratee == *lifted || p.ratee == *sunk);
        let (hits, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|p| planted(p));
        // How far the ring stands from everybody else, and how large it is: all that Huber can go by.
        for (kind, target) in [("lifted", lifted), ("sunk", sunk)] {
            let far: Vec<f64> = hits.iter().filter(|p| p.ratee == *target).map(|p| p.far.abs()).collect();
            let raters = pairs.iter().filter(|p| p.ratee == *target).count();
            add(measures, &format!("ring_far_{kind}"), mean(&far));
            add(measures, &format!("ring_share_{kind}"), far.len() as f64 / raters as f64);
        }
        let odds = |all: Vec<&audit::ring::Pair>| all.iter().map(|p| p.odds).collect::<Vec<f64>>();
        add(measures, "ring_pairs", hits.len() as f64);
        area(measures, "area_ring", &odds(hits), &odds(others));
        // Raters instead of pairs: what a statistic that does not look at pairs would see.
        let outfit = |member: bool| {
            let rows = audits.raters.iter().filter(|r| members.contains(&r.nym) == member);
            rows.map(|r| r.outfit).collect::<Vec<f64>>()
        };
        area(measures, "area_ring_outfit", &outfit(true), &outfit(false));
    }
    Ok(())
}

fn add(measures: &mut Measures, name: &str, value: f64) {
    measures.insert(name.to_owned(), value);
}

fn area(measures: &mut Measures, name: &str, hits: &[f64], others: &[f64]) {
    if let Some(area) = area_under_curve(hits, others) {
        add(measures, name, area);
    }
}

fn robust(world: &World, audits: &Audits, measures: &mut Measures) {
    let persons = &audits.robust.persons;
    let truth: Vec<f64> = persons.iter().map(|p| world.truth[&p.ratee]).collect();
    let huber: Vec<f64> = persons.iter().map(|p| p.huber).collect();
    let student: Vec<f64> = persons.iter().map(|p| p.student).collect();
    for (kind, values) in [("huber", &huber), ("student", &student)] {
        let off: Vec<f64> = values.iter().zip(&truth).map(|(v, t)| v - t).collect();
        let bias = mean(&off);
        add(measures, &format!("rmse_{kind}"), root_mean_square(&off.iter().map(|e| e - bias).collect::<Vec<f64>>()));
        add(measures, &format!("tau_{kind}"), kendall(&truth, values));
    }
    let targets: BTreeSet<&String> = world.ring.iter().flat_map(|(_, lifted, sunk)| [lifted, sunk]).collect();
    let clean: Vec<f64> = persons
        .iter()
        .filter(|p| !targets.contains(&p.ratee))
        .map(|p| f64::from(u8::from(audits.review.contains(&p.ratee))))
        .collect();
    add(measures, "review_clean", mean(&clean));
    let wrongly = audits.concerts.iter().any(|c| c.flagged && !targets.contains(&c.ratee));
    add(measures, "concert_any", f64::from(u8::from(wrongly)));
}

fn retaliation(planted: &BTreeSet<String>, audits: &Audits, measures: &mut Measures) {
    let seen = |guilty: bool| {
        let raters = audits.raters.iter().filter(|r| planted.contains(&r.nym) == guilty);
        raters
            .filter_map(|r| r.retaliation.as_ref().map(|found| (-found.shrunk, r.outfit)))
            .unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (hits, others) = (seen(true), seen(false));
    area(measures, "area_retaliation", &hits.0, &others.0);
    area(measures, "area_retaliation_outfit", &hits.1, &others.1);
    add(measures, "retaliators_seen", hits.0.len() as f64);
}

fn ring(world: &World, audits: &Audits, targets: [&String; 2], measures: &mut Measures) {
    let persons: BTreeMap<&str, &audit::robust::Person> =
        audits.robust.persons.iter().map(|p| (p.ratee.as_str(), p)).collect();
    let (Some(up), Some(down)) = (persons.get(targets[0].as_str()), persons.get(targets[1].as_str())) else { return };
    let truth = world.truth[targets[0]] - world.truth[targets[1]];
    add(measures, "gap_huber", up.huber - down.huber - truth);
    add(measures, "gap_student", up.student - down.student - truth);
    add(measures, "review_targets", f64::from(u8::from(targets.iter().all(|target| audits.review.contains(*target)))));
    let flagged = |name: &String| audits.concerts.iter().any(|c| c.flagged && c.ratee == *name);
    add(measures, "concert_targets", f64::from(u8::from(targets.into_iter().all(flagged))));
    let count = audits.concerts.iter().filter(|c| c.flagged && !targets.contains(&&c.ratee)).count();
    add(measures, "concert_clean", count as f64 / (audits.concerts.len() - 2) as f64);
}
