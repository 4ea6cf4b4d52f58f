//! One integration binary: equality with references, axioms, and recovery in simulation.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
#![allow(clippy::needless_range_loop, reason = "textbook formulas read best with their indices")]

mod attack;
mod audit;
mod audit_reciprocity;
mod audit_rings;
mod axioms;
mod city;
mod comparability;
mod compare;
mod dense;
mod fairness;
mod figure;
mod fixture;
mod gate;
mod iterative;
mod linking;
mod planner;
mod reference;
mod report;
mod support;
mod whatif;
