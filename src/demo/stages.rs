//! Progress of long work: one bar per stage with a name, a count and the time left, and a table of seconds at the end.
//!
//! Without a terminal each stage is one line. Deliberately absent: what the stages do.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::ports::Stopwatch;

const TEMPLATE: &str = "{msg:<34} {bar:28} {pos:>6}/{len:<6} {elapsed:>4} eta {eta:>4}";

/// A bar with a name; drawn on a terminal only.
#[must_use]
pub fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_message(name.to_owned());
    bar
}

/// The stages so far with their seconds.
#[derive(Default)]
pub struct Stages {
    done: Mutex<Vec<(String, f64)>>,
}

impl Stages {
    /// Runs a stage of `total` pieces; `work` moves the bar.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn run<T, E>(&self, name: &str, total: usize, work: impl FnOnce(&ProgressBar) -> Result<T, E>) -> Result<T, E> {
        let watch = Stopwatch::start();
        let bar = bar(name);
        bar.set_length(total as u64);
        let outcome = work(&bar);
        let seconds = watch.elapsed().as_secs_f64();
        bar.finish_and_clear();
        if outcome.is_ok() {
            let pieces = bar.length().unwrap_or(1);
            let mark = if std::io::stderr().is_terminal() { "✓ " } else { "" };
            eprintln!("{mark}{name:<34} {pieces:>6}  {seconds:>6.1} s");
            if let Ok(mut done) = self.done.lock() {
                done.push((name.to_owned(), seconds));
            }
        }
        outcome
    }

    /// Name and seconds of every finished stage, in order.
    #[must_use]
    pub fn seconds(&self) -> Vec<(String, f64)> {
        self.done.lock().map(|done| done.clone()).unwrap_or_default()
    }
}
