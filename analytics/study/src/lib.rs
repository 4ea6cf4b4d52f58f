//! Simulated cities with a planted truth, and what the scores make of them.
//! Invariant: a replicate is a pure function of seed, scenario and index; threads and their order
//! change nothing. The generator is written from the description of the study alone and shares no
//! code with the model it tries. What is measured and what came out: `docs/validation.md`.
//! Absent on purpose: polars, the domain, sealed ballots; the scores are asked through their public surface.

pub mod agreement;
pub mod audits;
pub mod bars;
pub mod curve;
pub mod draw;
pub mod insteval;
pub mod measure;
pub mod naive;
pub mod people;
pub mod report;
pub mod scenario;
pub mod settings;
pub mod study;
pub mod truth;
pub mod world;
pub mod yardstick;
