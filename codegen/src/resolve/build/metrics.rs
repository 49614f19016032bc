//! Metrics: the way from a record to each number is looked up once the records are built.

use super::text;
use crate::diag::Diagnostic;
use crate::doc;
use crate::ir::{Api, At, Metric, Step, Type};
use crate::load::Loaded;

/// Builds the metrics of all modules.
pub(crate) fn metrics(api: &mut Api, modules: &[&Loaded], diagnostics: &mut Vec<Diagnostic>) {
    for (position, loaded) in modules.iter().enumerate() {
        let mut found = Vec::new();
        for (name, item) in &loaded.document.metric {
            match metric(api, position, name, item) {
                Ok(metric) => found.push(metric),
                Err((key, message)) => {
                    diagnostics.push(loaded.source.diagnostic(&["metric", name, key], message));
                }
            }
        }
        api.modules[position].metrics = found;
    }
}

type Wrong = (&'static str, String);

fn metric(api: &Api, module: usize, name: &str, item: &doc::Metric) -> Result<Metric, Wrong> {
    let mut parts = item.of.split('.');
    let root = parts.next().unwrap_or_default();
    let records = &api.modules[module].records;
    let index = records.iter().position(|record| record.name.spec == root);
    let record =
        At { module, index: index.ok_or_else(|| ("of", format!("there is no record `{root}` here")))? };
    let mut labels = item.labels.iter();
    let mut way = Vec::new();
    let mut at = Some(record);
    let mut last = None;
    for part in parts {
        let owner = at.take().ok_or_else(|| ("of", format!("what is in front of `{part}` has no fields")))?;
        let fields = &api.record(owner).fields;
        let field = fields.iter().position(|field| field.name.spec == part);
        let field = field.ok_or_else(|| ("of", format!("there is no field `{part}`")))?;
        way.push(Step::Field(owner, field));
        let mut ty = &fields[field].ty;
        if let Type::List(of) | Type::Map(of) = ty {
            let (label, by) = labels
                .next()
                .ok_or_else(|| ("of", format!("`{part}` has several values, which a label tells apart")))?;
            way.push(step(api, ty, label, by)?);
            ty = of;
        }
        at = match ty {
            Type::Record(at) => Some(*at),
            _ => None,
        };
        last = Some(ty.clone());
    }
    if let Some((label, _)) = labels.next() {
        return Err(("labels", format!("nothing on the way to the number is told apart by `{label}`")));
    }
    let is_count = |ty: &Type| matches!(ty, Type::Int(_) | Type::Size);
    if !last.as_ref().is_some_and(is_count) {
        return Err(("of", "a metric is an integer that is always there".into()));
    }
    Ok(Metric {
        name: name.to_owned(),
        published: item.name.clone(),
        kind: item.kind,
        record,
        way,
        doc: text(&item.doc),
    })
}

/// What tells the values of a list or map apart.
fn step(api: &Api, ty: &Type, label: &str, by: &str) -> Result<Step, Wrong> {
    match ty {
        Type::Map(_) if by == "key" => Ok(Step::Entry(label.to_owned())),
        Type::Map(_) => {
            Err(("labels", format!("the values of a map are told apart by their `key`, not `{by}`")))
        }
        Type::List(of) if let Type::Record(at) = **of => {
            let fields = &api.record(at).fields;
            let index = fields.iter().position(|field| field.name.spec == by);
            let is_text = |index: &usize| match &fields[*index].ty {
                Type::Scalar(at) => api.scalar(*at).text.is_some(),
                ty => matches!(ty, Type::Enum(_) | Type::Int(_) | Type::String),
            };
            let index = index.filter(is_text).ok_or_else(|| {
                ("labels", format!("the records of the list have no field `{by}` that is a number or a text"))
            })?;
            Ok(Step::Each(at, label.to_owned(), index))
        }
        _ => Err(("of", "the values of such a list cannot be told apart".into())),
    }
}
