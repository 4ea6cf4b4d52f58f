//! Linkage: how often somebody who sees a part of a period names the author of an envelope first.
//!
//! A docket is made, raters visit, fetch and cast, the relay hands over, and then each observer gets exactly what it would
//! see and does the best it can with it:
//!
//! * **(a)** a thief with a dump of the platform and of one agent: who was issued tokens for which invitations on which day,
//!   and in which batch each leaf stands;
//! * **(b)** the side that runs the relay: each cast and each request for tokens when it comes;
//! * **control**: the same observers against a build whose stamps name ratee and stratum, fetched at the moment of casting.
//!
//! All know how raters behave (the numbers of the simulation, not who did what), learn from the log how often each one
//! comes, and take the posterior of independent invitations given that each batch holds what it holds, or each cast one
//! invitation. `Authors::claimed` shows whether they judge themselves right.
//!
//! A rater's device fetches what it lacks and nothing twice, as the real one does. The time to fill in a form and to come
//! back are assumed (`visits`), as is how often people come (`Setting`).
//! Deliberately absent: ballots, keys and servers. This measures what times and labels give away, nothing else.

mod batches;
mod dice;
mod docket;
mod forecast;
mod guesses;
mod links;
mod live;
mod log;
mod named;
mod report;
mod score;
mod setting;
mod thief;
mod visits;
mod world;

pub use report::{Authors, Content, Live, Report, Share};
pub use score::measure;
pub use setting::{Direction, Setting};

#[cfg(test)]
mod tests;
