//! How much memory this process has needed.

/// The most memory that this process has had in use at once, in bytes (VmHWM); `None` where the system does not tell.
pub fn peak() -> Option<u64> {
    of_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn of_status(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_and_read() {
        assert_eq!(of_status("VmPeak:\t  9 kB\nVmHWM:\t    5112 kB\nVmRSS:\t 1 kB\n"), Some(5112 * 1024));
        for text in ["", "VmRSS: 1 kB\n", "VmHWM: 1\n", "VmHWM: x kB\n", "VmHWM: 99999999999999999 kB\n"] {
            assert_eq!(of_status(text), None, "{text}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_used_is_seen() {
        let before = peak().unwrap();
        let bytes = std::hint::black_box(vec![1u8; 64 << 20]);
        assert!(peak().unwrap() >= before.max(64 << 20), "{} bytes in use", bytes.len());
    }
}
