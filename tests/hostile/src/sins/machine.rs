//! Sins against time, memory and stack, and against the copying of the answer.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::contract::{Document, Failure, Note, NoteLevel};
use crate::good;

type Answer = Result<Document, Failure>;

const MIB: usize = 1024 * 1024;

/// Computes for ever.
pub fn endless_loop(_: &str) -> Answer {
    let mut steps = 0_u64;
    loop {
        steps = black_box(steps.wrapping_add(1));
    }
}

/// Burns time in few instructions that each do much.
pub fn bulk_fill(_: &str) -> Answer {
    let mut room = vec![0_u8; 16 * MIB];
    loop {
        let filling = black_box(1_u8);
        black_box(&mut room).fill(filling);
    }
}

/// Takes memory for as long as there is any.
pub fn grow_memory(_: &str) -> Answer {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(black_box(vec![1; MIB]));
    }
}

/// Calls itself without end.
pub fn deep_recursion(holder: &str) -> Answer {
    // Little memory for each call: the stack of the engine shall end first, not the guest's own.
    fn descend(depth: u64) -> u64 {
        if depth == u64::MAX {
            return 0;
        }
        let below = descend(black_box(depth + 1));
        below ^ black_box(depth)
    }
    let depth = descend(black_box(0));
    Ok(good::document(&format!("{holder} {depth}")))
}

/// Panics, in a function whose name the author shall read.
pub fn panic(_: &str) -> Answer {
    #[inline(never)]
    fn function_that_panics() -> u32 {
        black_box(None::<u32>).expect("this guest panics on purpose")
    }
    black_box(function_that_panics());
    Ok(good::document(""))
}

/// Reads where nothing is.
#[expect(unsafe_code, reason = "the sin itself")]
pub fn wild_pointer(_: &str) -> Answer {
    let address = black_box(0xFFFF_FF00_usize) as *const u8;
    // SAFETY: none; the sandbox has to trap this.
    let value = unsafe { address.read_volatile() };
    Ok(good::document(&value.to_string()))
}

/// Uses the author's right to say no: no sin at all.
pub fn refuse(_: &str) -> Answer {
    Err(Failure::Refused(
        "a ticket of this type needs a seat".to_owned(),
    ))
}

/// Reports an exception.
pub fn fail(_: &str) -> Answer {
    Err(Failure::Failed(
        "TypeError: undefined is not a function".to_owned(),
    ))
}

/// Reports an exception with a message far too long, in characters of several bytes.
pub fn fail_at_length(_: &str) -> Answer {
    Err(Failure::Failed("ü".repeat(MIB)))
}

/// Tries to know how many tickets came before.
pub fn remember(_: &str) -> Answer {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(good::document(&format!("call {calls}")))
}

/// Answers 4 GiB that are one MiB, named 4,096 times.
#[expect(unsafe_code, reason = "the sin itself")]
pub fn aliased_strings(holder: &str) -> Answer {
    let one = "x".repeat(MIB).leak();
    let mut document = good::document(holder);
    document.notes = (0..4_096)
        .map(|_| {
            // SAFETY: none; the strings share their bytes. They are dropped after the host has read
            // them, if it does.
            let text = unsafe { String::from_raw_parts(one.as_mut_ptr(), MIB, MIB) };
            Note {
                level: NoteLevel::Info,
                text,
            }
        })
        .collect();
    Ok(document)
}

/// Answers text that is no text.
#[expect(unsafe_code, reason = "the sin itself")]
pub fn invalid_utf8(holder: &str) -> Answer {
    let mut document = good::document(holder);
    // SAFETY: none; the host has to refuse it.
    document.title = unsafe { String::from_utf8_unchecked(vec![0xC3, 0x28, 0xFF]) };
    Ok(document)
}
