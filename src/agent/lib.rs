//! One side's own process: tags for its raters, cosignatures, its shuffle and its shares.
