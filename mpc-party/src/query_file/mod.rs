//! Query files, schema 1: a TOML text becomes a complete and valid [`Query`], or an error that names the place.
//!
//! Everything that can be decided without data is decided here. What needs data (markers that a site lacks, owners of
//! columns, more people than the bound) and what is not built yet is the caller's part.

mod decimal;
mod panel;
#[cfg(test)]
mod tests;
mod warnings;

use std::collections::BTreeSet;
use std::path::Path;

use mpc_core::linkage::{Method, Normalisation};
use mpc_core::query::{
    Correction, Disclosure, Encoding, MissingRule, Pairs, Panel, Partition, Query, Select, Statistic,
    Vertical, bounds,
};

use crate::config::document::{Field, Section, Source};
use crate::config::name;
use crate::error::{UserError, alternatives, nearest, quoted};

/// Largest query file: 20,000 ids of 800 bytes. Longer panels belong in a panel file, which takes less to read.
const FILE_BYTES: u64 = 16 << 20;
/// Longest title, in characters.
const TITLE_CHARS: usize = 1_000;
/// Longest purpose, in characters.
const PURPOSE_CHARS: usize = 10_000;
/// Longest marker id, in bytes.
const MARKER_BYTES: usize = 1_000;
/// Name of the party without data in results and configurations, so no site can have it.
const HELPER: &str = "helper";

/// A query file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryFile {
    /// The question, complete and valid.
    pub query: Query,
    /// What the query lets others find out beyond its question, in plain words; for terminal and result.
    pub warnings: Vec<String>,
}

/// Reads a query file, and the panel file that it may name.
pub fn read(path: &Path) -> Result<QueryFile, UserError> {
    interpret(&Source::read(path, FILE_BYTES)?)
}

fn interpret(source: &Source) -> Result<QueryFile, UserError> {
    let document = source.parse()?;
    let root = Section::root(source, &document);

    // Another schema or kind has other keys, so these come before any complaint about keys.
    let schema = root.require("schema")?;
    if schema.integer(0..=u64::MAX)? != 1 {
        return Err(schema.error("this query schema is not known").advise("allowed: schema = 1"));
    }
    root.require("kind")?.choice(&[("cooccurrence", ())])?;
    root.allow_only(&[
        "schema",
        "kind",
        "title",
        "purpose",
        "population",
        "linkage",
        "markers",
        "statistics",
        "select",
        "disclosure",
        "result",
    ])?;

    let title = free_text(&root.require("title")?, TITLE_CHARS)?;
    let purpose = free_text(&root.require("purpose")?, PURPOSE_CHARS)?;

    let population = root.require_section("population", &["partition", "sites", "people_bound"])?;
    let vertical = population.require("partition")?.choice(&[("horizontal", false), ("vertical", true)])?;
    let sites = sites(&population.require("sites")?)?;
    let people_bound = match population.get("people_bound") {
        Some(field) => field.integer(bounds::PEOPLE)?,
        None => 1_000_000,
    };
    let (linkage, normalisation) = linkage(&root, vertical)?;
    let most = bounds::ROWS / sites.len() as u64 - u64::from(linkage.dummies());
    if vertical && people_bound > most {
        let field = population.require("people_bound")?;
        return Err(field
            .error("a vertical query's rows are numbered with 32 bits, and all sites' people may be rows")
            .advise(format!("allowed with {} sites: at most {most}", sites.len())));
    }

    let markers =
        root.require_section("markers", &["ids", "file", "all", "exclude", "encoding", "missing", "pairs"])?;
    let exclude = exclude(&markers)?;
    // A listed panel is kept without what it excludes: the same markers have the same hash, however they are said.
    let (panel, exclude) = match panel::read(source.path(), &markers, &exclude)? {
        Panel::Listed(ids) => (Panel::Listed(ids), BTreeSet::new()),
        Panel::All => (Panel::All, exclude),
    };
    let encoding = choice_or(
        &markers,
        "encoding",
        &[("carrier", Encoding::Carrier), ("homozygous-alt", Encoding::HomozygousAlt)],
        Encoding::Carrier,
    )?;
    let missing = choice_or(
        &markers,
        "missing",
        &[("as-noncarrier", MissingRule::AsNoncarrier), ("pairwise-complete", MissingRule::PairwiseComplete)],
        MissingRule::AsNoncarrier,
    )?;
    let pairs = choice_or(
        &markers,
        "pairs",
        &[("all", Pairs::All), ("across-sites", Pairs::AcrossSites)],
        Pairs::All,
    )?;
    if let (Pairs::AcrossSites, false, Some(field)) = (pairs, vertical, markers.get("pairs")) {
        return Err(field
            .error("markers.pairs = \"across-sites\" is for vertical queries only")
            .advise("in a horizontal query every site holds every marker: leave it out"));
    }

    let (report, correction) = statistics(&root)?;
    let select = select(&root)?;
    let (disclosure, owners_may_receive) = disclosure(&root, vertical)?;
    let recipients = recipients(&root, &sites)?;

    let partition = match vertical {
        true => Partition::Vertical(Vertical { pairs, linkage, normalisation, owners_may_receive }),
        false => Partition::Horizontal,
    };
    let query = Query {
        title,
        purpose,
        partition,
        sites,
        people_bound,
        panel,
        exclude,
        encoding,
        missing,
        report,
        correction,
        select,
        disclosure,
        recipients,
    };
    let warnings = warnings::of(&query);
    Ok(QueryFile { query, warnings })
}

/// Title or purpose: one line that ends up in logs and on screens.
fn free_text(field: &Field<'_>, limit: usize) -> Result<String, UserError> {
    let text = field.text()?;
    let name = field.name();
    if text.trim().is_empty() {
        return Err(field.error(format!("{name} is empty")));
    }
    if text.chars().count() > limit {
        return Err(field.error(format!("{name} is longer than {limit} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(field
            .error(format!("{name} contains a control character"))
            .advise("write it on one line, without tabs"));
    }
    Ok(text.to_owned())
}

fn sites(field: &Field<'_>) -> Result<Vec<String>, UserError> {
    let elements = field.elements()?;
    if !bounds::SITES.contains(&elements.len()) {
        let (least, most) = (bounds::SITES.start(), bounds::SITES.end());
        return Err(field.error(format!(
            "population.sites names {} sites; a query has {least} to {most}",
            elements.len()
        )));
    }
    let mut sites = Vec::new();
    for element in elements {
        let site = name::party(&element)?;
        if site == HELPER {
            return Err(element
                .error("a site cannot be called \"helper\"")
                .advise("the party that holds no data is called so in results: choose another name"));
        }
        if sites.contains(&site) {
            return Err(element.error(format!("population.sites names {} twice", quoted(&site))));
        }
        sites.push(site);
    }
    Ok(sites)
}

fn linkage(root: &Section<'_>, vertical: bool) -> Result<(Method, Normalisation), UserError> {
    let section = root.section("linkage", &["method", "normalisation", "dummies"])?;
    if section.is_present() && !vertical {
        return Err(section
            .error("[linkage] is for vertical queries only")
            .advise("in a horizontal query nobody is at two sites: leave the section out"));
    }
    let normalisation = choice_or(
        &section,
        "normalisation",
        &[(Normalisation::IdV1.name(), Normalisation::IdV1)],
        Normalisation::IdV1,
    )?;
    let dummies = section.get("dummies");
    let pool = dummies.as_ref().map_or(Ok(0), |field| field.integer(bounds::DUMMIES))? as u32;
    let methods = [("union", Method::Union { dummies: pool }), ("intersection", Method::Intersection)];
    let method = choice_or(&section, "method", &methods, methods[0].1)?;
    match dummies {
        Some(field) if method == Method::Intersection => Err(field
            .error("linkage.dummies is for method \"union\" only")
            .advise("an intersection tells every site who is at all sites, so there is no number to hide")),
        _ => Ok((method, normalisation)),
    }
}

/// Markers left out. One named twice is left out once.
fn exclude(markers: &Section<'_>) -> Result<BTreeSet<String>, UserError> {
    let Some(field) = markers.get("exclude") else { return Ok(BTreeSet::new()) };
    field.elements()?.iter().map(panel::marker).collect()
}

fn statistics(root: &Section<'_>) -> Result<(BTreeSet<Statistic>, Correction), UserError> {
    const NAMES: [(&str, Statistic); 7] = [
        ("n11", Statistic::N11),
        ("expected", Statistic::Expected),
        ("lift", Statistic::Lift),
        ("odds_ratio", Statistic::OddsRatio),
        ("chi_squared", Statistic::ChiSquared),
        ("fisher_exact", Statistic::FisherExact),
        ("r2", Statistic::R2),
    ];
    let section = root.section("statistics", &["report", "correction"])?;
    let report = match section.get("report") {
        Some(field) => distinct(&field, |element| element.choice(&NAMES))?,
        None => NAMES.into_iter().map(|(_, statistic)| statistic).collect(),
    };
    let correction = choice_or(
        &section,
        "correction",
        &[("benjamini-hochberg", Correction::BenjaminiHochberg), ("bonferroni", Correction::Bonferroni)],
        Correction::BenjaminiHochberg,
    )?;
    Ok((report, correction))
}

fn select(root: &Section<'_>) -> Result<Select, UserError> {
    let section = root.section("select", &["minimum_lift", "minimum_chi_squared"])?;
    let threshold =
        |key, bound| section.get(key).map(|field| decimal::thousandths(&field, bound)).transpose();
    Ok(Select {
        minimum_lift_milli: threshold("minimum_lift", bounds::LIFT_MILLI)?,
        minimum_chi_squared_milli: threshold("minimum_chi_squared", bounds::CHI_SQUARED_MILLI)?,
    })
}

fn disclosure(root: &Section<'_>, vertical: bool) -> Result<(Disclosure, bool), UserError> {
    let section = root.section(
        "disclosure",
        &[
            "min_cell_count",
            "allow_zero",
            "leave_one_out",
            "residual_min_count",
            "min_people",
            "suppress",
            "owners_may_receive",
        ],
    )?;
    let min_cell_count = threshold_or(&section, "min_cell_count", 10)?;
    let allow_zero = boolean_or(&section, "allow_zero", false)?;
    let leave_one_out = boolean_or(&section, "leave_one_out", !vertical)?;
    let residual_min_count = threshold_or(&section, "residual_min_count", 5)?;
    let min_people = threshold_or(&section, "min_people", 10)?;
    choice_or(&section, "suppress", &[("whole-table", ())], ())?;
    let owners_may_receive = boolean_or(&section, "owners_may_receive", false)?;

    match (section.get("leave_one_out"), section.get("owners_may_receive")) {
        (Some(field), _) if vertical && leave_one_out => Err(field
            .error("disclosure.leave_one_out = true is for horizontal queries only")
            .advise("in a vertical query no site has a part of its own to take away: leave it out")),
        (_, Some(field)) if owners_may_receive && !vertical => Err(field
            .error("disclosure.owners_may_receive = true is for vertical queries only")
            .advise("in a horizontal query every site owns every marker: leave it out")),
        _ => Ok((
            Disclosure {
                min_cell_count,
                allow_zero,
                residual_min_count: leave_one_out.then_some(residual_min_count),
                min_people,
            },
            owners_may_receive,
        )),
    }
}

fn recipients(root: &Section<'_>, sites: &[String]) -> Result<BTreeSet<usize>, UserError> {
    let field = root.require_section("result", &["recipients"])?.require("recipients")?;
    let recipients = distinct(&field, |element| {
        let text = element.text()?;
        sites.iter().position(|site| site == text).ok_or_else(|| {
            let hint = match nearest(text, sites.iter().map(String::as_str)) {
                Some(site) => format!("did you mean {}? ", quoted(site)),
                None => String::new(),
            };
            element
                .error(format!("recipient {} is not a site of this query", quoted(text)))
                .advise(format!("{hint}allowed: {}", alternatives(sites.iter().map(String::as_str))))
        })
    })?;
    if recipients.is_empty() {
        return Err(field.error("result.recipients is empty").advise("name at least one site"));
    }
    Ok(recipients)
}

/// The elements of an array of names, none of them twice.
fn distinct<T: Ord>(
    field: &Field<'_>,
    read: impl Fn(&Field<'_>) -> Result<T, UserError>,
) -> Result<BTreeSet<T>, UserError> {
    let mut found = BTreeSet::new();
    for element in field.elements()? {
        if !found.insert(read(&element)?) {
            let name = quoted(element.text()?);
            return Err(element.error(format!("{} names {name} twice", field.name())));
        }
    }
    Ok(found)
}

fn choice_or<T: Copy>(
    section: &Section<'_>,
    key: &str,
    choices: &[(&str, T)],
    default: T,
) -> Result<T, UserError> {
    section.get(key).map_or(Ok(default), |field| field.choice(choices))
}

fn boolean_or(section: &Section<'_>, key: &str, default: bool) -> Result<bool, UserError> {
    section.get(key).map_or(Ok(default), |field| field.boolean())
}

fn threshold_or(section: &Section<'_>, key: &str, default: u32) -> Result<u32, UserError> {
    let (least, most) = (*bounds::THRESHOLD.start(), *bounds::THRESHOLD.end());
    let Some(field) = section.get(key) else { return Ok(default) };
    let number = field.integer(u64::from(least)..=u64::from(most))?;
    u32::try_from(number).map_err(|_| field.error(format!("{} is out of range", field.name())))
}
