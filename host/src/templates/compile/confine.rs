//! What the compiling child gives up before it reads its input.
//!
//! Each step that the kernel, a container or missing rights do not permit is skipped: the steps
//! overlap, so that one missing still leaves no file, no network and no way to start a program.
//! Only the resource limits must hold.

use std::collections::BTreeMap;
use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::UnshareFlags;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use crate::templates::limits::CompileBudget;

/// Files beyond the three standard streams that the child may have open.
const OPEN_FILES: u64 = 8;
/// User and group `nobody` by convention on Linux.
const NOBODY: u32 = 65_534;

/// Gives up everything, for ever.
///
/// # Errors
/// When the resource limits cannot be set.
pub(super) fn confine(budget: &CompileBudget) -> io::Result<()> {
    limit_resources(budget)?;
    // Die with the host, and leave no core file of a stranger's bytes.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    leave_namespaces();
    drop_privileges();
    let _ = rustix::thread::set_no_new_privs(true);
    forbid_files_and_network();
    forbid_system_calls();
    Ok(())
}

fn limit_resources(budget: &CompileBudget) -> io::Result<()> {
    let set = |resource, soft: u64, hard: u64| {
        let limit = Rlimit {
            current: Some(soft),
            maximum: Some(hard),
        };
        rustix::process::setrlimit(resource, limit).map_err(io::Error::from)
    };
    // The soft limit ends the child by a signal that the parent understands; the hard one kills.
    set(
        Resource::Cpu,
        budget.cpu_seconds,
        budget.cpu_seconds.saturating_add(1),
    )?;
    set(
        Resource::As,
        budget.address_space_bytes,
        budget.address_space_bytes,
    )?;
    set(Resource::Nofile, OPEN_FILES, OPEN_FILES)?;
    set(Resource::Core, 0, 0)?;
    set(Resource::Fsize, 0, 0)?;
    // One thread, no children. Root is exempt from this one; it has left root by then.
    set(Resource::Nproc, 0, 0)
}

#[expect(
    deprecated,
    reason = "deprecated because sharing of open files can be undone too, which this does not ask for; the other form is unsafe"
)]
fn leave_namespaces() {
    // An empty network, and no view of other processes' shared memory. Needs root.
    let _ = rustix::thread::unshare(UnshareFlags::NEWNET | UnshareFlags::NEWIPC);
}

fn drop_privileges() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (user, group) = (
        rustix::process::Uid::from_raw(NOBODY),
        rustix::process::Gid::from_raw(NOBODY),
    );
    // The order matters: after the user has changed, groups cannot change any more.
    let _ = rustix::thread::set_thread_groups(&[]);
    let _ = rustix::thread::set_thread_res_gid(group, group, group);
    let _ = rustix::thread::set_thread_res_uid(user, user, user);
}

fn forbid_files_and_network() {
    // A rule set that handles every access and allows none.
    let abi = ABI::V6;
    let _ = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
}

/// Reading, writing, memory, time and ending; all else fails with EPERM.
fn forbid_system_calls() {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return;
    };
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> = ALLOWED_CALLS
        .iter()
        .map(|&call| (call, Vec::new()))
        .collect();
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let program = SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)
        .and_then(BpfProgram::try_from);
    if let Ok(program) = program {
        let _ = seccompiler::apply_filter(&program);
    }
}

const ALLOWED_CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_restart_syscall,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];
