//! What the operating system is told about this process: its memory holds keys and shares, so no copy of it is written
//! to disk when it crashes, and no other process of the same user may read it.

/// Asks for both. A system that does not know of it changes nothing about what the program does.
pub fn keep_memory_private() {
    #[cfg(unix)]
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}
