//! What must never leave a party but through the protocol, and the search for it.

use super::cohort::People;
use super::federation::{Federation, HELPER};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, HEXLOWER, HEXUPPER};

/// Bytes of a key that betray it.
const WINDOW: usize = 8;

/// Names of secrets, each with the forms in which it could be written down.
pub(crate) struct Secrets(Vec<(String, Vec<Vec<u8>>)>);

impl Secrets {
    /// Private keys of all parties, person ids, each site's number of people and of carriers of two markers.
    pub(crate) fn of(federation: &Federation, people: &[People]) -> Self {
        let mut secrets = Vec::new();
        for name in federation.names() {
            let text = std::fs::read_to_string(federation.path(name, "identity.key")).expect("a key file");
            let seed = text.split_whitespace().last().expect("a seed").to_ascii_uppercase();
            let seed = BASE32_NOPAD.decode(seed.as_bytes()).expect("a seed");
            for (at, window) in seed.chunks_exact(WINDOW).enumerate() {
                let mut forms = bytes(window);
                // Eight bytes are no whole number of base32 characters; the text of the file is looked for as it is.
                if at == 0 {
                    forms.push(text.split_whitespace().last().expect("a seed").as_bytes()[..13].to_vec());
                }
                secrets.push((format!("key of {name}, part {at}"), forms));
            }
        }
        for (site, people) in people.iter().enumerate() {
            for (id, _) in people.rows.iter().take(50) {
                let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
                secrets.push((format!("a person of site {site}"), vec![digits.as_bytes().to_vec()]));
            }
            // A number of few digits occurs by chance; these are looked for as words.
            let count = people.rows.len();
            secrets.push((format!("people of site {site}"), words(count)));
            let carriers = people.rows.iter().filter(|(_, calls)| calls[0].is_some_and(|dosage| dosage > 0));
            secrets.push((format!("carriers at site {site}"), words(carriers.count())));
        }
        assert!(secrets.len() > 4 && federation.names().iter().any(|name| name == HELPER));
        Self(secrets)
    }

    pub(crate) fn forms(&self) -> impl Iterator<Item = (&String, &Vec<Vec<u8>>)> {
        self.0.iter().map(|(what, forms)| (what, forms))
    }
}

fn bytes(window: &[u8]) -> Vec<Vec<u8>> {
    let reversed: Vec<u8> = window.iter().rev().copied().collect();
    let decimal = |separator: &str| window.iter().map(u8::to_string).collect::<Vec<_>>().join(separator);
    vec![
        window.to_vec(),
        reversed,
        HEXLOWER.encode(window).into_bytes(),
        HEXUPPER.encode(window).into_bytes(),
        BASE64_NOPAD.encode(window).as_bytes()[..10].to_vec(),
        decimal(", ").into_bytes(),
        decimal(",").into_bytes(),
    ]
}

fn words(number: usize) -> Vec<Vec<u8>> {
    [
        format!(" {number} "),
        format!("={number} "),
        format!("={number}\n"),
        format!(":{number},"),
        format!(":{number}}}"),
    ]
    .map(String::into_bytes)
    .into()
}

/// The secrets that are in these bytes.
pub(crate) fn found(secrets: &Secrets, text: &[u8]) -> Vec<String> {
    let is_in = |form: &Vec<u8>| memchr::memmem::find(text, form).is_some();
    let leaked = secrets.forms().filter(|(_, forms)| forms.iter().any(is_in));
    leaked.map(|(what, _)| what.clone()).collect()
}
