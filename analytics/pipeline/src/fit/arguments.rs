//! The command line of `fit`.
//! Invariant: every option has its meaning beside it; nothing is read from the environment.
//! Absent on purpose: defaults that depend on the data.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hengping_analytics::mixed;

use super::{Request, Roles};

/// What `hengping-analyse fit` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Table (.csv with a heading, .parquet); rows with a missing value are left out and counted.
    #[arg(long)]
    pub data: PathBuf,
    /// Column of the response.
    #[arg(long)]
    pub response: String,
    /// Column of a random factor; repeat it for crossed or nested factors. `a:b` stands for the pairs of two columns: a factor
    /// nested in another, where its labels begin anew inside each level.
    #[arg(long, required = true)]
    pub random: Vec<String>,
    /// Column of the fixed part; repeatable. Numbers enter as they are, words by level.
    #[arg(long)]
    pub fixed: Vec<String>,
    /// Column of the fixed part whose numbers are names of levels; repeatable.
    #[arg(long)]
    pub categorical: Vec<String>,
    /// Column of positive weights: Var(e) = sigma^2 / weight.
    #[arg(long)]
    pub weights: Option<String>,
    /// Full maximum likelihood instead of restricted.
    #[arg(long)]
    pub ml: bool,
    /// Solve at these ratios sd(effect)/sigma instead of fitting them, in the order of --random.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    pub at_theta: Option<Vec<f64>>,
    /// Seed of probes and draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Engine: exact, conjugate gradients, or chosen by size.
    #[arg(long, value_enum, default_value_t = Path::Auto)]
    pub path: Path,
    /// Where predictions and conditional variances of all levels go (.csv, .parquet).
    #[arg(long)]
    pub levels: Option<PathBuf>,
    /// JSON only: no summary on standard error.
    #[arg(long)]
    pub json: bool,
}

/// Engines by the names they have on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Path {
    /// Chosen by size.
    Auto,
    /// Dense Schur complement.
    Exact,
    /// Conjugate gradients.
    Cg,
}

impl Arguments {
    /// The request they make.
    pub fn request(self) -> Request {
        Request {
            data: self.data,
            roles: Roles {
                response: self.response,
                random: self.random,
                fixed: self.fixed,
                categorical: self.categorical,
                weights: self.weights,
            },
            criterion: if self.ml { mixed::Criterion::MaximumLikelihood } else { mixed::Criterion::Restricted },
            path: match self.path {
                Path::Auto => mixed::Path::Auto,
                Path::Exact => mixed::Path::Exact,
                Path::Cg => mixed::Path::ConjugateGradients,
            },
            at_theta: self.at_theta,
            seed: self.seed,
            levels: self.levels,
        }
    }
}
