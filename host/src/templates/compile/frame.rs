//! What the child writes on its standard output: one frame of magic, kind, length and payload.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// Marks an answer of this protocol; a child that prints anything else is not believed.
const MAGIC: [u8; 8] = *b"GCHTCC01";
const KIND_COMPONENT: u8 = 1;
const KIND_CORE_MODULE: u8 = 2;
const KIND_REFUSED: u8 = 3;
/// A refusal is words; this many bytes are enough for all of them.
const REFUSAL_BYTES: u64 = 256 * 1024;

/// The child's answer.
#[derive(Debug)]
pub(super) enum Answer {
    FromComponent(Vec<u8>),
    FromCoreModule(Vec<u8>),
    Refused(Refusal),
}

/// A refusal as it crosses the pipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Refusal {
    NotWebAssembly { reason: String },
    Invalid { reason: String },
    Imports { names: Vec<String> },
    WrongContract { problems: Vec<String> },
    Unavailable { reason: String },
}

pub(super) fn write(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    match answer {
        Answer::FromComponent(code) => write_frame(KIND_COMPONENT, code, out),
        Answer::FromCoreModule(code) => write_frame(KIND_CORE_MODULE, code, out),
        Answer::Refused(refusal) => {
            let words = serde_json::to_vec(refusal).map_err(io::Error::other)?;
            write_frame(KIND_REFUSED, &words, out)
        }
    }
}

fn write_frame(kind: u8, payload: &[u8], out: &mut impl Write) -> io::Result<()> {
    out.write_all(&MAGIC)?;
    out.write_all(&[kind])?;
    out.write_all(&(payload.len() as u64).to_le_bytes())?;
    out.write_all(payload)?;
    out.flush()
}

/// Reads one frame whose code has at most `code_limit` bytes.
pub(super) fn read(input: &mut impl Read, code_limit: u64) -> io::Result<Answer> {
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(io::Error::other("not an answer of the compiler"));
    }
    let mut kind = [0; 1];
    input.read_exact(&mut kind)?;
    let [kind] = kind;
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let limit = if kind == KIND_REFUSED {
        REFUSAL_BYTES
    } else {
        code_limit
    };
    if length > limit {
        return Err(io::Error::other(format!(
            "an answer of {length} bytes, more than {limit}"
        )));
    }
    let mut payload = Vec::new();
    input.take(length).read_to_end(&mut payload)?;
    if payload.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match kind {
        KIND_COMPONENT => Ok(Answer::FromComponent(payload)),
        KIND_CORE_MODULE => Ok(Answer::FromCoreModule(payload)),
        KIND_REFUSED => serde_json::from_slice(&payload)
            .map(Answer::Refused)
            .map_err(io::Error::other),
        other => Err(io::Error::other(format!(
            "an answer of unknown kind {other}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_the_pipe() {
        let mut pipe = Vec::new();
        write(&Answer::FromCoreModule(vec![1, 2, 3]), &mut pipe).unwrap();
        assert!(
            matches!(read(&mut pipe.as_slice(), 3).unwrap(), Answer::FromCoreModule(code) if code == [1, 2, 3])
        );
        assert!(read(&mut pipe.as_slice(), 2).is_err());
        for cut in 0..pipe.len() {
            assert!(read(&mut &pipe[..cut], 3).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_refusal_survives_the_pipe() {
        let refusal = Refusal::Imports {
            names: vec!["wasi:cli/environment".to_owned()],
        };
        let mut pipe = Vec::new();
        write(&Answer::Refused(refusal.clone()), &mut pipe).unwrap();
        assert!(
            matches!(read(&mut pipe.as_slice(), 0).unwrap(), Answer::Refused(read) if read == refusal)
        );
    }
}
