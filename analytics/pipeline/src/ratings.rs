//! Made-up crossed ratings of any size with known variances, for benchmarks and for trying `fit`.
//! Invariant: every cell is a function of seed and row alone (`bits`), so batches of any size and both formats
//! hold the same rows, and memory does not grow with their number.
//! Absent on purpose: courts, outcomes and items; simulated cities live in the tests of `hengping-analytics`.

use std::f64::consts::TAU;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use crate::error::Stop;
use crate::progress::Progress;

/// Mean rating, and standard deviations of rater, ratee and rest: about those of lme4's InstEval.
const MEAN: f64 = 3.25;
const RATER_SD: f64 = 0.33;
const RATEE_SD: f64 = 0.52;
const REST_SD: f64 = 1.18;

/// How often the first ratee is drawn, against the average one; the last is drawn `2 - BUSIEST` times as often.
const BUSIEST: f64 = 1.75;

/// Rows made, written and forgotten together; one row group of a Parquet file.
const BATCH: u64 = 1 << 18;

/// What to make: `y = 3.25 + a_s + b_d + e` with normal `a`, `b`, `e` of standard deviation 0.33, 0.52 and 1.18.
/// Raters are drawn evenly, ratees with a density that falls in a straight line, seven to one from first to last.
#[derive(Debug, Clone, clap::Args)]
pub struct Ratings {
    /// Number of ratings.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub rows: u64,
    /// Number of raters, column `s`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub raters: u32,
    /// Number of ratees, column `d`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub ratees: u32,
    /// Leave `y` as the model gives it instead of rounding it to 1, 2, 3, 4 or 5.
    #[arg(long)]
    pub continuous: bool,
    /// Another seed, another file.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the ratings go (.csv, .parquet).
    #[arg(long)]
    pub out: PathBuf,
}

/// Independent sequences of random bits.
#[derive(Clone, Copy)]
enum Stream {
    Rater,
    Ratee,
    Rest,
    WhichRater,
    WhichRatee,
}

/// Columns of consecutive rows; levels count from 1.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    s: Vec<u32>,
    d: Vec<u32>,
    y: Vec<f64>,
}

/// Effects of all levels, the only thing kept while rows go by.
struct Effects {
    raters: Vec<f64>,
    ratees: Vec<f64>,
}

impl Ratings {
    fn uniform(&self, stream: Stream, index: u64) -> f64 {
        uniform(self.seed, stream as u64, index)
    }

    fn normal(&self, stream: Stream, index: u64) -> f64 {
        normal(self.seed, stream as u64, index)
    }

    fn effects(&self) -> Effects {
        Effects {
            raters: (0..u64::from(self.raters)).map(|i| RATER_SD * self.normal(Stream::Rater, i)).collect(),
            ratees: (0..u64::from(self.ratees)).map(|j| RATEE_SD * self.normal(Stream::Ratee, j)).collect(),
        }
    }

    /// The rows of a stretch, counted from zero.
    fn rows(&self, effects: &Effects, stretch: Range<u64>) -> Rows {
        let mut rows = Rows::default();
        for row in stretch {
            let s = pick(self.uniform(Stream::WhichRater, row), self.raters);
            // Inverse of the distribution with density BUSIEST - 2 (BUSIEST - 1) x on (0, 1).
            let even = self.uniform(Stream::WhichRatee, row);
            let falling =
                (BUSIEST - (BUSIEST * BUSIEST - 4.0 * (BUSIEST - 1.0) * even).sqrt()) / (2.0 * (BUSIEST - 1.0));
            let d = pick(falling, self.ratees);
            let effect = effects.raters[s as usize] + effects.ratees[d as usize];
            let y = MEAN + effect + REST_SD * self.normal(Stream::Rest, row);
            rows.s.push(s + 1);
            rows.d.push(d + 1);
            rows.y.push(if self.continuous { y } else { y.round().clamp(1.0, 5.0) });
        }
        rows
    }
}

/// Element `index` of a stream: the finaliser of SplitMix64 (Steele, Lea and Flood 2014), twice.
fn bits(seed: u64, stream: u64, index: u64) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |x: u64| {
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let start = mix(seed.wrapping_mul(STEP).wrapping_add(stream + 1));
    mix(start.wrapping_add(index.wrapping_mul(STEP)))
}

/// Element `index` of a stream, strictly between 0 and 1.
pub(crate) fn uniform(seed: u64, stream: u64, index: u64) -> f64 {
    ((bits(seed, stream, index) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Standard normal, by Box and Muller, from two elements of a stream.
pub(crate) fn normal(seed: u64, stream: u64, index: u64) -> f64 {
    let (radius, angle) = (uniform(seed, stream, 2 * index), uniform(seed, stream, 2 * index + 1));
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}

/// The level that holds a point of the unit interval.
pub(crate) fn pick(at: f64, levels: u32) -> u32 {
    ((at * f64::from(levels)) as u32).min(levels - 1)
}

/// Writes the ratings as columns `s`, `d`, `y`, under another name until they are complete.
///
/// # Errors
/// [`Stop::TableMalformed`] for an ending that is neither `.csv` nor `.parquet`, [`Stop::NotWritten`].
pub fn ratings(plan: &Ratings, progress: &Progress) -> Result<(), Stop> {
    let failed = |_: std::io::Error| Stop::NotWritten(plan.out.display().to_string());
    let ending = plan.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let write = match ending {
        "csv" => csv_file,
        "parquet" => parquet_file,
        _ => return Err(Stop::TableMalformed { reason: "the name must end in .csv or .parquet".to_owned() }),
    };
    let part = plan.out.with_extension(format!("{ending}.part"));
    progress.stage("ratings", plan.rows as usize);
    let written = File::create(&part).map_err(failed).and_then(|file| write(plan, BufWriter::new(file), progress));
    let done = written.and_then(|()| fs::rename(&part, &plan.out).map_err(failed));
    if done.is_err() {
        // What is left of it helps nobody; that it stays, if it does, is no further failure.
        let _ = fs::remove_file(&part);
    }
    progress.finish();
    done
}

/// Hands over one batch after the other.
fn batches(plan: &Ratings, progress: &Progress, mut take: impl FnMut(Rows) -> Result<(), Stop>) -> Result<(), Stop> {
    let effects = plan.effects();
    let mut from = 0;
    while from < plan.rows {
        let to = plan.rows.min(from + BATCH);
        take(plan.rows(&effects, from..to))?;
        progress.report(to as usize);
        from = to;
    }
    Ok(())
}

fn not_written(path: &Path) -> Stop {
    Stop::NotWritten(path.display().to_string())
}

fn csv_file(plan: &Ratings, file: BufWriter<File>, progress: &Progress) -> Result<(), Stop> {
    let failed = |_: csv::Error| not_written(&plan.out);
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["s", "d", "y"]).map_err(failed)?;
    batches(plan, progress, |rows| {
        for ((s, d), y) in rows.s.iter().zip(&rows.d).zip(&rows.y) {
            match plan.continuous {
                true => writer.serialize((s, d, y)),
                false => writer.serialize((s, d, *y as u8)),
            }
            .map_err(failed)?;
        }
        Ok(())
    })?;
    writer.flush().map_err(|_| not_written(&plan.out))
}

fn parquet_file(plan: &Ratings, mut file: BufWriter<File>, progress: &Progress) -> Result<(), Stop> {
    let failed = |_: PolarsError| not_written(&plan.out);
    let response = if plan.continuous { DataType::Float64 } else { DataType::Int32 };
    let fields = [("s", DataType::UInt32), ("d", DataType::UInt32), ("y", response.clone())];
    let schema = Schema::from_iter(fields.map(|(name, kind)| Field::new(name.into(), kind)));
    let mut writer = ParquetWriter::new(&mut file).batched(&schema).map_err(failed)?;
    batches(plan, progress, |rows| {
        let y = Column::new("y".into(), rows.y).cast(&response).map_err(failed)?;
        let columns = vec![Column::new("s".into(), rows.s), Column::new("d".into(), rows.d), y];
        let frame = DataFrame::new_infer_height(columns).map_err(failed)?;
        writer.write_batch(&frame).map_err(failed)
    })?;
    writer.finish().map_err(failed)?;
    drop(writer);
    file.flush().map_err(|_| not_written(&plan.out))
}

#[cfg(test)]
mod tests {
    use super::{BATCH, MEAN, RATEE_SD, RATER_SD, REST_SD, Ratings, ratings};
    use crate::{Progress, table};

    fn plan(rows: u64, name: &str, folder: &tempfile::TempDir) -> Ratings {
        Ratings { rows, raters: 300, ratees: 40, continuous: false, seed: 7, out: folder.path().join(name) }
    }

    #[test]
    fn stretches_join_and_seeds_differ() {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = plan(1000, "r.csv", &folder);
        let effects = plan.effects();
        let whole = plan.rows(&effects, 0..1000);
        let (one, other) = (plan.rows(&effects, 0..437), plan.rows(&effects, 437..1000));
        assert_eq!(whole.s, [one.s, other.s].concat());
        assert_eq!(whole.d, [one.d, other.d].concat());
        assert_eq!(whole.y, [one.y, other.y].concat());
        let another = Ratings { seed: 8, ..plan.clone() };
        assert_ne!(whole, another.rows(&another.effects(), 0..1000));
    }

    #[test]
    fn variances_and_activity_are_as_documented() {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = Ratings { continuous: true, raters: 5000, ratees: 2000, ..plan(200_000, "r.csv", &folder) };
        let effects = plan.effects();
        let rows = plan.rows(&effects, 0..plan.rows);
        let sd = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        let close = |got: f64, expected: f64| assert!((got / expected - 1.0).abs() < 0.05, "{got}, not {expected}");
        close(sd(&effects.raters), RATER_SD);
        close(sd(&effects.ratees), RATEE_SD);
        let rest: Vec<f64> = (0..rows.y.len())
            .map(|row| {
                let effect = effects.raters[rows.s[row] as usize - 1] + effects.ratees[rows.d[row] as usize - 1];
                rows.y[row] - MEAN - effect
            })
            .collect();
        close(sd(&rest), REST_SD);
        assert!(rest.iter().sum::<f64>().abs() / (rest.len() as f64) < 0.01, "the rest has mean zero");
        // First and last tenth of the ratees: densities 1.75 - 1.5 x at 0.05 and 0.95.
        let share = |from: u32| rows.d.iter().filter(|&&d| (from..from + 200).contains(&(d - 1))).count() as f64;
        close(share(0) / share(1800), 1.675 / 0.325);
        assert!(rows.s.iter().all(|s| (1..=5000).contains(s)) && rows.d.iter().all(|d| (1..=2000).contains(d)));
    }

    #[test]
    fn both_formats_hold_the_same_rows_across_batches() {
        let folder = tempfile::tempdir().expect("a folder");
        let frame = |name: &str, continuous: bool| {
            let plan = Ratings { continuous, ..plan(BATCH + 5, name, &folder) };
            ratings(&plan, &Progress::silent()).expect("written");
            let frame = table::read(&plan.out).expect("read");
            assert_eq!(frame.height() as u64, BATCH + 5);
            let column = |name: &str| {
                let column = frame.column(name).expect("a column").cast(&polars::prelude::DataType::Float64);
                column
                    .expect("numbers")
                    .f64()
                    .expect("numbers")
                    .iter()
                    .map(Option::unwrap_or_default)
                    .collect::<Vec<f64>>()
            };
            [column("s"), column("d"), column("y")]
        };
        let [csv, parquet] = [frame("r.csv", false), frame("r.parquet", false)];
        assert!(csv == parquet, "CSV and Parquet differ");
        assert!(csv[2].iter().all(|y| [1.0, 2.0, 3.0, 4.0, 5.0].contains(y)));
        assert!(frame("c.csv", true) == frame("c.parquet", true), "continuous CSV and Parquet differ");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 4, "nothing but the files asked for");
    }

    #[test]
    fn another_ending_writes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let stop = ratings(&plan(10, "r.txt", &folder), &Progress::silent());
        assert_eq!(stop.expect_err("refused").code(), "table-malformed");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
