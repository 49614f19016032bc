//! Metrics: names that scrapers understand, and that are no other's.

use super::Rules;
use crate::doc::MetricKind;
use std::collections::HashSet;

/// Checks the metrics of all modules.
pub(super) fn check(rules: &mut Rules<'_>) {
    let mut taken = HashSet::new();
    let api = rules.api;
    for (position, module) in api.modules.iter().enumerate() {
        let document = &rules.modules[position].document;
        for metric in &module.metrics {
            let unit = document.metric.get(&metric.name).and_then(|item| item.unit.as_deref());
            let name = metric.published.as_str();
            let wrong = if !is_word(name) {
                Some("the name of a metric has small letters, digits and `_`".to_owned())
            } else if name.ends_with("_total") != (metric.kind == MetricKind::Counter) {
                Some("the name of a counter ends with `_total`, and no other does".into())
            } else if unit.is_some_and(|unit| !name.trim_end_matches("_total").ends_with(&format!("_{unit}")))
            {
                Some("the unit is the last word of the name, but for `_total`".into())
            } else if !taken.insert(name.to_owned()) {
                Some(format!("another metric is called `{name}`"))
            } else {
                None
            };
            if let Some(message) = wrong {
                rules.wrong(position, &["metric", &metric.name, "name"], message);
            }
            let labels: Vec<_> = metric.labels().collect();
            if labels.iter().any(|label| !is_word(label)) {
                let message = "the name of a label has small letters, digits and `_`";
                rules.wrong(position, &["metric", &metric.name, "labels"], message);
            }
        }
    }
}

fn is_word(name: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(is_sign)
}
