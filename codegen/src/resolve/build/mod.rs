//! One document to one module: types parsed, names looked up, defaults read.

mod calls;
mod errors;
mod layouts;
pub(super) mod metrics;
mod records;
mod spelling;
mod values;

use super::context::Context;
use super::names::Index;
use crate::diag::Diagnostic;
use crate::doc;
use crate::examples::Examples;
use crate::ir::{Const, Doc, Module, Shape};
use crate::load::Loaded;

/// Builds a module. What is wrong becomes a diagnostic, and something harmless stands in its place.
pub(super) fn module(
    position: usize,
    loaded: &Loaded,
    index: &Index,
    examples: &Examples,
    diagnostics: &mut Vec<Diagnostic>,
) -> Module {
    let doc = &loaded.document;
    let mut cx = Context::new(position, loaded, index, examples, diagnostics);
    Module {
        name: doc.module.name.clone(),
        since: doc.module.since.clone(),
        feature: doc.module.feature.clone(),
        runtime: doc.module.runtime,
        uses: doc.module.uses.clone(),
        doc: text(&doc.module.doc),
        consts: doc.consts.iter().map(|(name, item)| cx.constant(name, item)).collect(),
        families: doc.error.iter().map(|(name, item)| cx.family(name, item)).collect(),
        enums: doc.enums.iter().map(|(name, item)| cx.enumeration(name, item)).collect(),
        flags: doc.flags.iter().map(|(name, item)| cx.flags(name, item)).collect(),
        unions: doc.union.iter().map(|(name, item)| cx.union(name, item)).collect(),
        scalars: doc.scalar.iter().map(|(name, item)| cx.scalar(name, item)).collect(),
        records: doc.record.iter().map(|(name, item)| cx.record(name, item)).collect(),
        wires: doc.wire.iter().map(|(name, item)| cx.layout(name, item)).collect(),
        objects: doc.object.iter().map(|(name, item)| cx.object(name, item)).collect(),
        hosts: doc.host.iter().map(|(name, item)| cx.host(name, item)).collect(),
        functions: {
            let prefix = doc.module.name.clone();
            let methods = doc.functions.iter();
            let mut all: Vec<_> = methods
                .map(|(name, item)| cx.method(&prefix, &["fn", name], name, item, Shape::Function))
                .collect();
            for (index, (name, item)) in doc.record.iter().enumerate() {
                all.extend(cx.record_methods(index, name, item));
            }
            all
        },
        // They need the records of this module.
        metrics: Vec::new(),
    }
}

impl Context<'_> {
    fn constant(&mut self, name: &str, item: &doc::Const) -> Const {
        let ty = self.ty(&["const", name, "type"], &item.ty);
        let value = self.literal(&["const", name, "value"], &item.value, &ty);
        Const { name: spelling::name(name, item.rename.as_ref(), None), ty, value, doc: text(&item.doc) }
    }
}

fn text(text: &str) -> Doc {
    Doc { text: text.trim().to_owned() }
}
