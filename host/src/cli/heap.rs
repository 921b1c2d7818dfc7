//! How the process's heap gives memory back.

/// Blocks from this size on are returned to the system when they are freed.
#[cfg(target_env = "gnu")]
const LARGE_BLOCK_BYTES: libc::c_int = 1 << 20;
/// As much unused memory stays at the end of each arena.
#[cfg(target_env = "gnu")]
const SPARE_BYTES: libc::c_int = 256 << 10;

/// Keeps a host that has rasterized large pages as small as it was before.
///
/// Left to itself, glibc takes the largest block it has freed (up to 32 MiB) as the bound from which
/// blocks are returned, so that every thread that once drew a page keeps room for another. A fixed
/// bound stops that. Other C libraries return large blocks anyway.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "there is no safe wrapper of mallopt")]
pub(super) fn return_large_blocks() {
    for (parameter, value) in [
        (libc::M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES),
        (libc::M_TRIM_THRESHOLD, SPARE_BYTES),
    ] {
        // SAFETY: mallopt(3) takes two integers and may be called at any time.
        if unsafe { libc::mallopt(parameter, value) } == 0 {
            tracing::warn!(parameter, "the heap cannot be set up; the host may grow");
        }
    }
}

/// Other C libraries return large blocks by themselves.
#[cfg(not(target_env = "gnu"))]
pub(super) fn return_large_blocks() {}
