//! What was measured, as a table to read and as JSON.

use super::federation::Took;
use super::measure::Measured;
use super::setting::Setting;
use crate::error::Failure;
use crate::party::internal;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use mpc_core::KernelsInUse;
use mpc_core::sharing::{Security, SemiHonest};
use mpc_core::source::Preprocessing;
use serde::Serialize;

/// Version of the layout of the JSON.
const SCHEMA: u32 = 1;

/// Everything that is reported. Field names are a contract (docs/performance.md).
#[derive(Serialize)]
pub(super) struct Report {
    schema: u32,
    version: &'static str,
    sites: u8,
    preprocessing: &'static str,
    security: &'static str,
    machine: Machine,
    set_up: SetUp,
    rows: Vec<Row>,
}

/// What ran all parties.
#[derive(Serialize)]
struct Machine {
    processors: Option<usize>,
    kernels: &'static str,
    aes: &'static str,
}

/// What a session begins with, once before each row.
#[derive(Serialize)]
struct SetUp {
    seconds: f64,
    site_bytes: f64,
}

/// A piece of work.
#[derive(Serialize)]
struct Row {
    work: &'static str,
    item: &'static str,
    items: usize,
    seconds: f64,
    per_second: f64,
    site_bytes_per_item: f64,
    /// Absent where there is no helper.
    #[serde(skip_serializing_if = "Option::is_none")]
    helper_bytes_per_item: Option<f64>,
    rounds: u64,
}

impl Report {
    pub(super) fn new(setting: Setting, measured: &[Measured]) -> Self {
        let sites = f64::from(setting.sites);
        let preprocessing = setting.preprocessing();
        let row = |row: &Measured| {
            let Took { elapsed, site_bytes, helper_bytes, .. } = row.run.work;
            Row {
                work: row.work.name,
                item: row.work.item,
                items: row.items,
                seconds: elapsed.as_secs_f64(),
                per_second: row.rate(),
                site_bytes_per_item: row.an_item(site_bytes) / sites,
                helper_bytes_per_item: (preprocessing == Preprocessing::Helper)
                    .then(|| row.an_item(helper_bytes)),
                rounds: row.rounds,
            }
        };
        // The same in every session; the fastest was disturbed least.
        let set_up = measured.iter().map(|row| row.run.set_up).min_by_key(|took| took.elapsed);
        let set_up = set_up.unwrap_or_default();
        let KernelsInUse { vectors, cipher } = KernelsInUse::here();
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            sites: setting.sites,
            preprocessing: preprocessing.name(),
            security: SemiHonest::NAME,
            machine: Machine {
                processors: std::thread::available_parallelism().ok().map(usize::from),
                kernels: vectors,
                aes: cipher,
            },
            set_up: SetUp {
                seconds: set_up.elapsed.as_secs_f64(),
                site_bytes: set_up.site_bytes as f64 / sites,
            },
            rows: measured.iter().map(row).collect(),
        }
    }

    /// For programs.
    ///
    /// # Errors
    /// None that a user can cause.
    pub(super) fn json(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(self).map_err(|error| internal(&error.to_string()))
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let helper = self.preprocessing == Preprocessing::Helper.name();
        let (sites, security) = (self.sites, self.security);
        let source = match helper {
            true => "--preprocessing helper: a helper deals the correlated randomness",
            false => "--preprocessing ot: the sites make their correlated randomness by oblivious transfer",
        };
        let processors =
            self.machine.processors.map_or_else(String::new, |all| format!("{all} processors, "));
        let Machine { kernels, aes, .. } = self.machine;
        let set_up =
            format!("{:.3} s, {:.1} kB sent by a site", self.set_up.seconds, self.set_up.site_bytes / 1e3);
        let pooling = match helper {
            true => format!("up to {} of {sites} may pool it, but none with the helper", sites - 1),
            false => format!("up to {} of {sites} may pool it", sites - 1),
        };
        let excluded = match helper {
            true => "key exchange and agreement",
            false => "key exchange, agreement and base transfers",
        };
        let table = self.table(helper);
        format!(
            "{sites} sites. {source}.\n\
             Security: {security}. All follow the protocol and may keep what they see (honest but curious); {pooling}.\n\
             Included: the protocol, and the correlated randomness that it uses (preprocessing).\n\
             Not included: {excluded}, once before each row ({set_up}).\n\
             Machine: {processors}kernels {kernels}, AES by {aes}.\n\
             All parties are in this one process and share this machine, over QUIC on loopback.\n\
             \n{table}\n\
             \nBytes are messages with their headers, without what QUIC adds. Rounds are those of the protocol; correlated\n\
             randomness is made beside them. Over a line, add its round trip for each round, and the time that the bytes take."
        )
    }

    fn table(&self, helper: bool) -> String {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        let mut header = vec!["work", "item", "per second", "bytes an item, site"];
        header.extend(helper.then_some("helper"));
        header.push("rounds");
        table.set_header(header);
        for row in &self.rows {
            let mut cells = vec![
                row.work.to_owned(),
                row.item.to_owned(),
                rate(row.per_second),
                format!("{:.2}", row.site_bytes_per_item),
            ];
            cells.extend(row.helper_bytes_per_item.map(|bytes| format!("{bytes:.2}")));
            cells.push(row.rounds.to_string());
            table.add_row(cells);
        }
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.trim_fmt()
    }
}

/// Three significant digits of what may be many.
fn rate(per_second: f64) -> String {
    let (number, unit) = match per_second {
        1e9.. => (per_second / 1e9, " G"),
        1e6.. => (per_second / 1e6, " M"),
        1e3.. => (per_second / 1e3, " k"),
        _ => (per_second, ""),
    };
    let decimals = match number {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{number:.decimals$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_for_readers() {
        for (per_second, text) in [
            (348_090_000.0, "348 M"),
            (6_624_000.0, "6.62 M"),
            (43_210.0, "43.2 k"),
            (9.0, "9.00"),
            (2e9, "2.00 G"),
        ] {
            assert_eq!(rate(per_second), text);
        }
    }
}
