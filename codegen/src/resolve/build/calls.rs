//! What is called: objects, functions, and interfaces of the host.

use super::{spelling, text};
use crate::doc;
use crate::ir::{Arg, Doc, Host, Lang, Method, Object, Shape, Type};
use crate::resolve::context::Context;
use std::collections::BTreeMap;

/// Why C has no method that runs a function.
const NO_CLOSURE: &str = "A program of C calls both methods around what it does: it has no closures.";

/// Why the suite does not call such a method.
const RUNS_IN_HOST: &str = "It runs a function of the host, which no case can hold; each package tests it.";

impl Context<'_> {
    pub(super) fn object(&mut self, name: &str, item: &doc::Object) -> Object {
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        let constructors = item.new.iter();
        let mut constructors: Vec<_> = constructors
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
        // What an object needs, whatever makes or uses one needs.
        for method in constructors.iter_mut().chain(&mut methods) {
            if method.shape != (Shape::Property { fixed: true }) && method.feature.is_none() {
                method.feature.clone_from(&item.feature);
            }
        }
        let sugars = self.sugars(name, item, &mut methods);
        if let Some(close) = &item.close
            && !item.functions.contains_key(close)
        {
            self.wrong(&["object", name, "close"], format!("there is no method `{close}`"));
        }
        let position = |accepted: &String| item.new.get_index_of(accepted);
        if item.accept.iter().any(|accepted| position(accepted).is_none()) || item.accept.len() > 1 {
            self.wrong(&["object", name, "accept"], "an object accepts what one of its constructors takes");
        }
        Object {
            accept: item.accept.first().and_then(position),
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            generic: item.generic.clone(),
            iterates: item.iterates.as_ref().map(|ty| self.ty(&["object", name, "iterates"], ty)),
            close: item.close.clone(),
            feature: item.feature.clone(),
            constructors,
            methods,
            sugars,
            doc: text(&item.doc),
        }
    }

    /// Takes the methods out that run functions of the host: what they answer with is what those do that they go by.
    fn sugars(&mut self, object: &str, item: &doc::Object, methods: &mut Vec<Method>) -> Vec<Method> {
        let (mut sugars, others): (Vec<_>, Vec<_>) =
            std::mem::take(methods).into_iter().partition(|method| method.with.is_some());
        *methods = others;
        for method in &mut sugars {
            let own = &item.functions[&method.name.spec];
            if own.is_async || !own.args.is_empty() || own.returns.is_some() || !own.throws.names().is_empty()
            {
                let message = "what it takes, gives and throws follows from `sugar`";
                self.wrong(&["object", object, "fn", &method.name.spec], message);
            }
            let acquire = methods.iter().find(|other| Some(&other.name.spec) == method.with.as_ref());
            method.throws = acquire.map_or_else(Vec::new, |acquire| acquire.throws.clone());
            method.is_async = true;
            method.skip.insert(Lang::C, NO_CLOSURE.into());
            method.untested = Some(RUNS_IN_HOST.into());
        }
        sugars
    }

    pub(super) fn host(&mut self, name: &str, item: &doc::Host) -> Host {
        let prefix = format!("{}.{name}", self.loaded.document.module.name);
        Host {
            name: spelling::name(name, None, None),
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

    pub(super) fn method(
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
            // `family`, `module.family`, or one kind of either.
            let whole = self.index.family(self.module, name);
            let found = whole.or_else(|error| match name.rsplit_once('.') {
                Some((family, _)) => self.index.family(self.module, family),
                None => Err(error),
            });
            let found = found.map(Some);
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
        let mut method = Method {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            is_async: item.is_async,
            args,
            throws,
            generic: item.generic.clone(),
            hot: item.hot,
            timed: item.hot || item.timed,
            blocks: item.blocks,
            combine: item.combine.as_ref().map(|combine| (combine.into.clone(), combine.reserve.clone())),
            with,
            overload: item.overload.clone(),
            order: item.order.clone(),
            feature: item.feature.clone(),
            internal: item.internal,
            deprecated: item.deprecated.as_ref().map(|d| (d.since.clone(), d.instead.clone())),
            optional: item.optional,
            timeout: item.timeout,
            shows: item.shows,
            python_property: item.property.contains(&doc::KeywordsIn::Python),
            skip: item.skip.as_ref().map(spelling::per_language).unwrap_or_default(),
            untested: item.untested.clone(),
            ..empty_method(prefix, name, shape, returns, text(&item.doc))
        };
        if let Some(example) = &item.example {
            method.examples = self.examples(&at("example"), example, &method);
        }
        method
    }

    /// What each language that publishes a method shows of it.
    fn examples(&mut self, path: &[&str], name: &str, method: &Method) -> BTreeMap<Lang, String> {
        let published: Vec<_> = Lang::ALL.into_iter().filter(|lang| method.in_lang(*lang)).collect();
        if method.shape == Shape::Host || published.is_empty() {
            self.wrong(path, "an example shows what programs call");
        }
        let found = |lang: &Lang| Some((*lang, self.examples.get(*lang, name)?.to_owned()));
        let found: BTreeMap<_, _> = published.iter().filter_map(found).collect();
        let missing: Vec<_> = published.iter().filter(|lang| !found.contains_key(lang)).collect();
        if !missing.is_empty() {
            let missing: Vec<_> = missing.iter().map(|lang| lang.key()).collect();
            self.wrong(
                path,
                format!("there is no region `{name}` in the examples of {}", missing.join(", ")),
            );
        }
        found
    }

    fn property(&mut self, prefix: &str, path: &[&str], name: &str, item: &doc::Prop) -> Method {
        let ty = self.ty(&[path, &["type"]].concat(), &item.ty);
        Method {
            name: spelling::name(name, item.rename.as_ref(), item.alias.as_ref()),
            order: item.order.clone(),
            feature: item.feature.clone(),
            internal: item.internal,
            skip: item.skip.as_ref().map(spelling::per_language).unwrap_or_default(),
            untested: item.untested.clone(),
            ..empty_method(prefix, name, Shape::Property { fixed: item.fixed }, Some(ty), text(&item.doc))
        }
    }

    fn arg(&mut self, path: &[&str], name: &str, expression: &str) -> Arg {
        let parsed = self.expression(path, expression);
        let default = parsed.default.as_ref().map(|text| self.default(path, text, &parsed.ty));
        Arg { borrowed: parsed.borrowed, variadic: parsed.variadic, default, ..Arg::plain(name, parsed.ty) }
    }
}

fn empty_method(prefix: &str, name: &str, shape: Shape, returns: Option<Type>, doc: Doc) -> Method {
    Method {
        name: spelling::name(name, None, None),
        path: format!("{prefix}.{name}"),
        shape,
        member: None,
        is_async: false,
        args: Vec::new(),
        returns,
        throws: Vec::new(),
        generic: Vec::new(),
        hot: false,
        timed: false,
        blocks: false,
        combine: None,
        with: None,
        overload: None,
        order: None,
        feature: None,
        internal: false,
        deprecated: None,
        optional: false,
        timeout: None,
        shows: false,
        python_property: false,
        skip: BTreeMap::new(),
        untested: None,
        doc,
        examples: BTreeMap::new(),
    }
}
