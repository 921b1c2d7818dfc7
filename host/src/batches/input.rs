//! What a chunk is to issue, and which of its items failed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::BatchError;
use crate::issue::{Order, OrderForm};
use crate::keys::{JobSecret, KeyRing, system_randomness};
use crate::storage::Sealed;

/// What a chunk is to issue.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChunkInput {
    /// The same order for each item.
    Repeat {
        order: Box<OrderForm>,
        /// The place of the first among those ordered together, from 1.
        first: u32,
        /// How many were ordered together.
        of: u32,
    },
    /// These items; the others are done.
    Items(Vec<Item>),
}

/// An item of a chunk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    /// Its place in the chunk, from 0.
    #[serde(rename = "k")]
    pub index: u32,
    /// Where it stood in the upload, from 1.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(flatten)]
    pub content: ItemContent,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ItemContent {
    /// To be issued.
    #[serde(rename = "o")]
    Order(Box<OrderForm>),
    /// It could not be read.
    #[serde(rename = "b")]
    Bad {
        #[serde(rename = "m")]
        message: String,
    },
}

impl ChunkInput {
    pub fn seal(&self, keys: &KeyRing, job: Uuid, chunk: u32) -> Result<Sealed, BatchError> {
        let plain = Zeroizing::new(serde_json::to_vec(self)?);
        Ok(keys.seal_job(
            job,
            JobSecret::Input(chunk),
            &plain,
            &mut system_randomness(),
        ))
    }

    pub fn open(
        keys: &KeyRing,
        job: Uuid,
        chunk: u32,
        sealed: &Sealed,
    ) -> Result<Self, BatchError> {
        let plain = keys.open_job(job, JobSecret::Input(chunk), sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// The items, each for itself. `count`: how many the chunk has.
    pub fn into_items(self, count: u32) -> Vec<Item> {
        match self {
            Self::Items(items) => items,
            Self::Repeat { order, first, of } => (0..count)
                .map(|index| Item {
                    index,
                    line: None,
                    content: ItemContent::Order(Box::new(
                        OrderForm::clone(&order).at(first.saturating_add(index), of),
                    )),
                })
                .collect(),
        }
    }
}

/// An item that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFault {
    /// Its place in the chunk, from 0.
    #[serde(rename = "k")]
    pub index: u32,
    /// Where it stood in the upload, from 1.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// An error code.
    #[serde(rename = "c")]
    pub code: String,
    /// What to fix, in words.
    #[serde(rename = "m")]
    pub message: String,
}

impl ItemFault {
    pub(super) fn seal_all(
        faults: &[Self],
        keys: &KeyRing,
        job: Uuid,
        chunk: u32,
    ) -> Result<Option<Sealed>, BatchError> {
        if faults.is_empty() {
            return Ok(None);
        }
        let plain = Zeroizing::new(serde_json::to_vec(faults)?);
        let secret = JobSecret::Faults(chunk);
        Ok(Some(keys.seal_job(
            job,
            secret,
            &plain,
            &mut system_randomness(),
        )))
    }

    pub(super) fn open_all(
        keys: &KeyRing,
        job: Uuid,
        chunk: u32,
        sealed: Option<&Sealed>,
    ) -> Result<Vec<Self>, BatchError> {
        let Some(sealed) = sealed else {
            return Ok(Vec::new());
        };
        let plain = keys.open_job(job, JobSecret::Faults(chunk), sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

/// The order of an item.
///
/// # Errors
/// When it was kept by another version.
pub(super) fn order_of(form: OrderForm) -> Result<Order, BatchError> {
    Ok(Order::try_from(form)?)
}
