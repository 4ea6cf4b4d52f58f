//! Takes sealed ballots, strips addresses, hands over sorted batches.
