//! The file that holds a private key: one line of text, for its owner's eyes only.

use crate::identity::IdentityError;
use data_encoding::BASE32_NOPAD;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Says what the file is, and keeps a public key from being taken for a private one.
const PREFIX: &[u8] = b"mpc-identity-v1 ";
const SEED_CHARS: usize = 52;
const FILE_BYTES: usize = PREFIX.len() + SEED_CHARS + 1;

pub(crate) fn read(path: &Path) -> Result<Zeroizing<[u8; 32]>, IdentityError> {
    let mut file = open(path).map_err(|source| IdentityError::Io { path: path.into(), source })?;
    // The open file is judged, not the path: nobody can swap it in between.
    let meta = file.metadata().map_err(|source| IdentityError::Io { path: path.into(), source })?;
    if !meta.is_file() {
        return Err(IdentityError::NotAFile(path.into()));
    }
    check_mode(path, &meta)?;

    // One byte more than a key file has, so that a longer one is seen as such.
    let mut text = Zeroizing::new([0; FILE_BYTES + 1]);
    let mut filled = 0;
    loop {
        match file.read(text.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(IdentityError::Io { path: path.into(), source }),
        }
    }
    decode(text.get(..filled).unwrap_or_default()).ok_or_else(|| IdentityError::Format(path.into()))
}

pub(crate) fn write(path: &Path, seed: &[u8; 32]) -> Result<(), IdentityError> {
    let mut text = Zeroizing::new([0; FILE_BYTES]);
    let (prefix, rest) = text.split_at_mut(PREFIX.len());
    let (chars, end) = rest.split_at_mut(SEED_CHARS);
    prefix.copy_from_slice(PREFIX);
    BASE32_NOPAD.encode_mut(seed, chars);
    chars.make_ascii_lowercase();
    end.copy_from_slice(b"\n");

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let result = options.open(path).and_then(|mut file| {
        file.write_all(text.as_slice())?;
        file.sync_all()
    });
    result.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => IdentityError::Exists(path.into()),
        _ => IdentityError::Io { path: path.into(), source },
    })
}

fn open(path: &Path) -> std::io::Result<File> {
    // Opening a named pipe would wait for a writer; a look at the path first turns it away.
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
}

#[cfg(unix)]
fn check_mode(path: &Path, meta: &std::fs::Metadata) -> Result<(), IdentityError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o7777;
    // Whoever else may read the key can speak for this party; whoever may write it can replace the party.
    if mode & 0o077 != 0 {
        return Err(IdentityError::Mode { path: path.into(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &std::fs::Metadata) -> Result<(), IdentityError> {
    Ok(())
}

fn decode(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let chars = text.strip_prefix(PREFIX)?;
    let chars: &[u8; SEED_CHARS] = chars.strip_suffix(b"\n").unwrap_or(chars).try_into().ok()?;
    if !chars.iter().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7')) {
        return None;
    }
    let mut upper = Zeroizing::new(*chars);
    upper.make_ascii_uppercase();
    let mut seed = Zeroizing::new([0; 32]);
    BASE32_NOPAD.decode_mut(upper.as_slice(), seed.as_mut_slice()).ok()?;
    Some(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;
    use std::os::unix::fs::PermissionsExt;

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn refusal(path: &Path) -> String {
        Identity::load(path).err().expect("must be refused").to_string()
    }

    #[test]
    fn round_trip_with_owner_only_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity.key");
        let identity = Identity::generate().unwrap();
        identity.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(Identity::load(&path).unwrap().public_key(), identity.public_key());
        set_mode(&path, 0o400);
        assert_eq!(Identity::load(&path).unwrap().public_key(), identity.public_key());
    }

    #[test]
    fn never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity.key");
        std::fs::write(&path, "precious").unwrap();
        let error = Identity::generate().unwrap().save(&path).err().unwrap().to_string();
        assert!(error.contains("never replaced"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn files_open_to_others_are_refused_with_the_command_that_helps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity.key");
        Identity::generate().unwrap().save(&path).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o660, 0o777] {
            set_mode(&path, mode);
            let error = refusal(&path);
            assert!(error.contains(&format!("chmod 600 {}", path.display())), "{error}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(refusal(dir.path()).contains("not a regular file"));
        assert!(refusal(&dir.path().join("missing")).contains("missing"));

        let path = dir.path().join("identity.key");
        let identity = Identity::generate().unwrap();
        identity.save(&path).unwrap();
        let good = std::fs::read(&path).unwrap();
        let bad: [Vec<u8>; 7] = [
            vec![],
            good[..good.len() - 2].to_vec(),
            [good.as_slice(), b"\n"].concat(),
            [good.as_slice(), &[b'a'; 4096]].concat(),
            good.to_ascii_uppercase(),
            identity.public_key().to_string().into_bytes(),
            vec![0xff; FILE_BYTES],
        ];
        for content in bad {
            std::fs::write(&path, content).unwrap();
            assert!(refusal(&path).contains("not a key file"));
        }
    }

    #[test]
    fn a_named_pipe_does_not_hang() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(refusal(&path).contains("not a regular file"));
        }
    }
}
