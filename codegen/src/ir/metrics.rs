//! Metrics: numbers of a record, under the names by which a scraper knows them.

use super::{At, Doc};
use crate::doc::MetricKind;

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name in the spec.
    pub name: String,
    /// The name that is exposed.
    pub published: String,
    /// Whether it only grows.
    pub kind: MetricKind,
    /// The record that holds it.
    pub record: At,
    /// The way from the record to the number.
    pub way: Vec<Step>,
    /// What it counts.
    pub doc: Doc,
}

/// A part of the way to a number.
#[derive(Debug)]
pub enum Step {
    /// A field of a record, by its position.
    Field(At, usize),
    /// Each record of the list that the field before holds, told apart by a label: its name, and the field that gives its value.
    Each(At, String, usize),
    /// Each value of the map that the field before holds, told apart by a label: its name. The value is the key.
    Entry(String),
}

impl Metric {
    /// Its labels in order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.way.iter().filter_map(|step| match step {
            Step::Each(_, label, _) | Step::Entry(label) => Some(label.as_str()),
            Step::Field(..) => None,
        })
    }
}
