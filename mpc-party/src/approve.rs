//! Before anything is sent: what the query reveals to whom and what it costs, in plain words, and the operator's word.
//! Starting `run` is the approval; on a terminal the operator is asked once more.

use crate::error::{ExitClass, Failure, UserError};
use crate::explain::{self, hex, reveals};
use mpc_core::query::plan::Plan;
use mpc_core::query::vertical::Layout;
use mpc_core::query::vertical::plan::VerticalPlan;
use mpc_core::query::{Panel, Partition, Query, Vertical};
use mpc_core::source::Preprocessing;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

/// Numbers of markers for which the cost is told where the sites' files decide about them.
const EXAMPLES: [u32; 3] = [100, 1_000, 10_000];

/// People and markers of each site for which the cost of a vertical query is told.
const VERTICAL_EXAMPLES: [(usize, usize); 2] = [(1_000, 10), (100_000, 100)];

/// Tells what the query means, and asks if somebody can answer. `quiet` leaves the telling out where nobody is asked.
///
/// # Errors
/// A refusal, if the answer is not yes.
pub fn approve(
    query: &Query,
    preprocessing: Preprocessing,
    warnings: &[String],
    yes: bool,
    quiet: bool,
) -> Result<(), Failure> {
    let ask = !yes && stdin().is_terminal();
    if quiet && !ask {
        return Ok(());
    }
    let text = meaning(query, preprocessing, warnings)?;
    let mut err = stderr();
    // Nothing can be done about a closed terminal; then there is no answer either.
    let _ = writeln!(err, "{text}\n");
    if !ask {
        return Ok(());
    }
    let _ = write!(err, "Take part? Nothing has been sent yet. [yes/no] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = stdin().lock().read_line(&mut answer);
    match read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "yes" | "y") {
        true => Ok(()),
        false => Err(Failure::new(ExitClass::Refused, "not approved here; nothing was sent")),
    }
}

/// What the query reveals and costs, as far as it is known before the sites have told each other their markers, and its
/// warnings.
///
/// # Errors
/// For a query that cannot be computed.
pub fn meaning(
    query: &Query,
    preprocessing: Preprocessing,
    warnings: &[String],
) -> Result<String, UserError> {
    let mut text = reveals_and_costs(query, preprocessing)?;
    for warning in warnings {
        text.push_str("\nWarning: ");
        text.push_str(warning);
    }
    Ok(text)
}

fn reveals_and_costs(query: &Query, preprocessing: Preprocessing) -> Result<String, UserError> {
    let plan = |markers: u32| {
        Plan::new(query, markers, preprocessing).map_err(|error| UserError::new(error.to_string()))
    };
    if let (Panel::Listed(ids), Partition::Horizontal) = (&query.panel, query.partition) {
        return Ok(explain::plan(&plan(u32::try_from(ids.len()).unwrap_or(u32::MAX))?, ids.len()));
    }
    let mut lines = vec![
        query.title.clone(),
        format!("Purpose: {}", query.purpose),
        format!("Query hash: {}", hex(&query.hash())),
        format!("Sites: {}", query.sites.join(", ")),
        String::new(),
        "What it reveals:".into(),
    ];
    lines.extend(reveals(query, preprocessing).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    if let Partition::Vertical(vertical) = query.partition {
        lines.push("What it costs depends on how many people and markers the sites have:".into());
        for (people, markers) in VERTICAL_EXAMPLES {
            let cost = vertical_example(query, vertical, preprocessing, people, markers)?;
            lines.push(format!("  the same {people} people at each site, {markers} markers at each: {cost}"));
        }
        return Ok(lines.join("\n"));
    }
    lines.push("What it costs depends on how many markers the files of all sites share:".into());
    for markers in EXAMPLES {
        lines.push(format!("  {markers} markers: {}", explain::cost(&plan(markers)?)));
    }
    Ok(lines.join("\n"))
}

/// The cost of a vertical query over sites that all have the same people, and as many markers each.
fn vertical_example(
    query: &Query,
    vertical: Vertical,
    preprocessing: Preprocessing,
    people: usize,
    markers: usize,
) -> Result<String, UserError> {
    let layout = Layout::of_counts(&vec![markers; query.sites.len()], query.missing, vertical.pairs);
    let bound = (people as u64).min(query.people_bound);
    let (dummies, rows) = vertical.linkage.expected_dummies(query.sites.len());
    let plan = VerticalPlan::new(query, layout, people + rows, bound, preprocessing)
        .map_err(|error| UserError::new(error.to_string()))?;
    Ok(explain::vertical_cost(&plan, &vec![people + dummies; query.sites.len()]))
}
