//! Faults of libraries that a peer could use: the versions in the lock file hold the corrections.

use std::path::Path;

/// First corrected versions, and what was wrong before.
const FLOORS: [(&str, [u64; 3], &str); 5] = [
    ("quinn-proto", [0, 11, 15], "RUSTSEC-2026-0185: memory for stream fragments with gaps"),
    ("rustls", [0, 23, 18], "RUSTSEC-2024-0399: panic on a hello in fragments"),
    ("rustls-webpki", [0, 103, 13], "RUSTSEC-2026-0104: panic on a revocation list"),
    ("ring", [0, 17, 12], "RUSTSEC-2025-0009: panic on protected headers"),
    ("curve25519-dalek", [4, 1, 3], "RUSTSEC-2024-0344: time depends on a scalar"),
];

#[test]
fn libraries_are_not_older_than_their_corrections() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    for (library, floor, why) in FLOORS {
        let versions: Vec<[u64; 3]> = lock
            .split("[[package]]")
            .filter(|package| package.contains(&format!("\nname = \"{library}\"\n")))
            .map(|package| {
                let version = package.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
                let parts: Vec<u64> = version.split('.').map(|part| part.parse().unwrap()).collect();
                parts.try_into().unwrap()
            })
            .collect();
        assert!(!versions.is_empty(), "{library} is not in use any more");
        for version in versions {
            assert!(version >= floor, "{library} {version:?}: {why}, corrected in {floor:?}");
        }
    }
}
