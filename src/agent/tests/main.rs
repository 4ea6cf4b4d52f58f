//! The agents as the platform and their sides see them: two of them in one process, over a whole small box.

mod against;
mod command;
mod extending;
mod forks;
mod harness;
mod issuing;
mod keys;
mod life;
mod mixing;
mod packages;
mod raters;
mod served;
mod traces;
