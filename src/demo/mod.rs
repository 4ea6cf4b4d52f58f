//! The demonstration: a made-up city with a known truth, so that what comes out can be compared with what was put in.
//!
//! Everything follows from one seed, and nobody in it exists. Deliberately absent: any use by a server with real people.

pub mod circle;
pub mod compare;
pub mod dice;
pub mod docket;
pub mod load;
pub mod machines;
pub mod names;
mod ratees;
pub mod raters;
pub mod report;
mod setup;
pub mod spans;
pub mod stages;
pub mod truth;
pub mod visitors;

use indicatif::ProgressBar;

use crate::opening::Step;

/// Moves a bar to where the opening is.
pub fn show(bar: &ProgressBar, step: &Step) {
    bar.set_length(step.total);
    bar.set_position(step.done);
    bar.set_message(step.stage.clone());
}
