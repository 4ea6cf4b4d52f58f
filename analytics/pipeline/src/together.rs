//! One box or several opened together: same direction, form, charter and kind, other periods.
//! Invariant: every box is checked and counted by itself and its blocks stay its own, since a rater has another nym in each.
//! A person may stand behind one nym per box, so numbers of distinct raters are asked for once per box: what passes with n
//! boxes passed n times the charter's minimum, and holds for persons. Absent on purpose: anything that finds such a person.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hengping_analytics::gate::Void;
use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::log;
use hengping_domain::manifest::{ClosedManifest, PerSide};
use hengping_domain::margins::{CourtMargin, Margins, RateeMargin};
use hengping_domain::noised::{Noised, PrivacyFile};
use hengping_domain::opening::{Counted, Counts, Opened, OpeningError};
use hengping_domain::rehearsal::Tally;
use hengping_domain::rubric::Rubric;
use serde_json::{Map, Value, json};

use crate::error::Stop;
use crate::input::{self, Audit, Input};
use crate::noise::{self, Occasion};
use crate::progress::Progress;
use crate::{open, output};

/// Nyms by name of a court.
type Sets = BTreeMap<String, BTreeSet<String>>;

/// What goes into one draft.
pub struct Together {
    /// Of the last period: the box the draft is named after.
    pub manifest: ClosedManifest,
    /// Rules in force, with the minimums of all boxes.
    pub charter: Charter,
    /// Rubrics by hash.
    pub rubrics: BTreeMap<Digest, Rubric>,
    /// Sums of all boxes.
    pub margins: Margins,
    /// Court of each listed ratee, the latest.
    pub ratees: BTreeMap<String, String>,
    /// R14, for every box.
    pub both_closed: bool,
    /// Envelopes each side left locked.
    pub locked: PerSide<usize>,
    /// SHA-256 of every file read.
    pub hashes: BTreeMap<String, Digest>,
    /// What may be drawn for a box that is opened by itself.
    privacy: Option<PrivacyFile>,
    boxes: Vec<Input>,
}

/// Reads the directories of closed boxes and checks that they may be opened together.
///
/// # Errors
/// [`Stop`]; [`Stop::BoxesDiffer`].
pub fn read(dirs: &[PathBuf], audit: Audit, progress: &Progress) -> Result<Together, Stop> {
    let mut boxes = Vec::with_capacity(dirs.len());
    for dir in dirs {
        boxes.push(input::read(dir, audit)?);
        progress.report(boxes.len());
    }
    boxes.sort_by(|one: &Input, other| one.manifest.manifest.id.cmp(&other.manifest.manifest.id));
    let last = boxes.last().ok_or_else(|| Stop::Internal("no box".to_owned()))?;
    let about = &last.manifest.manifest;
    for (what, same) in [
        ("direction", boxes.iter().all(|b| b.manifest.manifest.direction == about.direction)),
        ("form", boxes.iter().all(|b| b.manifest.manifest.rubric == about.rubric)),
        ("charter", boxes.iter().all(|b| b.manifest.manifest.charter == about.charter)),
        ("pilot and regular", boxes.iter().all(|b| b.manifest.manifest.kind == about.kind)),
        ("rehearsal and real", boxes.iter().all(|b| b.manifest.manifest.rehearsal == about.rehearsal)),
        (
            "one of them twice",
            boxes.windows(2).all(|pair| pair[0].manifest.manifest.id != pair[1].manifest.manifest.id),
        ),
    ] {
        if !same {
            return Err(Stop::BoxesDiffer(what));
        }
    }
    let alone = boxes.len() == 1;
    let mut hashes = BTreeMap::new();
    for input in &boxes {
        let name = |name: &String| if alone { name.clone() } else { format!("{}/{name}", input.manifest.manifest.id) };
        hashes.extend(input.hashes.iter().map(|(file, hash)| (name(file), *hash)));
    }
    let locked = |of: fn(&Input) -> usize| boxes.iter().map(of).sum();
    Ok(Together {
        manifest: last.manifest.clone(),
        charter: minimums(&last.charter, u32::try_from(boxes.len()).unwrap_or(u32::MAX)),
        rubrics: last.rubrics.clone(),
        margins: boxes.iter().map(|b| b.margins.clone()).reduce(sum).unwrap_or_else(|| last.margins.clone()),
        ratees: boxes.iter().flat_map(|b| b.ratees.clone()).collect(),
        both_closed: boxes.iter().all(|b| b.manifest.both_directions_closed()),
        locked: PerSide { bench: locked(|b| b.shares.bench.locked), bar: locked(|b| b.shares.bar.locked) },
        hashes,
        privacy: last.privacy.clone().filter(|_| alone),
        boxes,
    })
}

/// Numbers of distinct raters, once per box.
fn minimums(charter: &Charter, boxes: u32) -> Charter {
    let mut charter = charter.clone();
    let least = &mut charter.minimum;
    for minimum in [
        &mut least.judge_self,
        &mut least.judge_sides,
        &mut least.judge_public,
        &mut least.lawyer_self,
        &mut least.lawyer_sides,
        &mut least.lawyer_public,
    ] {
        *minimum = minimum.map(|minimum| minimum.saturating_mul(boxes));
    }
    least.group = least.group.saturating_mul(boxes);
    charter.batch.publish = charter.batch.publish.saturating_mul(boxes);
    charter
}

/// Margins of two boxes. Whoever was invited in both counts twice, as in the ballots; the largest group is at most the sum.
fn sum(one: Margins, other: Margins) -> Margins {
    let mut sum = one.clone();
    for (ratee, margin) in other.ratees {
        let held = sum.ratees.entry(ratee).or_insert(RateeMargin { invited: 0, largest_group: 0 });
        held.invited += margin.invited;
        held.largest_group += margin.largest_group;
    }
    for (court, margin) in other.courts {
        sum.courts.entry(court).or_insert(CourtMargin { invited: 0 }).invited += margin.invited;
    }
    for (stratum, cases) in other.mix {
        *sum.mix.entry(stratum).or_default() += cases;
    }
    for (stratum, invited) in other.asked {
        *sum.asked.entry(stratum).or_default() += invited;
    }
    let share = |margins: (f64, u32)| margins.0 * f64::from(margins.1);
    let unique = share((one.docket_unique_share, one.invited)) + share((other.docket_unique_share, other.invited));
    sum.invited = one.invited + other.invited;
    sum.docket_unique_share = if sum.invited == 0 { 0.0 } else { unique / f64::from(sum.invited) };
    sum
}

/// The opened ballots of all boxes, in memory only.
pub struct OpenedBoxes<'a>(Vec<(&'a Input, Opened)>);

impl Together {
    /// Decrypts and admits box by box.
    ///
    /// # Errors
    /// [`OpeningError::NothingValid`] when a box holds not one valid ballot.
    pub fn open(&self, progress: &Progress) -> Result<OpenedBoxes<'_>, Stop> {
        let mut opened = Vec::with_capacity(self.boxes.len());
        for input in &self.boxes {
            let one = open::open(input, progress);
            // Every share fits its envelope here, so it is something else that is wrong, such as the forms.
            if one.counts.valid == 0 && !input.list.is_empty() {
                return Err(OpeningError::NothingValid.into());
            }
            opened.push((input, one));
        }
        Ok(OpenedBoxes(opened))
    }

    /// Counts with noise (R15); a rehearsal has none, since its answers are known.
    ///
    /// # Errors
    /// As [`Occasion::counts`].
    pub fn counts(&self, opened: &OpenedBoxes, rubric: &Rubric, out: &Path) -> Result<Option<noise::Counts>, Stop> {
        let ballots: Vec<_> = opened.scored().into_iter().map(|counted| &counted.ballot).collect();
        let occasion = Occasion {
            privacy: self.charter.privacy.as_ref().filter(|_| !self.manifest.manifest.rehearsal),
            file: self.privacy.as_ref(),
            rubric,
            both_closed: self.both_closed,
            least_raters: self.charter.batch.publish,
            least_response: self.charter.response.minimum,
            invited: self.margins.invited,
            manifest: self.manifest.hash,
            counted_root: log::root(&opened.counted()),
        };
        occasion.counts(&ballots, out)
    }
}

impl OpenedBoxes<'_> {
    /// The ballots that are scored: all that count but those of voided blocks.
    pub fn scored(&self) -> Vec<&Counted> {
        let kept = |input: &'_ Input, counted: &Counted| !input.void.contains(&counted.ballot.ratee);
        self.0.iter().flat_map(|(input, one)| one.ballots.iter().filter(move |c| kept(input, c))).collect()
    }

    /// Distinct raters of the voided blocks, as the gate takes them.
    pub fn void(&self) -> Void {
        let mut raters: BTreeSet<String> = BTreeSet::new();
        let (mut courts, mut homes): (Sets, Sets) = Default::default();
        for (input, one) in &self.0 {
            for counted in one.ballots.iter().filter(|counted| input.void.contains(&counted.ballot.ratee)) {
                let nym = counted.ballot.nym.nonce.to_string();
                let court = input.ratees.get(counted.ballot.ratee.as_str()).cloned().unwrap_or_default();
                courts.entry(court).or_default().insert(nym.clone());
                homes.entry(counted.nym.home.clone()).or_default().insert(nym.clone());
                raters.insert(nym);
            }
        }
        let counts = |sets: Sets| sets.into_iter().map(|(name, nyms)| (name, nyms.len())).collect();
        Void { raters: raters.len(), courts: counts(courts), homes: counts(homes) }
    }

    /// What test ballots say, to be compared with what was put in.
    ///
    /// # Errors
    /// [`Stop::Internal`].
    pub fn tally(&self) -> Result<Tally, Stop> {
        let ballots = self.0.iter().flat_map(|(_, one)| one.ballots.iter().map(|counted| &counted.ballot));
        Tally::opened(ballots).map_err(|error| Stop::Internal(error.to_string()))
    }

    /// The sums of the counts.
    pub fn counts(&self) -> Counts {
        self.0.iter().fold(Counts::default(), |sum, (_, Opened { counts, .. })| Counts {
            taken: sum.taken + counts.taken,
            refused: sum.refused + counts.refused,
            invalid: sum.invalid + counts.invalid,
            duplicate: sum.duplicate + counts.duplicate,
            valid: sum.valid + counts.valid,
        })
    }

    /// The counted lists of all boxes in one, sorted. A device that used one slip in two boxes stands in it twice.
    pub fn counted(&self) -> Vec<Digest> {
        let mut all: Vec<_> = self.0.iter().flat_map(|(_, one)| one.counted.iter().copied()).collect();
        all.sort_unstable();
        all
    }

    /// `draft.json` with what else both sides sign: the RFC 6962 root over the counted list, which binds it; counts with noise,
    /// where there are some or are not for a reason; the corrections it was computed under and the ballots of voided blocks, if there are any; and each box by itself, if there are several.
    ///
    /// # Errors
    /// [`Stop::Internal`] when the file is no object.
    pub fn draft(&self, file: &[u8], noised: Option<&Noised>) -> Result<Vec<u8>, Stop> {
        let mut rest = json!({"counted_root": log::root(&self.counted())});
        if let Some(noised) = noised {
            rest["noised"] = json!(noised);
        }
        self.beside(file, rest, |one| json!({"counted_root": log::root(&one.counted)}))
    }

    /// `counted.json` with the same, and the counted list of each box.
    ///
    /// # Errors
    /// As [`OpenedBoxes::draft`].
    pub fn counted_file(&self, file: &[u8]) -> Result<Vec<u8>, Stop> {
        self.beside(file, json!({}), |one| json!({"counted": one.counted}))
    }

    fn beside(&self, file: &[u8], rest: Value, of_box: impl Fn(&Opened) -> Value) -> Result<Vec<u8>, Stop> {
        let mut file: Map<String, Value> =
            serde_json::from_slice(file).map_err(|error| Stop::Internal(error.to_string()))?;
        file.extend(rest.as_object().cloned().unwrap_or_default());
        let voided = |(input, one): &(&Input, Opened)| {
            one.ballots.iter().filter(|counted| input.void.contains(&counted.ballot.ratee)).count()
        };
        // Valid, on the counted list, and not scored.
        if self.0.iter().any(|(input, _)| !input.void.is_empty()) {
            file.insert("voided".to_owned(), self.0.iter().map(voided).sum::<usize>().into());
            let corrections: Vec<_> = self.0.iter().flat_map(|(input, _)| &input.corrections).collect();
            file.insert("corrections".to_owned(), json!(corrections));
        }
        if self.0.len() > 1 {
            let part = |opened: &(&Input, Opened)| {
                let (input, one) = opened;
                let mut part = json!({
                    "box": input.manifest.manifest.id,
                    "manifest": input.manifest.hash,
                    "counts": one.counts,
                    "voided": voided(opened),
                    "corrections": input.corrections,
                });
                if let (Some(part), Value::Object(rest)) = (part.as_object_mut(), of_box(one)) {
                    part.extend(rest);
                }
                part
            };
            file.insert("boxes".to_owned(), self.0.iter().map(part).collect());
        }
        output::pretty(&file)
    }
}
