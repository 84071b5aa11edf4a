//! What this process has computed.

use std::time::Duration;

/// Time that all threads of this process, also those that have ended, were computing; zero where the system does not
/// say.
#[cfg(unix)]
pub(crate) fn computing() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let (user, system) = (usage.user_time(), usage.system_time());
    let seconds = user.tv_sec() + system.tv_sec();
    let micros = user.tv_usec() + system.tv_usec();
    Duration::from_secs(seconds as u64) + Duration::from_micros(micros as u64)
}

/// See above.
#[cfg(not(unix))]
pub(crate) fn computing() -> Duration {
    Duration::ZERO
}
