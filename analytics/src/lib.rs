//! Pure statistics of Hengping: rating tables in, adjusted results and verdicts out.
//! Invariant: results depend on the content of the input only, never on row order, clock or machine
//! state; only [`gate`] can make a [`gate::Released`].
//! Absent on purpose: files, tables, servers and the domain's nouns; `analytics/pipeline` brings them.

pub mod audit;
pub mod bundle;
pub mod design;
pub mod figure;
pub mod gate;
pub mod items;
pub mod mixed;
pub mod score;
