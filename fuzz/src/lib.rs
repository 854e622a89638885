//! What the fuzz targets hold to be true of every input: one module a target, each with a `check` that panics when it is
//! not. `tests/corpora.rs` takes these modules in as well and replays the seeds with them.

pub mod arn;
pub mod decrypt;
pub mod frames;
pub mod header;
pub mod spec;
mod streams;
