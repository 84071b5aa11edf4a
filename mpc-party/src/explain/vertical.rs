//! What a vertical query reveals, to whom, and what it costs.

use super::{capital, cost_text, recipients, size, tests, text};
use mpc_core::linkage::{Method, bytes_by_site};
use mpc_core::query::vertical::plan::VerticalPlan;
use mpc_core::query::{MissingRule, Pairs, Query, Vertical};
use mpc_core::source::Preprocessing;

/// The plan over sites with so many people each.
pub fn vertical_plan(plan: &VerticalPlan, vertical: Vertical, people: &[usize]) -> String {
    let query = plan.query();
    let work = plan.work();
    let owners: Vec<String> = query
        .sites
        .iter()
        .zip(work.layout.markers())
        .map(|(name, markers)| format!("{markers} of {name}"))
        .collect();
    let pairs = match vertical.pairs {
        Pairs::All => "pairs",
        Pairs::AcrossSites => "pairs of two sites",
    };
    let mut computed = vec![
        format!("The sites link their people by {} ({} rows).", method(vertical), work.rows),
        format!(
            "Markers: {}. They make {} {pairs}, counted on secret shares over the people who are at all sites.",
            owners.join(", "),
            plan.pairs()
        ),
        tests(plan.rule().tests(), query),
    ];
    // Without rows there is nothing to multiply.
    let routes: Vec<&str> = work.routes().into_iter().collect();
    if !routes.is_empty() {
        computed.push(format!("Columns are multiplied by {}.", routes.join(" and ")));
    }
    text(query, plan.preprocessing(), &computed, &vertical_cost(plan, people))
}

fn method(vertical: Vertical) -> String {
    let name = match vertical.linkage {
        Method::Union { dummies: 0 } => "private union",
        Method::Union { .. } => "private union with dummies",
        Method::Intersection => "private intersection",
    };
    format!("{name}, normalisation {}", vertical.normalisation.name())
}

/// What linking and computing send.
pub fn vertical_cost(plan: &VerticalPlan, people: &[usize]) -> String {
    let linking = bytes_by_site(people, plan.work().rows).iter().sum();
    let sites = plan.query().sites.len() as u64;
    format!(
        "linking sends {} in all; then {}",
        size(linking),
        cost_text(&plan.cost(), sites, plan.preprocessing())
    )
}

/// Who learns what, one line each.
pub(super) fn reveals(query: &Query, vertical: Vertical, preprocessing: Preprocessing) -> Vec<String> {
    let sites = query.sites.len();
    let all_receive = query.recipients.len() == sites;
    let mut lines = vec![
        format!(
            "{}: which pairs are released (never why one is not), and the four counts of these, over the people who are at \
             all {sites} sites.",
            capital(&recipients(query))
        ),
        format!(
            "{}: the markers in the query and who holds each, {} people each site has, and whether at least {} \
             people are at all of them{}.",
            if all_receive { "Every site" } else { "Every site, recipient or not" },
            if vertical.linkage.dummies() > 0 { "about how many" } else { "how many" },
            query.disclosure.min_people,
            if all_receive { "" } else { "; who is no recipient learns nothing about the pairs" },
        ),
    ];
    lines.extend(linked(query, vertical));
    lines.push(
        match preprocessing {
            Preprocessing::Helper => "The helper: the query, the numbers of people and rows and of each site's markers; no \
                 data, no id, no share of data, no result. If the helper and any one site pooled what they see, they could \
                 work out the other sites' records.",
            Preprocessing::ObliviousTransfer => "Nobody else takes part: the sites make their correlated randomness \
                 themselves.",
        }
        .into(),
    );
    lines.push(format!(
        "While computing, up to {} of the {sites} sites together see only random numbers of the others' records.",
        sites - 1
    ));
    lines.push(
        "leave_one_out has no meaning here: no site has people of its own to take away from a count. A site that has \
         counts of its own columns can compare them with each other instead, and work out single records of others, so owners \
         receive only where the query says so. For the same reason do not pass counts on to a site that owns columns."
            .into(),
    );
    if query.missing == MissingRule::PairwiseComplete {
        lines.push("Each pair counts the people observed at both markers, so pairs have different numbers of people.".into());
    }
    lines.push(
        "All sites are trusted to follow the protocol, and to list only ids of people that they have: a site that made ids up \
         could test whether single people are at all the other sites."
            .into(),
    );
    lines
}

fn linked(query: &Query, vertical: Vertical) -> Vec<String> {
    match vertical.linkage {
        Method::Union { .. } => {
            let two = if query.sites.len() == 2 {
                " With two sites that tells how many people they have in common: both numbers of people less that of rows."
            } else {
                " Numbers of people less that of rows tell how many entries are repeated."
            };
            let lines = vec![format!(
                "Linking by union: every site learns how many different people there are at all sites together (the rows), but \
                 not who of its own is elsewhere.{two}"
            )];
            lines.into_iter().chain(compares(query)).chain(inexact(query, vertical.linkage)).collect()
        }
        Method::Intersection => {
            let lines = vec![
                "Linking by intersection: every site learns WHICH of its own people are at all the other sites, and how many \
                 they are, unless they are too few. Make sure that your policy and the people's consent allow it."
                    .to_owned(),
            ];
            lines.into_iter().chain(compares(query)).collect()
        }
    }
}

/// What dummies make of the numbers.
fn inexact(query: &Query, linkage: Method) -> Option<String> {
    let dummies = linkage.dummies();
    (dummies > 0).then(|| {
        format!(
            "Each site adds some of {dummies} dummies that all have in common, each by chance and in secret. So none of the numbers \
             that linking tells is exact: each site's is up to {dummies} more than its people, {} give or take {:.0} on average. \
             From one run, a difference of one person is told with at most {:.0} % more certainty than by guessing; runs add up. \
             The number of people in released tables is exact.",
            dummies / 2,
            f64::from(dummies).sqrt() / 2.0,
            100.0 * linkage.advantage(query.sites.len())
        )
    })
}

/// What numbers show: who sees them, and what they can say about people.
fn compares(query: &Query) -> [String; 2] {
    let more = if query.sites.len() > 2 {
        " Other sites that pool what they see learn some of these numbers, too."
    } else {
        ""
    };
    [
        format!(
            "{} compares the blinded lists, and so learns how many people each group of sites has in common, but not who they \
             are.{more}",
            query.sites.first().map_or("One site", String::as_str)
        ),
        "Such a number is an answer about single people where it is none or all of a site's people, or where it is compared with \
         that of another run in which a list differed by one person. Sizes of messages show these numbers to who watches the \
         network."
            .into(),
    ]
}
