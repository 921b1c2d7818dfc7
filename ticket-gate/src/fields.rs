//! Maps whose keys are small numbers, as delegations and bundles are made of.

use alloc::vec::Vec;

use ticket_token::UnixTime;
use ticket_token::cbor::Reader;

use crate::error::{KnowledgeError, Refusal};
use crate::label::LocalizedText;

/// No map of ours has a known key beyond 15.
const MAX_FIELDS: usize = 16;

/// Where the values of one map begin. Nothing of them is read yet.
///
/// Decoders ask it for one field after the other. A loop over the map with a variable for each field
/// would be as long, and several times the code in WebAssembly.
pub(crate) struct Fields<'a> {
    what: &'static str,
    values: [Option<Reader<'a>>; MAX_FIELDS],
}

impl<'a> Fields<'a> {
    /// Reads over a map and notes its values. Known keys are 1 up to, not including, `known`; others
    /// below `extensions` must not occur, because what they restrict would be ignored. `what` names the map in errors.
    pub(crate) fn read(
        what: &'static str,
        reader: &mut Reader<'a>,
        known: u64,
        extensions: u64,
    ) -> Result<Self, Refusal> {
        let mut values = [const { None }; MAX_FIELDS];
        for _ in 0..reader.map()? {
            let field = reader.unsigned()?;
            let value = reader.clone();
            reader.skip()?;
            let is_known = (1..known).contains(&field);
            let slot = usize::try_from(field).ok();
            if let Some(slot) = slot.filter(|_| is_known).and_then(|at| values.get_mut(at)) {
                *slot = Some(value);
            } else if field < extensions {
                return Err(Refusal::new(KnowledgeError::UnknownField { what, field }));
            }
        }
        Ok(Self { what, values })
    }

    /// As [`Fields::read`], for a map whose keys are integers of any size, and texts: the value of
    /// `labels[i]` becomes field i, and all others are passed over.
    pub(crate) fn read_labelled(
        what: &'static str,
        reader: &mut Reader<'a>,
        labels: &[i64],
    ) -> Result<Self, Refusal> {
        let mut values = [const { None }; MAX_FIELDS];
        for _ in 0..reader.map()? {
            let label = reader.clone().integer().ok();
            reader.skip()?;
            let value = reader.clone();
            reader.skip()?;
            let slots = labels.iter().zip(&mut values);
            for (_, slot) in slots.filter(|(known, _)| Some(**known) == label) {
                *slot = Some(value.clone());
            }
        }
        Ok(Self { what, values })
    }

    /// A field that may be absent.
    pub(crate) fn optional(&self, field: u64) -> Option<Reader<'a>> {
        let slot = usize::try_from(field).ok()?;
        self.values.get(slot)?.clone()
    }

    /// A field that must be there; `name` is what an error calls it.
    pub(crate) fn required(&self, field: u64, name: &'static str) -> Result<Reader<'a>, Refusal> {
        self.optional(field).ok_or_else(|| {
            Refusal::new(KnowledgeError::Missing {
                what: self.what,
                field: name,
            })
        })
    }

    /// A number that must be there.
    pub(crate) fn unsigned(&self, field: u64, name: &'static str) -> Result<u64, Refusal> {
        Ok(self.required(field, name)?.unsigned()?)
    }

    /// A number of at most 32 bits that must be there.
    pub(crate) fn unsigned_u32(&self, field: u64, name: &'static str) -> Result<u32, Refusal> {
        Ok(self.required(field, name)?.unsigned_u32()?)
    }

    /// A time that must be there.
    pub(crate) fn time(&self, field: u64, name: &'static str) -> Result<UnixTime, Refusal> {
        self.unsigned_u32(field, name).map(UnixTime)
    }

    /// A text that must be there.
    pub(crate) fn text(&self, field: u64, name: &'static str) -> Result<&'a str, Refusal> {
        Ok(self.required(field, name)?.text()?)
    }

    /// Bytes that must be there.
    pub(crate) fn bytes(&self, field: u64, name: &'static str) -> Result<&'a [u8], Refusal> {
        Ok(self.required(field, name)?.bytes()?)
    }

    /// Names that must be there: `[+ (language: tstr, text: tstr)]`. Errors in them say `whose`.
    pub(crate) fn names(&self, field: u64, whose: &'static str) -> Result<LocalizedText, Refusal> {
        let mut reader = self.required(field, "names")?;
        let values = reader.array()?;
        if values % 2 != 0 {
            return Err(KnowledgeError::value(whose, "pairs of language and text"));
        }
        let mut entries = Vec::new();
        for _ in 0..values / 2 {
            entries.push((reader.text()?, reader.text()?));
        }
        LocalizedText::from_entries(entries).map_err(|source| {
            Refusal::new(KnowledgeError::Label {
                field: whose,
                source,
            })
        })
    }
}
