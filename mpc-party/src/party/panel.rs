//! What the sites' announcements add up to: the panel, whose alleles are flipped, and what there is to say about it.

use crate::error::{UserError, escaped, quoted};
use mpc_core::query::schema::alleles::{self, Agreement, Alleles, Conflict};
use mpc_core::query::schema::owners::{OwnedPanel, OwnerError, owned_panel};
use mpc_core::query::schema::{self, PanelError, Schema};
use mpc_core::query::{Query, Vertical};

/// The panel that the sites' announcements make, and which sites count the other allele of a marker.
///
/// # Errors
/// What keeps the sites from pooling; every site finds the same.
pub fn agree_on_panel(query: &Query, schemas: &[Schema]) -> Result<(Vec<String>, Agreement), UserError> {
    let panel = schema::panel(query, schemas).map_err(|error| panel_error(error, &query.sites))?;
    let agreement =
        alleles::agree(&panel, schemas).map_err(|conflicts| allele_error(&conflicts, &query.sites))?;
    Ok((panel, agreement))
}

/// The panel of a vertical query, with each marker's owner.
///
/// # Errors
/// What keeps the sites from computing; every site finds the same.
pub fn agree_on_owners(
    query: &Query,
    vertical: Vertical,
    schemas: &[Schema],
) -> Result<OwnedPanel, UserError> {
    owned_panel(query, vertical, schemas).map_err(|error| owner_error(error, &query.sites))
}

fn owner_error(error: OwnerError, sites: &[String]) -> UserError {
    let name = |site: usize| sites.get(site).map_or("?", String::as_str);
    match &error {
        OwnerError::Unknown(missing) => {
            let mut text: Vec<String> = missing
                .iter()
                .take(SHOWN)
                .map(|id| format!("marker {} is unknown at every site ({})", quoted(id), sites.join(", ")))
                .collect();
            if missing.len() > SHOWN {
                text.push(format!("and {} more", missing.len() - SHOWN));
            }
            UserError::new(text.join("; ")).advise(
                "correct the id in the query, or leave the marker out; ids are compared letter by letter",
            )
        }
        OwnerError::Twice { marker, sites: [first, second] } => UserError::new(format!(
            "marker {} is held by both {} and {}; in a vertical query each marker has one owner",
            quoted(marker),
            name(*first),
            name(*second)
        ))
        .advise("rename it at one of them, or leave it out: exclude in [markers]"),
        OwnerError::OwnerReceives { marker, site } => UserError::new(format!(
            "{} would receive exact counts of its own marker {}, and could work out other sites' records from many of them",
            name(*site),
            quoted(marker)
        ))
        .advise("name recipients without queried markers, or accept it: owners_may_receive = true in [disclosure]"),
        OwnerError::IdColumns { sites: [first, second], columns: [one, other] } => UserError::new(format!(
            "{} identifies people by {one} column(s), {} by {other}: they would have nobody in common",
            name(*first),
            name(*second)
        ))
        .advise("person_id in the configuration names the same columns at every site, in the same order"),
        OwnerError::OneOwner(site) => UserError::new(format!("{} holds all queried markers", name(*site)))
            .advise("pairs = \"across-sites\" needs markers of two sites: leave it out, or query more markers"),
        OwnerError::TooFew(_) | OwnerError::TooMany(_) => UserError::new(error.to_string())
            .advise("list the wanted markers in the query, or leave some out: exclude in [markers]"),
    }
}

/// What the sites' announcements give reason to say in terminal and result.
pub fn notes(sites: &[String], schemas: &[Schema], panel: &[String], agreement: &Agreement) -> Vec<String> {
    let nobody = named(sites, schemas, |schema| schema.nobody)
        .map(|sites| format!("no people in the data of {sites}: it takes part with zeros"));
    // A site that holds nobody hides nobody: what is true of two sites is true of two sites with people.
    let with_people = schemas.iter().filter(|schema| !schema.nobody).count();
    let few = (with_people < 3 && with_people < sites.len()).then(|| {
        format!("only {with_people} site(s) have people: a site can take its own counts away and has the other's exact counts")
    });
    let alleles = named(sites, schemas, |schema| schema.alleles.is_none()).map(|sites| {
        format!("CSV states no alleles: that all sites count the same allele of a marker was not checked ({sites})")
    });
    let flipped = sites.iter().zip(&agreement.flipped).filter(|(_, flipped)| !flipped.is_empty());
    let flipped = flipped.map(|(site, flipped)| {
        let ids = flipped.iter().take(SHOWN).filter_map(|position| panel.get(*position));
        let ids: Vec<String> = ids.map(|id| escaped(id)).collect();
        let more = if flipped.len() > SHOWN { ", ..." } else { "" };
        format!(
            "{site}: {} marker(s) have counted and other allele swapped and were flipped: {}{more}",
            flipped.len(),
            ids.join(", ")
        )
    });
    nobody.into_iter().chain(few).chain(alleles).chain(flipped).collect()
}

/// What the announcements of a vertical query give reason to say.
pub fn owner_notes(sites: &[String], schemas: &[Schema]) -> Vec<String> {
    let nobody = named(sites, schemas, |schema| schema.nobody);
    nobody
        .map(|sites| format!("no people in the data of {sites}: nobody is at all sites"))
        .into_iter()
        .collect()
}

/// The names of the sites of which something is true, if it is of any.
fn named(sites: &[String], schemas: &[Schema], has: fn(&Schema) -> bool) -> Option<String> {
    let names: Vec<&str> =
        sites.iter().zip(schemas).filter(|(_, schema)| has(schema)).map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The text for sites that state different alleles.
fn allele_error(conflicts: &[Conflict], sites: &[String]) -> UserError {
    let at = |(site, alleles): &(usize, Alleles)| {
        let name = sites.get(*site).map_or("?", String::as_str);
        format!("{}/{} at {name}", escaped(alleles.counted()), escaped(alleles.other()))
    };
    let mut text: Vec<String> = conflicts
        .iter()
        .take(SHOWN)
        .map(|conflict| {
            let why = if conflict.ambiguous { " (swapped, or the other strand: nothing tells)" } else { "" };
            format!(
                "marker {} is {} but {}{why}",
                quoted(&conflict.marker),
                at(&conflict.reference),
                at(&conflict.site)
            )
        })
        .collect();
    if conflicts.len() > SHOWN {
        text.push(format!("and {} more", conflicts.len() - SHOWN));
    }
    UserError::new(format!("the sites state different alleles (counted/other): {}", text.join("; ")))
        .advise("state the same alleles in the files, or leave the markers out: exclude in [markers]")
}

/// How many of a list a message shows.
const SHOWN: usize = 3;

/// The text for sites that do not make a panel.
fn panel_error(error: PanelError, sites: &[String]) -> UserError {
    match &error {
        PanelError::Unknown(missing) => {
            let name = |site: usize| sites.get(site).map_or("?", String::as_str);
            let mut text: Vec<String> = missing
                .iter()
                .take(SHOWN)
                .map(|(id, site)| format!("marker {} is unknown at {}", quoted(id), name(*site)))
                .collect();
            if missing.len() > SHOWN {
                text.push(format!("and {} more", missing.len() - SHOWN));
            }
            UserError::new(text.join("; ")).advise(
                "correct the id in the query, or leave the marker out; ids are compared letter by letter",
            )
        }
        PanelError::TooFew(_) | PanelError::TooMany(_) => UserError::new(error.to_string())
            .advise("compare the sites' marker names, or list the wanted markers in the query"),
    }
}
