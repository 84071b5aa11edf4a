//! `mpc-party init`: a new identity, a configuration to complete, and the one line that the other parties add.

use crate::cli::Init;
use crate::error::{ExitClass, Failure, UserError};
use crate::party::HELPER;
use mpc_net::{Identity, IdentityLine, is_peer_address};
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::path::Path;

const KEY: &str = "identity.key";
const CONFIGURATION: &str = "site.toml";
/// Says that nobody can reach this party.
const NOWHERE: &str = "none";

/// Runs the command.
///
/// # Errors
/// What ended it. A file that is there already is never replaced.
pub fn init(args: &Init) -> Result<(), Failure> {
    let address = advertised(args)?;
    let (key, configuration) = (args.dir.join(KEY), args.dir.join(CONFIGURATION));
    for path in [&key, &configuration] {
        if path.symlink_metadata().is_ok() {
            return Err(UserError::new("this file exists already and is never replaced")
                .advise("name another folder with --dir, or move it away")
                .in_file(path)
                .into());
        }
    }
    let identity =
        Identity::generate().map_err(|error| Failure::new(ExitClass::Internal, error.to_string()))?;
    let line = IdentityLine::new(&args.id, address.as_deref(), identity.public_key()).ok_or_else(|| {
        UserError::new("--id is not a name").advise("a name has 1 to 63 characters out of a-z, 0-9 and \"-\"")
    })?;
    make_folder(&args.dir)?;
    identity.save(&key).map_err(|error| UserError::new(error.to_string()))?;
    write_new(&configuration, &text(args, &line))?;

    let mut err = std::io::stderr();
    let told = writeln!(
        err,
        "Made {} (mode 0600, never copy it) and {}.\nSend this line to the other parties; it is public:",
        key.display(),
        configuration.display()
    );
    // The line alone is on standard output, for whoever passes it on by a script.
    let told = told.and_then(|()| writeln!(std::io::stdout(), "{line}"));
    let told = told.and_then(|()| {
        writeln!(
            err,
            "Add theirs:  mpc-party peer add --config {0} 'mpc1 ...'   and compare the words by telephone.\n{1}Then try \
             it together:  mpc-party check --config {0}",
            configuration.display(),
            if args.id == HELPER { "" } else { "Set the path of your data in [[dataset]].\n" },
        )
    });
    // The files are made; a closed terminal changes nothing about that.
    drop(told);
    Ok(())
}

/// What the others dial; `None` if they cannot.
fn advertised(args: &Init) -> Result<Option<String>, UserError> {
    let address = match &args.advertise {
        Some(text) if text == NOWHERE => return Ok(None),
        Some(text) => text.clone(),
        None => args.listen.to_string(),
    };
    if is_peer_address(&address) {
        return Ok(Some(address));
    }
    let message = match args.advertise {
        Some(_) => "--advertise is not host:port",
        None => "--listen names no address that others could dial",
    };
    Err(UserError::new(message).advise(
        "say what they dial, --advertise mpc.hospital.example:7000, or that they cannot: --advertise none",
    ))
}

fn make_folder(dir: &Path) -> Result<(), UserError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|error| UserError::new(format!("cannot make this folder: {error}")).in_file(dir))
}

fn write_new(path: &Path, text: &str) -> Result<(), UserError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| UserError::new(format!("cannot write this file: {error}")).in_file(path))
}

fn text(args: &Init, line: &IdentityLine) -> String {
    let Init { id, listen, .. } = args;
    let role = if id == HELPER { "helper" } else { "site" };
    let advertise = line.address().unwrap_or(NOWHERE);
    let mut text = format!(
        "# Configuration of {id}. Every key is explained in configs/site.reference.toml.\n\
         # The line for the other parties:\n\
         # {line}\n\
         \n\
         [node]\n\
         id        = \"{id}\"\n\
         role      = \"{role}\"\n\
         state_dir = \"state\"\n\
         \n\
         [identity]\n\
         key = \"{KEY}\"            # mode 0600, never copied, never in version control\n\
         \n\
         [network]\n\
         listen    = \"{listen}\"\n\
         advertise = \"{advertise}\"   # what the others dial, or \"none\"\n"
    );
    if role == "site" {
        text.push_str(
            "\n# The data: set the path. Formats: .csv, .vcf, .vcf.gz, .bed or the prefix of a PLINK set.\n\
             [[dataset]]\n\
             name = \"cohort\"\n\
             path = \"data.csv\"\n\
             # person_id = \"patient_id\"     # the column with the ids, or several: [\"name\", \"born\"]; else the first\n",
        );
    }
    text.push_str("\n# The other parties, one section each: added by `mpc-party peer add`, or pasted as line = \"mpc1 ...\".\n");
    text
}
