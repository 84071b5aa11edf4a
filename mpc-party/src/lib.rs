//! One site of a joint computation: reads its data, takes part in a query, reports.
#![forbid(unsafe_code)]

pub mod report;
