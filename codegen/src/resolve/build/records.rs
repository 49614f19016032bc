//! Records.

use super::{spelling, text};
use crate::doc::{self, Style, TupleIn};
use crate::ir::{Arg, At, Field, Lang, Literal, Member, Method, Name, Record, Shape, Type, View};
use crate::resolve::context::Context;

impl Context<'_> {
    pub(super) fn record(&mut self, name: &str, item: &doc::Record) -> Record {
        let fields: Vec<_> = item.field.iter().map(|(field, it)| self.field(name, field, it)).collect();
        let position = |field: &str| fields.iter().position(|f| f.name.spec == field);
        let stands_as = item.stands_as.as_ref().and_then(|field| {
            let found = position(field).map(Some).ok_or_else(|| format!("there is no field `{field}`"));
            self.or_report(&["record", name, "as"], found, None)
        });
        let views = item.view.iter().filter_map(|(view, it)| {
            let ty = self.ty(&["record", name, "view", view, "type"], &it.ty);
            let Some(of) = position(&it.of) else {
                self.wrong(&["record", name, "view", view, "of"], format!("there is no field `{}`", it.of));
                return None;
            };
            Some(View { name: spelling::name(view, None, None), of, ty, doc: text(&it.doc) })
        });
        let views = views.collect();
        let keeps = |lang| {
            item.rename_all.as_ref().and_then(|per| spelling::of_language(per, lang)) == Some(&Style::Snake)
        };
        Record {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            class: item.class,
            stands_as,
            tuple: item.tuple.iter().map(tuple_in).collect(),
            fixed: item.fixed,
            keep_names: Lang::ALL.into_iter().filter(|lang| keeps(*lang)).collect(),
            fields,
            views,
            is_input: false,
            is_output: false,
            doc: text(&item.doc),
        }
    }

    /// The methods of a record, as functions of the module that take the value first.
    pub(super) fn record_methods(&mut self, index: usize, name: &str, item: &doc::Record) -> Vec<Method> {
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        let at = At { module: self.module, index };
        let methods = item.functions.iter();
        methods
            .map(|(function, it)| {
                let path = ["record", name, "fn", function];
                let mut method = self.method(&prefix, &path, function, it, Shape::Function);
                let own = Name { spec: format!("{name}_{function}"), ..Name::default() };
                let published = std::mem::replace(&mut method.name, own);
                if !it.is_static {
                    method.args.insert(0, Arg { is_receiver: true, ..Arg::plain(name, Type::Record(at)) });
                }
                method.member = Some(Member { record: at, name: published, is_static: it.is_static });
                method
            })
            .collect()
    }

    pub(super) fn field(&mut self, record: &str, name: &str, item: &doc::Field) -> Field {
        let parsed = self.expression(&["record", record, "field", name, "type"], &item.ty);
        let default = item.default.as_ref().map(|value| {
            let path = ["record", record, "field", name, "default"];
            self.literal(&path, value, &parsed.ty)
        });
        Field {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            absent: item.absent.clone(),
            min: item.min,
            max: item.max,
            python_flat: item.flat.contains(&doc::KeywordsIn::Python),
            order: item.order.clone(),
            number: item.number,
            secret: item.secret,
            untested: item.untested.clone(),
            feature: item.feature.clone(),
            doc: text(&item.doc),
            ..plain_field(name, parsed.ty, parsed.variadic, default)
        }
    }
}

fn tuple_in(lang: &TupleIn) -> Lang {
    match lang {
        TupleIn::Ts => Lang::Ts,
        TupleIn::Python => Lang::Python,
    }
}

pub(super) fn plain_field(name: &str, ty: Type, variadic: bool, default: Option<Literal>) -> Field {
    Field { default, variadic, ..Field::plain(spelling::name(name, None, None), ty) }
}
