//! One document to one module: types parsed, names looked up, defaults read.

use super::names::Index;
use super::{template, types, wire};
use crate::diag::Diagnostic;
use crate::doc::{self, CaseFields, OneOrPer, PerLanguage, Style};
use crate::ir::{
    Arg, At, Bit, Case, Const, Doc, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Int, Kind, Lang,
    Literal, Method, Module, Name, Object, Record, Scalar, Shape, Template, TextForm, Type, Union, View,
};
use crate::load::Loaded;
use std::collections::BTreeMap;

/// Builds a module. What is wrong becomes a diagnostic, and something harmless stands in its place.
pub(super) fn module(
    position: usize,
    loaded: &Loaded,
    index: &Index,
    diagnostics: &mut Vec<Diagnostic>,
) -> Module {
    let doc = &loaded.document;
    let mut cx = Context { module: position, loaded, index, diagnostics };
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
        wires: doc.wire.iter().map(|(name, item)| wire::wire(&mut cx, name, item)).collect(),
        objects: doc.object.iter().map(|(name, item)| cx.object(name, item)).collect(),
        hosts: doc.host.iter().map(|(name, item)| cx.host(name, item)).collect(),
        functions: {
            let prefix = doc.module.name.clone();
            let methods = doc.functions.iter();
            methods
                .map(|(name, item)| cx.method(&prefix, &["fn", name], name, item, Shape::Function))
                .collect()
        },
    }
}

/// What building a module needs at hand.
pub(super) struct Context<'a> {
    /// Position of the module.
    pub(super) module: usize,
    /// The module's file.
    pub(super) loaded: &'a Loaded,
    /// Every name.
    pub(super) index: &'a Index,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Context<'_> {
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
        let ty = types::ty(text, self.module, self.index);
        self.or_report(path, ty, Type::Bool)
    }

    /// A value at a path.
    pub(super) fn literal(&mut self, path: &[&str], value: &toml::Value, ty: &Type) -> Literal {
        let literal = types::literal(value, ty.split_optional().0, self.index);
        self.or_report(path, literal, Literal::Bool(false))
    }

    /// A template at a path.
    pub(super) fn template(&mut self, path: &[&str], text: &str) -> Template {
        let template = template::template(text);
        self.or_report(path, template, Template { pieces: Vec::new() })
    }

    fn constant(&mut self, name: &str, item: &doc::Const) -> Const {
        let ty = self.ty(&["const", name, "type"], &item.ty);
        let value = self.literal(&["const", name, "value"], &item.value, &ty);
        Const { name: self::name(name, item.rename.as_ref(), None), ty, value, doc: text(&item.doc) }
    }

    fn family(&mut self, name: &str, item: &doc::Family) -> Family {
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
            text: item.text.clone().unwrap_or_else(|| styled(name, style)),
            class: item.class.clone(),
            retry: item.retry,
            make: item.make,
            python: item.python.clone(),
            fields,
            detail,
            message,
            doc: text(&item.doc),
        }
    }

    fn repr(&mut self, path: &[&str], repr: &str) -> Int {
        let int = match types::ty(repr, self.module, self.index) {
            Ok(Type::Int(int)) if !int.signed() => Ok(int),
            _ => Err(format!("`{repr}` is not an unsigned integer type")),
        };
        self.or_report(path, int, Int::U8)
    }

    fn enumeration(&mut self, name: &str, item: &doc::Enum) -> Enum {
        Enum {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            repr: self.repr(&["enum", name, "repr"], &item.repr),
            numeric: item.numeric,
            open: item.open,
            values: item
                .value
                .iter()
                .map(|(value, it)| EnumValue {
                    name: value.clone(),
                    tag: it.tag,
                    text: it.text.clone().unwrap_or_else(|| styled(value, item.style)),
                    aliases: it.alias.clone(),
                    doc: text(&it.doc),
                })
                .collect(),
            doc: text(&item.doc),
        }
    }

    fn flags(&mut self, name: &str, item: &doc::Flags) -> Flags {
        Flags {
            name: self::name(name, None, None),
            repr: self.repr(&["flags", name, "repr"], &item.repr),
            open: item.open,
            empty: item.empty,
            bits: item
                .bit
                .iter()
                .map(|(bit, it)| Bit {
                    name: bit.clone(),
                    bit: it.bit,
                    text: it.text.clone().unwrap_or_else(|| styled(bit, item.style)),
                    doc: text(&it.doc),
                })
                .collect(),
            doc: text(&item.doc),
        }
    }

    fn union(&mut self, name: &str, item: &doc::Union) -> Union {
        let cases = item.case.iter().map(|(case, it)| {
            let (fields, record) = self.case_fields(name, case, it);
            let tag = it.text.clone().unwrap_or_else(|| styled(case, item.style));
            Case { name: case.clone(), text: tag, fields, record, doc: text(&it.doc) }
        });
        let cases = cases.collect();
        Union {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            tag: item.tag.clone(),
            depth: item.depth,
            bare: item.bare,
            factory: item.factory.as_ref().map(by_language).unwrap_or_default(),
            cases,
            doc: text(&item.doc),
        }
    }

    fn case_fields(&mut self, union: &str, case: &str, item: &doc::Case) -> (Vec<Field>, Option<At>) {
        match &item.fields {
            CaseFields::Own(fields) => {
                let parsed = fields.iter().map(|(field, expression)| {
                    let path = ["union", union, "case", case, "fields", field];
                    let parsed = self.expression(&path, expression);
                    let default = parsed.default.as_ref().map(|default| {
                        let literal = types::text_literal(default, &parsed.ty, self.index);
                        self.or_report(&path, literal, Literal::Bool(false))
                    });
                    plain_field(field, parsed.ty, parsed.variadic, default)
                });
                (parsed.collect(), None)
            }
            CaseFields::Record(record) => {
                let path = ["union", union, "case", case, "fields"];
                let Type::Record(at) = self.ty(&path, record) else {
                    self.wrong(&path, format!("`{record}` is not a record"));
                    return (Vec::new(), None);
                };
                if at.module != self.module {
                    self.wrong(&path, "a case takes the fields of a record of its own module");
                    return (Vec::new(), None);
                }
                let Some((name, item)) = self.loaded.document.record.get_index(at.index) else {
                    return (Vec::new(), None);
                };
                (item.field.iter().map(|(field, it)| self.field(name, field, it)).collect(), Some(at))
            }
        }
    }

    fn expression(&mut self, path: &[&str], text: &str) -> types::Expression {
        let parsed = types::expression(text, self.module, self.index);
        let stand_in = types::Expression { ty: Type::Bool, borrowed: false, variadic: false, default: None };
        self.or_report(path, parsed, stand_in)
    }

    fn scalar(&mut self, name: &str, item: &doc::Scalar) -> Scalar {
        let base = self.ty(&["scalar", name, "type"], &item.ty);
        let template = item.text.as_ref().map(|text| {
            let named = text.replacen("{:", "{value:", 1).replacen("{}", "{value}", 1);
            self.template(&["scalar", name, "text"], &named)
        });
        let accept =
            item.accept.iter().map(|form| self.text_form(&["scalar", name, "accept"], form)).collect();
        Scalar {
            name: self::name(name, None, None),
            base,
            text: template,
            accept,
            out: item.out.as_ref().map(|form| self.text_form(&["scalar", name, "out"], form)),
            doc: text(&item.doc),
        }
    }

    fn text_form(&mut self, path: &[&str], form: &str) -> TextForm {
        let parsed = match form {
            "hex" => Ok(TextForm::Hex),
            "base64" => Ok(TextForm::Base64),
            "utf8" => Ok(TextForm::Utf8),
            _ => Err(format!("`{form}` is none of hex, base64, utf8")),
        };
        self.or_report(path, parsed, TextForm::Hex)
    }

    fn record(&mut self, name: &str, item: &doc::Record) -> Record {
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
            Some(View { name: self::name(view, None, None), of, ty, doc: text(&it.doc) })
        });
        let views = views.collect();
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        let functions = item.functions.iter();
        let functions = functions
            .map(|(f, it)| self.method(&prefix, &["record", name, "fn", f], f, it, Shape::Method))
            .collect();
        let keeps =
            |lang| item.rename_all.as_ref().and_then(|per| of_language(per, lang)) == Some(&Style::Snake);
        Record {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            class: item.class,
            stands_as,
            tuple: item.tuple,
            keep_names: Lang::ALL.into_iter().filter(|lang| keeps(*lang)).collect(),
            fields,
            views,
            functions,
            is_input: false,
            is_output: false,
            doc: text(&item.doc),
        }
    }

    fn field(&mut self, record: &str, name: &str, item: &doc::Field) -> Field {
        let parsed = self.expression(&["record", record, "field", name, "type"], &item.ty);
        let default = item.default.as_ref().map(|value| {
            let path = ["record", record, "field", name, "default"];
            self.literal(&path, value, &parsed.ty)
        });
        Field {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            absent: item.absent.clone(),
            min: item.min,
            max: item.max,
            order: item.order.clone(),
            number: item.number,
            secret: item.secret,
            feature: item.feature.clone(),
            doc: text(&item.doc),
            ..plain_field(name, parsed.ty, parsed.variadic, default)
        }
    }

    fn object(&mut self, name: &str, item: &doc::Object) -> Object {
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        let constructors = item.new.iter();
        let constructors = constructors
            .map(|(f, it)| self.method(&prefix, &["object", name, "new", f], f, it, Shape::Constructor))
            .collect();
        let mut methods: Vec<_> = item
            .functions
            .iter()
            .map(|(f, it)| {
                let shape = if it.is_static { Shape::Static } else { Shape::Method };
                self.method(&prefix, &["object", name, "fn", f], f, it, shape)
            })
            .collect();
        methods.extend(
            item.prop.iter().map(|(p, it)| self.property(&prefix, &["object", name, "prop", p], p, it)),
        );
        if let Some(close) = &item.close
            && !item.functions.contains_key(close)
        {
            self.wrong(&["object", name, "close"], format!("there is no method `{close}`"));
        }
        Object {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            generic: item.generic.clone(),
            iterates: item.iterates.as_ref().map(|ty| self.ty(&["object", name, "iterates"], ty)),
            close: item.close.clone(),
            feature: item.feature.clone(),
            constructors,
            methods,
            doc: text(&item.doc),
        }
    }

    fn host(&mut self, name: &str, item: &doc::Host) -> Host {
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        Host {
            name: self::name(name, None, None),
            thread: item.thread,
            callable: item.callable,
            generic: item.generic.clone(),
            props: item
                .prop
                .iter()
                .map(|(p, it)| self.property(&prefix, &["host", name, "prop", p], p, it))
                .collect(),
            methods: {
                let methods = item.functions.iter();
                methods
                    .map(|(f, it)| self.method(&prefix, &["host", name, "fn", f], f, it, Shape::Host))
                    .collect()
            },
            doc: text(&item.doc),
        }
    }

    fn property(&mut self, prefix: &str, path: &[&str], name: &str, item: &doc::Prop) -> Method {
        let ty = self.ty(&[path, &["type"]].concat(), &item.ty);
        Method {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            order: item.order.clone(),
            feature: item.feature.clone(),
            internal: item.internal,
            skip: item.skip.as_ref().map(per_language).unwrap_or_default(),
            ..empty_method(prefix, name, Shape::Property { fixed: item.fixed }, Some(ty), text(&item.doc))
        }
    }

    fn method(
        &mut self,
        prefix: &str,
        path: &[&str],
        name: &str,
        item: &doc::Method,
        shape: Shape,
    ) -> Method {
        let at = |last: &'static str| [path, &[last]].concat();
        let args = item.args.iter().map(|(arg, expression)| {
            let path = [path, &["args", arg]].concat();
            self.arg(&path, arg, expression)
        });
        let args = args.collect();
        let returns = item.returns.as_ref().map(|ty| self.ty(&at("returns"), ty));
        let throws = item.throws.names().iter().filter_map(|name| {
            let family = name.split_once('.').map_or(name.as_str(), |(family, _)| family);
            let found = self.index.family(self.module, family).map(Some);
            self.or_report(&at("throws"), found, None)
        });
        let throws = throws.collect();
        let with = item.sugar.as_ref().and_then(|sugar| {
            let acquire = sugar.strip_prefix("with(").and_then(|rest| rest.strip_suffix(')'));
            let found = acquire
                .map(|a| Some(a.to_owned()))
                .ok_or_else(|| "the only sugar is `with(method)`".to_owned());
            self.or_report(&at("sugar"), found, None)
        });
        Method {
            name: self::name(name, item.rename.as_ref(), item.alias.as_ref()),
            is_async: item.is_async,
            args,
            throws,
            generic: item.generic.clone(),
            hot: item.hot,
            combine: item.combine.as_ref().map(|combine| (combine.into.clone(), combine.reserve.clone())),
            with,
            overload: item.overload.clone(),
            order: item.order.clone(),
            feature: item.feature.clone(),
            internal: item.internal,
            deprecated: item.deprecated.as_ref().map(|d| (d.since.clone(), d.instead.clone())),
            optional: item.optional,
            timeout: item.timeout,
            skip: item.skip.as_ref().map(per_language).unwrap_or_default(),
            ..empty_method(prefix, name, shape, returns, text(&item.doc))
        }
    }

    fn arg(&mut self, path: &[&str], name: &str, expression: &str) -> Arg {
        let parsed = self.expression(path, expression);
        let default = parsed.default.as_ref().map(|default| {
            let literal = types::text_literal(default, &parsed.ty, self.index);
            self.or_report(path, literal, Literal::Bool(false))
        });
        Arg {
            name: name.to_owned(),
            ty: parsed.ty,
            borrowed: parsed.borrowed,
            variadic: parsed.variadic,
            default,
        }
    }
}

fn empty_method(prefix: &str, name: &str, shape: Shape, returns: Option<Type>, doc: Doc) -> Method {
    Method {
        name: self::name(name, None, None),
        path: format!("{prefix}.{name}"),
        shape,
        is_async: false,
        args: Vec::new(),
        returns,
        throws: Vec::new(),
        generic: Vec::new(),
        hot: false,
        combine: None,
        with: None,
        overload: None,
        order: None,
        feature: None,
        internal: false,
        deprecated: None,
        optional: false,
        timeout: None,
        skip: BTreeMap::new(),
        doc,
    }
}

fn plain_field(name: &str, ty: Type, variadic: bool, default: Option<Literal>) -> Field {
    Field {
        name: self::name(name, None, None),
        ty,
        default,
        variadic,
        absent: None,
        min: None,
        max: None,
        order: None,
        number: false,
        secret: false,
        feature: None,
        doc: Doc { text: String::new() },
    }
}

fn text(text: &str) -> Doc {
    Doc { text: text.trim().to_owned() }
}

/// A published text in the style of its table.
fn styled(name: &str, style: Option<Style>) -> String {
    let words = || name.split('_');
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    match style.unwrap_or(Style::Snake) {
        Style::Snake => name.to_owned(),
        Style::Kebab => name.replace('_', "-"),
        Style::Pascal => words().map(capital).collect(),
        Style::Camel => {
            words().enumerate().map(|(i, w)| if i == 0 { w.to_owned() } else { capital(w) }).collect()
        }
    }
}

fn name(spec: &str, rename: Option<&PerLanguage<String>>, alias: Option<&OneOrPer<Vec<String>>>) -> Name {
    let mut name = Name {
        spec: spec.to_owned(),
        renames: rename.map(per_language).unwrap_or_default(),
        aliases: alias.map(by_language).unwrap_or_default(),
        parameters: BTreeMap::new(),
    };
    let renames = name.renames.iter_mut().map(|(lang, public)| (*lang, public));
    let aliases =
        name.aliases.iter_mut().flat_map(|(lang, all)| all.iter_mut().map(|public| (*lang, public)));
    for (lang, public) in renames.chain(aliases) {
        if let Some(parameters) = take_parameters(public) {
            name.parameters.insert((lang, public.clone()), parameters);
        }
    }
    name
}

/// Cuts the parameters off a published name: `emit(event, key)`.
fn take_parameters(public: &mut String) -> Option<Vec<String>> {
    let (name, parameters) = public.strip_suffix(')')?.split_once('(')?;
    let parameters = parameters.split(',').map(|parameter| parameter.trim().to_owned()).collect();
    *public = name.to_owned();
    Some(parameters)
}

fn by_language<T: Clone>(value: &OneOrPer<T>) -> BTreeMap<Lang, T> {
    match value {
        OneOrPer::One(value) => Lang::ALL.into_iter().map(|lang| (lang, value.clone())).collect(),
        OneOrPer::Per(per) => per_language(per),
    }
}

fn per_language<T: Clone>(per: &PerLanguage<T>) -> BTreeMap<Lang, T> {
    Lang::ALL
        .into_iter()
        .filter_map(|lang| of_language(per, lang).map(|value| (lang, value.clone())))
        .collect()
}

fn of_language<T>(per: &PerLanguage<T>, lang: Lang) -> Option<&T> {
    let own = match lang {
        Lang::Ts => &per.ts,
        Lang::Python => &per.python,
        Lang::Go => &per.go,
        Lang::C => &per.c,
        Lang::Rust => &per.rust,
    };
    own.as_ref().or(per.default.as_ref())
}
