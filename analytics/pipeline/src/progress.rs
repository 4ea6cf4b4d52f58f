//! What a run says while it works: JSON lines for the platform, a bar for people.
//! Invariant: stages and counts only; one line at a time, whichever thread reports.
//! Absent on purpose: any clock in the results; seconds go to `run.json` alone.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

/// Reporter of one run.
pub struct Progress {
    state: Mutex<State>,
    lines: bool,
}

struct State {
    stage: &'static str,
    total: usize,
    started: Instant,
    seconds: BTreeMap<&'static str, f64>,
    bar: ProgressBar,
}

#[expect(clippy::disallowed_methods, reason = "durations of stages are the one use of a clock here")]
fn now() -> Instant {
    Instant::now()
}

impl Progress {
    /// JSON lines on standard output, and a bar on standard error when it is a terminal.
    pub fn new() -> Self {
        Self::with(true, std::io::stderr().is_terminal())
    }

    /// A bar on standard error when it is a terminal, and nothing else: standard output is the result's.
    pub fn bars() -> Self {
        Self::with(false, std::io::stderr().is_terminal())
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self::with(false, false)
    }

    fn with(lines: bool, terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {bar:32} {human_pos}/{human_len} {eta}") {
            bar.set_style(style);
        }
        let state = State { stage: "", total: 0, started: now(), seconds: BTreeMap::new(), bar };
        Self { state: Mutex::new(state), lines }
    }

    /// Begins a stage of `total` steps and ends the one before.
    pub fn stage(&self, stage: &'static str, total: usize) {
        let Ok(mut state) = self.state.lock() else { return };
        state.close();
        state.stage = stage;
        state.total = total;
        state.bar.set_length(total as u64);
        state.bar.set_position(0);
        state.bar.set_message(stage);
        self.line(&state, 0);
    }

    /// Reports `done` steps of the current stage.
    pub fn report(&self, done: usize) {
        let Ok(state) = self.state.lock() else { return };
        state.bar.set_position(done as u64);
        self.line(&state, done);
    }

    /// Ends the last stage and returns the seconds of each.
    pub fn finish(&self) -> BTreeMap<&'static str, f64> {
        let Ok(mut state) = self.state.lock() else { return BTreeMap::new() };
        state.close();
        state.bar.finish_and_clear();
        state.seconds.clone()
    }

    fn line(&self, state: &State, done: usize) {
        if self.lines {
            // A closed pipe is the reader's choice and no reason to lose an opening.
            let line = json!({"stage": state.stage, "done": done, "total": state.total});
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn close(&mut self) {
        let end = now();
        if !self.stage.is_empty() {
            let seconds = (end - self.started).as_secs_f64();
            *self.seconds.entry(self.stage).or_default() += (seconds * 1000.0).round() / 1000.0;
        }
        self.started = end;
    }
}
