//! The gate from outside, as the host and the scanner use it.

mod admissions;
mod cbor_tree;
mod fixture;
mod hostile;
mod knowledge;
mod token_vectors;
mod vectors;
mod verdicts;
