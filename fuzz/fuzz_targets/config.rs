//! Configurations of any content.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpc_party::config::SiteConfig;
use std::sync::OnceLock;
use tempfile::TempDir;

static FOLDER: OnceLock<TempDir> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder"));
    let path = folder.path().join("site.toml");
    std::fs::write(&path, bytes).expect("a file in it");
    match SiteConfig::read(&path) {
        Ok(config) => {
            // Written and read again, it is the same.
            std::fs::write(&path, config.to_toml().expect("UTF-8 came in")).expect("a file");
            assert_eq!(SiteConfig::read(&path).as_ref(), Ok(&config));
        }
        Err(error) => assert!(!error.message.is_empty() && error.to_string().lines().count() <= 3),
    }
});
