//! The gate from outside, as the host and the scanner use it.

mod admissions;
mod fixture;
mod hostile;
mod knowledge;
mod verdicts;
