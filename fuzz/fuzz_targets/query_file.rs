//! Query files of any content.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use tempfile::TempDir;

static FOLDER: OnceLock<TempDir> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder"));
    let path = folder.path().join("query.toml");
    std::fs::write(&path, bytes).expect("a file in it");
    if let Err(error) = mpc_party::query_file::read(&path) {
        assert!(!error.message.is_empty());
    }
});
