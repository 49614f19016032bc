//! Families and kinds of errors.

use super::{spelling, text};
use crate::doc::{self, Style};
use crate::ir::{ErrorField, Family, Kind};
use crate::resolve::context::Context;
use crate::resolve::template;

impl Context<'_> {
    pub(super) fn family(&mut self, name: &str, item: &doc::Family) -> Family {
        let extends = item.extends.as_ref().and_then(|parent| {
            let found = self.index.family(self.module, parent).map(Some);
            self.or_report(&["error", name, "extends"], found, None)
        });
        let format = item.format.as_deref().unwrap_or("{prefix}{kind}[: {detail}]");
        Family {
            name: name.to_owned(),
            id: item.id,
            extends,
            prefix: item.prefix.clone(),
            format: self.template(&["error", name, "format"], format),
            kinds: item.kind.iter().map(|(kind, it)| self.kind(name, kind, it, item.style)).collect(),
            retired: item.retired.iter().map(|(kind, code)| (kind.clone(), *code)).collect(),
            doc: text(&item.doc),
        }
    }

    fn kind(&mut self, family: &str, name: &str, item: &doc::Kind, style: Option<Style>) -> Kind {
        let path = |last| ["error", family, "kind", name, last];
        let fields = item.fields.iter().map(|(field, ty)| ErrorField {
            name: field.clone(),
            ty: self.ty(&["error", family, "kind", name, "fields", field], ty),
        });
        let fields: Vec<_> = fields.collect();
        let mut parse = |key, text: &Option<String>| {
            let template = text.as_ref().map(|text| self.template(&path(key), text))?;
            for used in template::names(&template) {
                if !fields.iter().any(|field| field.name == used) {
                    self.wrong(&path(key), format!("`{{{used}}}` is not a field of this kind"));
                }
            }
            Some(template)
        };
        let detail = parse("detail", &item.detail);
        let message = parse("message", &item.message);
        Kind {
            name: name.to_owned(),
            code: item.code,
            text: item.text.clone().unwrap_or_else(|| spelling::styled(name, style)),
            class: item.class.clone(),
            retry: item.retry,
            make: item.make,
            python: item.python.clone(),
            fields,
            detail,
            message,
            untested: item.untested.clone(),
            doc: text(&item.doc),
        }
    }
}
