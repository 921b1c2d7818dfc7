//! All that one scanner holds, behind one door.

use alloc::vec::Vec;

use ticket_token::cbor::{Reader, Writer};
use ticket_token::{PublicKey, VerifyingKey};

use crate::admission::{Ledger, RecordPage, read_record, write_record};
use crate::bundle::Bundle;
use crate::error::{KnowledgeError, Refusal, check_size};
use crate::judge::{Judgement, Knowledge, Question, judge};
use crate::scan::{Scan, ScanRequest, scan};
use crate::status_list::StatusList;

/// Most records in one exported page.
pub const PAGE_RECORDS: u32 = 10_000;
/// Longest saved state, in bytes.
pub const MAX_STATE_BYTES: usize = 64 << 20;

const STATE_VERSION: u64 = 1;

/// A scanner's knowledge of one event: what it was given, checked against the root key that it was
/// paired with, and what it recorded itself.
#[derive(Debug, Clone)]
pub struct Gate {
    root: VerifyingKey,
    bundle: Bundle,
    /// Kept for the saved state, where they are checked again.
    bundle_bytes: Vec<u8>,
    status: Option<HeldStatusList>,
    ledger: Ledger,
}

#[derive(Debug, Clone)]
struct HeldStatusList {
    list: StatusList,
    bytes: Vec<u8>,
}

impl Gate {
    /// Starts with the first bundle of an event.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn pair(bundle: &[u8], root: &PublicKey) -> Result<Self, KnowledgeError> {
        let root = VerifyingKey::new(root);
        Ok(Self {
            bundle: Bundle::open(bundle, &root)?,
            root,
            bundle_bytes: bundle.to_vec(),
            status: None,
            ledger: Ledger::new(),
        })
    }

    /// The bundle in force.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The status list in force.
    pub fn status_list(&self) -> Option<&StatusList> {
        self.status.as_ref().map(|held| &held.list)
    }

    /// What was recorded and learned.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes in a newer bundle. A status list that does not go with it (another address, or signed
    /// under an older delegation) is dropped; until the next one comes, tickets are STATUS_UNKNOWN.
    ///
    /// # Errors
    /// As [`Bundle::open`] and [`Bundle::check_replaces`]; nothing is changed then.
    pub fn update(&mut self, bundle: &[u8]) -> Result<(), KnowledgeError> {
        let offered = Bundle::open(bundle, &self.root)?;
        offered.check_replaces(&self.bundle)?;
        let root = &self.root;
        self.status
            .take_if(|held| StatusList::open(&held.bytes, root, &offered).is_err());
        self.bundle = offered;
        self.bundle_bytes = bundle.to_vec();
        Ok(())
    }

    /// Takes in a status list.
    ///
    /// # Errors
    /// As [`StatusList::open`] and [`StatusList::check_replaces`]; nothing is changed then.
    pub fn set_status_list(&mut self, bytes: &[u8]) -> Result<(), KnowledgeError> {
        let list = StatusList::open(bytes, &self.root, &self.bundle)?;
        if let Some(held) = &self.status {
            list.check_replaces(&held.list)?;
        }
        self.status = Some(HeldStatusList {
            list,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }

    /// Answers a question. Changes nothing.
    pub fn verify(&self, qr_text: &str, question: &Question<'_>) -> Judgement {
        judge(qr_text, &self.knowledge(), question)
    }

    /// Answers and records. The record in the answer is already part of the ledger.
    pub fn scan(&mut self, qr_text: &str, request: &ScanRequest<'_>) -> Scan {
        let scan = scan(qr_text, &self.knowledge(), request);
        if let Some(record) = &scan.record {
            self.ledger.insert(record.clone());
        }
        scan
    }

    /// A page of what was recorded here after `cursor` (0: all), at most [`PAGE_RECORDS`] records,
    /// and the cursor to go on from. There is more if that is below [`Ledger::made_here`].
    pub fn export_checkins(&self, cursor: u32) -> (Vec<u8>, u32) {
        let (page, next) = self.ledger.made_here_after(cursor, PAGE_RECORDS);
        (page.encode(), next)
    }

    /// Takes in a page from elsewhere, as often as it comes. Answers how many records were new.
    ///
    /// # Errors
    /// As [`RecordPage::decode`], and [`KnowledgeError::WrongEvent`]; nothing is changed then.
    pub fn merge_checkins(&mut self, page: &[u8]) -> Result<usize, KnowledgeError> {
        let page = RecordPage::decode(page)?;
        let expected = self.bundle.event();
        if let Some(stranger) = page
            .records()
            .iter()
            .find(|record| record.event != expected)
        {
            return Err(KnowledgeError::WrongEvent {
                expected,
                found: stranger.event,
            });
        }
        Ok(self.ledger.merge(page))
    }

    /// Everything but the root key, to be saved across restarts:
    /// `{1: 1, 2: bundle, 3: status list / null, 4: [* (number: uint, record)]}`, records ascending,
    /// numbered in the order in which they were made here (0: elsewhere), so that cursors stay good.
    pub fn export_state(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(4);
        writer.unsigned(1).unsigned(STATE_VERSION);
        writer.unsigned(2).bytes(&self.bundle_bytes);
        match &self.status {
            Some(held) => writer.unsigned(3).bytes(&held.bytes),
            None => writer.unsigned(3).null(),
        };
        let numbered = self.ledger.numbered();
        writer.unsigned(4).array(2 * numbered.len());
        for (record, number) in numbered {
            writer.unsigned(number.into());
            write_record(&mut writer, record);
        }
        writer.into_bytes()
    }

    /// Restores what [`Gate::export_state`] saved. Signed objects are checked again; the records are
    /// taken at the word of whoever kept them.
    ///
    /// # Errors
    /// Any [`KnowledgeError`].
    pub fn import_state(state: &[u8], root: &PublicKey) -> Result<Self, KnowledgeError> {
        Ok(Self::read_state(state, root)?)
    }

    fn read_state(state: &[u8], root: &PublicKey) -> Result<Self, Refusal> {
        check_size("state", state, MAX_STATE_BYTES)?;
        let wrong = || KnowledgeError::value("state", "version, bundle, status list, records");
        let mut reader = Reader::new(state)?;
        if reader.map()? != 4 || reader.unsigned()? != 1 {
            return Err(wrong());
        }
        match reader.unsigned()? {
            STATE_VERSION => {}
            other => return Err(Refusal::new(KnowledgeError::Version(other))),
        }
        expect_field(&mut reader, 2)?;
        let mut gate = Self::pair(reader.bytes()?, root)?;
        expect_field(&mut reader, 3)?;
        if reader.clone().null().is_ok() {
            reader.null()?;
        } else {
            gate.set_status_list(reader.bytes()?)?;
        }
        expect_field(&mut reader, 4)?;
        let values = reader.array()?;
        if values % 2 != 0 {
            return Err(wrong());
        }
        gate.ledger = Ledger::from_numbered((0..values / 2).map(|_| {
            let number = reader.unsigned_u32()?;
            Ok((read_record(&mut reader)?, number))
        }))?;
        Ok(gate)
    }

    fn knowledge(&self) -> Knowledge<'_> {
        Knowledge::new(&self.bundle, self.status_list(), &self.ledger)
    }
}

fn expect_field(reader: &mut Reader<'_>, field: u64) -> Result<(), Refusal> {
    if reader.unsigned()? == field {
        Ok(())
    } else {
        Err(KnowledgeError::value(
            "state",
            "version, bundle, status list, records",
        ))
    }
}
