//! The text of the metrics of a record.

use super::model::Lines;
use super::names;
use crate::ir::{Api, At, Metric, Module, Step};

/// A record that holds metrics.
pub(crate) struct MetricsModel {
    pub record: String,
    pub metrics: Vec<MetricModel>,
}

pub(crate) struct MetricModel {
    pub name: String,
    pub kind: &'static str,
    pub help: String,
    /// The statement that writes its lines.
    pub lines: Lines,
}

/// The records of a module that hold metrics, in the order of their first ones.
pub(crate) fn metrics(api: &Api, module: &Module) -> Vec<MetricsModel> {
    let mut records: Vec<At> = Vec::new();
    for metric in &module.metrics {
        if !records.contains(&metric.record) {
            records.push(metric.record);
        }
    }
    let of = |at: At| MetricsModel {
        record: names::ty(&api.record(at).name.spec),
        metrics: module.metrics.iter().filter(|one| one.record == at).map(|one| metric(api, one)).collect(),
    };
    records.into_iter().map(of).collect()
}

fn metric(api: &Api, item: &Metric) -> MetricModel {
    MetricModel {
        name: item.published.clone(),
        kind: item.kind.key(),
        help: format!("{:?}", item.doc.text.lines().collect::<Vec<_>>().join(" ")),
        lines: lines(api, item),
    }
}

/// A loop for each list or map on the way, and the line in the innermost.
fn lines(api: &Api, item: &Metric) -> Lines {
    let mut lines = Vec::new();
    let mut labels = Vec::new();
    let mut place = "self".to_owned();
    for (depth, step) in item.way.iter().enumerate() {
        match step {
            Step::Field(at, field) => {
                place = format!("{place}.{}", names::value(&api.record(*at).fields[*field].name.spec));
            }
            Step::Each(at, label, by) => {
                let variable = format!("one_{depth}");
                let by = names::value(&api.record(*at).fields[*by].name.spec);
                lines.push(format!("for {variable} in &{place} {{"));
                labels.push(format!("({label:?}, {variable}.{by}.to_string())"));
                place = variable;
            }
            Step::Entry(label) => {
                let (key, value) = (format!("key_{depth}"), format!("value_{depth}"));
                lines.push(format!("for ({key}, {value}) in &{place} {{"));
                labels.push(format!("({label:?}, {key}.to_string())"));
                place = value;
            }
        }
    }
    let loops = lines.len();
    lines.push(format!("text.line({:?}, &[{}], {place});", item.published, labels.join(", ")));
    lines.extend(std::iter::repeat_n("}".to_owned(), loops));
    lines
}
