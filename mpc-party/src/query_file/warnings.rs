//! What a query lets its readers find out beyond its question, in plain words.

use mpc_core::query::{MissingRule, Partition, Query, bounds};

/// The warnings that follow from the query alone, before any data are seen.
pub(super) fn of(query: &Query) -> Vec<String> {
    let rule = &query.disclosure;
    let mut warnings = Vec::new();

    let residual = rule.residual_min_count.unwrap_or(u32::MAX);
    let thresholds = [
        ("min_cell_count", rule.min_cell_count, "a released count that small can point to single people"),
        (
            "residual_min_count",
            residual,
            "a site that takes its own people away can be left with a count that points to single people",
        ),
        ("min_people", rule.min_people, "a cohort that small can point to single people"),
    ];
    for (name, threshold, reason) in thresholds {
        if threshold < bounds::WARN_BELOW {
            warnings.push(format!("{name} = {threshold} is below {}: {reason}", bounds::WARN_BELOW));
        }
    }
    if rule.allow_zero {
        warnings.push(
            "allow_zero = true: zeros are released, so \"withheld\" says that someone exists in a small cell"
                .into(),
        );
    }
    if rule.residual_min_count.is_none() && query.partition == Partition::Horizontal {
        warnings.push(
            "leave_one_out = false: a site can take its own people away from a released table, and so prove many of \
             the other sites' cells to be 1 to 4"
                .into(),
        );
    }
    if query.sites.len() == 2 && query.partition == Partition::Horizontal {
        warnings.push("two sites: each can take its own counts away and has the other's exact counts".into());
    }
    if query.missing == MissingRule::PairwiseComplete {
        warnings.push(
            "missing = \"pairwise-complete\": every pair has its own people, so two released margins of one marker \
             can differ by a few people, which tells small counts by subtraction"
                .into(),
        );
    }
    if let Partition::Vertical(vertical) = query.partition
        && vertical.owners_may_receive
    {
        warnings.push(
            "owners_may_receive = true: a recipient that owns columns can subtract two of them that differ in one \
             person, and with as many columns as people works out another site's column"
                .into(),
        );
    }
    warnings
}
