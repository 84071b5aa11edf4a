//! What a query reveals, to whom, and what it costs, in plain words made from the plan itself.

mod vertical;

pub use vertical::{vertical_cost, vertical_plan};

use mpc_core::query::plan::{Cost, Plan};
use mpc_core::query::{Partition, Query};
use mpc_core::source::Preprocessing;

/// The plan, for `--dry-run` and for the operator who is to approve.
pub fn plan(plan: &Plan, panel: usize) -> String {
    let query = plan.query();
    let counting = format!(
        "{panel} markers make {} pairs, in {} block(s). Each site counts its own people.",
        plan.pairs(),
        plan.blocks().count()
    );
    text(query, plan.preprocessing(), &[counting, tests(plan.decision().tests(), query)], &cost(plan))
}

/// The text of a plan: how it is computed line by line, what it reveals, and what it costs.
fn text(query: &Query, preprocessing: Preprocessing, computed: &[String], cost: &str) -> String {
    let mut lines = vec![
        query.title.clone(),
        format!("Purpose: {}", query.purpose),
        format!("Query hash: {}", hex(&query.hash())),
        format!("Sites: {}; recipients: {}", query.sites.join(", "), recipients(query)),
        String::new(),
        "How it is computed:".into(),
    ];
    lines.extend(computed.iter().map(|line| format!("  {line}")));
    lines.extend([String::new(), "What it reveals:".into()]);
    lines.extend(reveals(query, preprocessing).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.push("What it costs (payload bytes; frames and QUIC add a few per cent):".into());
    lines.push(format!("  {cost}"));
    lines.join("\n")
}

fn tests(count: usize, query: &Query) -> String {
    format!("Each pair goes through {count} tests on secret shares: {}", rule(query))
}

/// What the computation sends.
pub fn cost(plan: &Plan) -> String {
    cost_text(&plan.cost(), plan.query().sites.len() as u64, plan.preprocessing())
}

fn cost_text(cost: &Cost, sites: u64, preprocessing: Preprocessing) -> String {
    let helper = match preprocessing {
        Preprocessing::Helper => format!("the helper sends {} in all, ", size(cost.helper_bytes)),
        Preprocessing::ObliviousTransfer => String::new(),
    };
    let released = match cost.released_pair_bytes {
        0 => ", however many pairs are released".to_owned(),
        bytes => format!(", and for each released pair {} to each recipient", size(bytes)),
    };
    format!(
        "{helper}each site sends about {} to each other site{released}",
        size(cost.site_bytes / sites / (sites - 1))
    )
}

/// Who learns what, one line each.
pub fn reveals(query: &Query, preprocessing: Preprocessing) -> Vec<String> {
    match query.partition {
        Partition::Horizontal => horizontal_reveals(query, preprocessing),
        Partition::Vertical(vertical) => vertical::reveals(query, vertical, preprocessing),
    }
}

fn horizontal_reveals(query: &Query, preprocessing: Preprocessing) -> Vec<String> {
    let sites = query.sites.len();
    let all_receive = query.recipients.len() == sites;
    let mut lines = vec![
        format!("{}: the four pooled counts of every released pair.", capital(&recipients(query))),
        format!(
            "{}: which pairs are released (never why one is not), the markers in the query, and whether the cohort has at \
             least {} and at most {} people.",
            if all_receive { "Every site" } else { "Every site, recipient or not" },
            query.disclosure.min_people,
            query.people_bound
        ),
        match preprocessing {
            Preprocessing::Helper => "The helper: the query and the number of markers; no data, no share of data, no \
                 result. If the helper and any one site pooled what they see, they could work out the other sites' counts.",
            Preprocessing::ObliviousTransfer => "Nobody else takes part: the sites make their correlated randomness \
                 themselves, by oblivious transfer.",
        }
        .into(),
        "Every site: which of the markers in question each other site has, the alleles its file states, and whether it has \
         any people at all."
            .into(),
        format!(
            "While computing, up to {} of the {sites} sites together see only random numbers of the others' counts.",
            sites - 1
        ),
    ];
    lines.push(match query.disclosure.residual_min_count {
        Some(least) if sites > 2 => format!(
            "A recipient can subtract its own part from a released count: what remains, of the other sites together, is at \
             least {least}{}. Sites that pool their knowledge can subtract more.",
            if query.disclosure.allow_zero { " or exactly 0" } else { "" }
        ),
        Some(least) => format!(
            "With two sites, a recipient subtracts its own part and has the other's exact counts, each at least {least}{}.",
            if query.disclosure.allow_zero { " or exactly 0" } else { "" }
        ),
        None => "A recipient can subtract its own part from a released count; no minimum protects what remains.".into(),
    });
    let liars = match query.disclosure.residual_min_count {
        Some(_) => {
            "against one lying site the minimum is residual_min_count, against all others together there is none"
        }
        None => "against a lying site there is no minimum",
    };
    lines.push(format!(
        "All sites are trusted to follow the protocol. A site that lied about its own counts could make a pair pass with \
         them: {liars}."
    ));
    lines
}

fn rule(query: &Query) -> String {
    let rule = query.disclosure;
    let zero = if rule.allow_zero { ", or be 0" } else { "" };
    let pooled = format!("each of the four pooled counts must be at least {}{zero}", rule.min_cell_count);
    let residual =
        rule.residual_min_count.map(|least| format!("at least {least}{zero} without any one site"));
    let milli = |value: u64| format!("{}.{:03}", value / 1000, value % 1000);
    let lift = query.select.minimum_lift_milli.map(|least| format!("lift at least {}", milli(least)));
    let chi_squared = query.select.minimum_chi_squared_milli;
    let chi_squared = chi_squared
        .map(|least| format!("together more often than expected, chi-squared at least {}", milli(least)));
    let parts: Vec<String> = [Some(pooled), residual, lift, chi_squared].into_iter().flatten().collect();
    format!("{}.", parts.join("; "))
}

fn recipients(query: &Query) -> String {
    let named: Vec<&str> =
        query.recipients.iter().filter_map(|&site| query.sites.get(site)).map(String::as_str).collect();
    if named.len() == query.sites.len() { "all sites".into() } else { named.join(", ") }
}

fn capital(text: &str) -> String {
    match text {
        "all sites" => "All sites".into(),
        _ => text.into(),
    }
}

/// Bytes in the unit that reads best.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
