//! zlib streams.
//!
//! libdeflate where there is a C compiler. WebAssembly takes miniz_oxide, so that a PDF made there
//! differs in its compressed bytes, and in nothing else.

/// How much time a stream is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effort {
    /// For what is made once for each ticket.
    Fast,
    /// For what is made once for each ticket and kept.
    Small,
    /// For what is compressed once and copied into many files.
    Once,
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn zlib(data: &[u8], effort: Effort) -> Vec<u8> {
    use std::cell::RefCell;

    use libdeflater::{CompressionLvl, Compressor};

    let with_level = |level| Compressor::new(CompressionLvl::new(level).unwrap_or_default());
    thread_local! {
        // A compressor is 100 KB of tables, which take longer to set up than a page to compress.
        // It keeps nothing from one stream to the next.
        static FAST: RefCell<Option<Compressor>> = const { RefCell::new(None) };
    }
    let run = |compressor: &mut Compressor| {
        let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
        // The bound makes lack of room, the only error, impossible.
        let length = compressor.zlib_compress(data, &mut out).unwrap_or(0);
        out.truncate(length);
        out
    };
    match effort {
        Effort::Fast => FAST.with_borrow_mut(|kept| run(kept.get_or_insert_with(|| with_level(1)))),
        Effort::Small => run(&mut with_level(6)),
        Effort::Once => run(&mut with_level(12)),
    }
}

#[cfg(target_arch = "wasm32")]
pub(crate) fn zlib(data: &[u8], effort: Effort) -> Vec<u8> {
    let level = match effort {
        Effort::Fast => 1,
        Effort::Small => 6,
        Effort::Once => 9,
    };
    miniz_oxide::deflate::compress_to_vec_zlib(data, level)
}
