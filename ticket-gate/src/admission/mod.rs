//! Who went in and out: a grow-only set of records, and what follows from it.
//!
//! Records are only ever added. Everything else (how often a ticket was used, whether it is inside,
//! whether two gates let it in) is a function of the set alone, so scanners that synced in any order,
//! any number of times, agree.

mod ledger;
mod page;
mod record;
mod standing;

pub use self::ledger::Ledger;
pub use self::page::{MAX_PAGE_BYTES, RecordPage};
pub(crate) use self::page::{read_record, write_record};
pub use self::record::{Action, Nonce, Record, RecordId};
pub use self::standing::{Allowance, Standing, standing};
