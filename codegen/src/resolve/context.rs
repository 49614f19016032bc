//! What building a module needs at hand, and the reports of what is wrong in it.

use super::names::Index;
use super::types::Expression;
use super::{literals, template};
use crate::diag::Diagnostic;
use crate::examples::Examples;
use crate::ir::{Literal, Template, Type};
use crate::load::Loaded;

/// A module that is being built.
pub(super) struct Context<'a> {
    /// Position of the module.
    pub(super) module: usize,
    /// The module's file.
    pub(super) loaded: &'a Loaded,
    /// Every name.
    pub(super) index: &'a Index,
    /// Regions of the examples.
    pub(super) examples: &'a Examples,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Context<'a> {
    /// Begins with a module.
    pub(super) fn new(
        module: usize,
        loaded: &'a Loaded,
        index: &'a Index,
        examples: &'a Examples,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self { module, loaded, index, examples, diagnostics }
    }

    /// Reports something wrong at a path.
    pub(super) fn wrong(&mut self, path: &[&str], message: impl Into<String>) {
        self.diagnostics.push(self.loaded.source.diagnostic(path, message));
    }

    /// The value, or a report and a stand-in.
    pub(super) fn or_report<T>(&mut self, path: &[&str], result: Result<T, String>, stand_in: T) -> T {
        result.unwrap_or_else(|message| {
            self.wrong(path, message);
            stand_in
        })
    }

    /// A type at a path.
    pub(super) fn ty(&mut self, path: &[&str], text: &str) -> Type {
        let ty = self.index.ty(self.module, text);
        self.or_report(path, ty, Type::Bool)
    }

    /// A value at a path.
    pub(super) fn literal(&mut self, path: &[&str], value: &toml::Value, ty: &Type) -> Literal {
        let literal = literals::literal(value, ty.split_optional().0, self.index);
        self.or_report(path, literal, Literal::Bool(false))
    }

    /// A template at a path.
    pub(super) fn template(&mut self, path: &[&str], text: &str) -> Template {
        let template = template::template(text);
        self.or_report(path, template, Template { pieces: Vec::new() })
    }

    /// The default of an argument, which is written as text.
    pub(super) fn default(&mut self, path: &[&str], text: &str, ty: &Type) -> Literal {
        let literal = literals::text_literal(text, ty, self.index);
        self.or_report(path, literal, Literal::Bool(false))
    }

    /// An argument or a field at a path.
    pub(super) fn expression(&mut self, path: &[&str], text: &str) -> Expression {
        let parsed = self.index.expression(self.module, text);
        let stand_in = Expression { ty: Type::Bool, borrowed: false, variadic: false, default: None };
        self.or_report(path, parsed, stand_in)
    }
}
