//! What of the interface a case names: the function that it calls, and every type, field and value of what it
//! passes and compares.

use crate::ir::{Api, At, Case, Field, Host, Method, Type, Wire, WireForm};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Finds what cases name.
pub(super) struct Reach<'a> {
    api: &'a Api,
    calls: BTreeMap<String, Call<'a>>,
}

/// What an operation passes and answers.
struct Call<'a> {
    method: Option<&'a Method>,
    returns: Option<Type>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(api: &'a Api) -> Self {
        let mut calls = BTreeMap::new();
        for module in &api.modules {
            for object in &module.objects {
                let path = format!("{}.{}", module.name, object.name.spec);
                if let Some(item) = &object.iterates {
                    let returns = Some(Type::List(Box::new(item.clone())));
                    calls.insert(format!("{path}.next"), Call { method: None, returns });
                }
                for method in object.constructors.iter().chain(&object.methods) {
                    calls.insert(
                        method.path.clone(),
                        Call { method: Some(method), returns: method.returns.clone() },
                    );
                }
            }
            for method in &module.functions {
                calls.insert(
                    method.path.clone(),
                    Call { method: Some(method), returns: method.returns.clone() },
                );
            }
        }
        Self { api, calls }
    }

    /// The paths of the entries that a case names, in the report's form of the case.
    pub(super) fn of(&self, exchanges: &Value) -> BTreeSet<String> {
        let mut found = Found { api: self.api, paths: BTreeSet::new() };
        for exchange in exchanges.as_array().into_iter().flatten() {
            let op = exchange["op"].as_str().unwrap_or_default();
            match op.strip_prefix("call:") {
                Some(function) => self.call(function, exchange, &mut found),
                None => found.layout(op, exchange),
            }
            if let Some(error) = exchange["error"].as_str() {
                found.error(error, exchange["fields"].as_object());
            }
        }
        found.paths
    }

    fn call(&self, function: &str, exchange: &Value, found: &mut Found<'a>) {
        let path = function.split('/').next().unwrap_or_default();
        let Some(call) = self.calls.get(path) else { return };
        if exchange["ok"].get("$any").is_none() {
            found.paths.insert(function.to_owned());
        }
        if let Some((object, _)) = path.rsplit_once('.').filter(|(object, _)| object.contains('.')) {
            found.paths.insert(object.to_owned());
        }
        for arg in call.method.iter().flat_map(|method| &method.args) {
            found.value(&arg.ty, &exchange["args"][&arg.name]);
        }
        if let Some(ty) = &call.returns {
            found.value(ty, &exchange["ok"]);
        }
    }
}

struct Found<'a> {
    api: &'a Api,
    paths: BTreeSet<String>,
}

impl Found<'_> {
    /// A value that is passed or compared; one that may be anything is neither.
    fn value(&mut self, ty: &Type, value: &Value) {
        if value.is_null() || value.get("$any").is_some() {
            return;
        }
        let api = self.api;
        match ty {
            Type::Optional(of) => self.value(of, value),
            Type::List(of) | Type::Stream(of) => {
                value.as_array().into_iter().flatten().for_each(|item| self.value(of, item));
            }
            Type::Map(of) => {
                value.as_object().into_iter().flat_map(Map::values).for_each(|item| self.value(of, item));
            }
            Type::Scalar(at) => {
                self.item(*at, &api.scalar(*at).name.spec);
            }
            Type::Object(at, _) => {
                self.item(*at, &api.object(*at).name.spec);
            }
            Type::Enum(at) => {
                let item = api.enumeration(*at);
                let path = self.item(*at, &item.name.spec);
                let named = item.values.iter().filter(|known| *value == known.text);
                self.paths.extend(named.map(|known| format!("{path}.{}", known.name)));
            }
            Type::Flags(at) => {
                let item = api.flags(*at);
                let path = self.item(*at, &item.name.spec);
                let set = |text: &str| value.as_array().is_some_and(|set| set.iter().any(|bit| bit == text));
                let named = item.bits.iter().filter(|bit| set(&bit.text) || set(&bit.name));
                self.paths.extend(named.map(|bit| format!("{path}.{}", bit.name)));
            }
            Type::Record(at) => {
                let item = api.record(*at);
                let path = self.item(*at, &item.name.spec);
                self.fields(&path, &item.fields, value);
            }
            Type::Union(at) => self.union(*at, value),
            Type::Host(at, _) => self.host(*at, value),
            Type::Error => self.given_error(value),
            _ => {}
        }
    }

    /// Names a type, and gives back its path.
    fn item(&mut self, at: At, name: &str) -> String {
        let path = format!("{}.{name}", self.api.modules[at.module].name);
        self.paths.insert(path.clone());
        path
    }

    fn fields(&mut self, owner: &str, fields: &[Field], value: &Value) {
        for field in fields {
            let given = &value[&field.name.spec];
            if !given.is_null() && given.get("$any").is_none() {
                self.paths.insert(format!("{owner}.{}", field.name.spec));
                self.value(&field.ty, given);
            }
        }
    }

    fn union(&mut self, at: At, value: &Value) {
        let item = self.api.union(at);
        let path = self.item(at, &item.name.spec);
        let is_it = |case: &&Case| value[&item.tag] == case.text || *value == case.text;
        if let Some(case) = item.cases.iter().find(is_it) {
            let path = format!("{path}.{}", case.name);
            self.paths.insert(path.clone());
            self.fields(&path, &case.fields, value);
        }
    }

    /// An implementation by the host: what its members answer.
    fn host(&mut self, at: At, value: &Value) {
        let item: &Host = self.api.host(at);
        let path = self.item(at, &item.name.spec);
        for member in item.props.iter().chain(&item.methods) {
            let answer = if item.callable { value } else { &value[&member.name.spec] };
            if answer.is_null() {
                continue;
            }
            self.paths.insert(format!("{path}.{}", member.name.spec));
            if let Some(ty) = &member.returns {
                self.value(ty, &answer["ok"]);
            }
            self.given_error(&answer["err"]);
        }
    }

    /// An error that the host hands in.
    fn given_error(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.error(text, None),
            Value::Object(error) => {
                let part = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
                let name = format!("{}.{}", part("family"), part("kind"));
                self.error(&name, error.get("fields").and_then(Value::as_object));
            }
            _ => {}
        }
    }

    /// An error as `family.kind`, with its published text.
    fn error(&mut self, error: &str, fields: Option<&Map<String, Value>>) {
        let Some((family, text)) = error.split_once('.') else { return };
        for (_, known) in self.api.families().into_iter().filter(|(_, known)| known.name == family) {
            for kind in known.kinds.iter().filter(|kind| kind.text == text) {
                let path = format!("error.{family}.{}", kind.name);
                let named = fields.into_iter().flatten().filter(|(_, value)| value.get("$any").is_none());
                self.paths.extend(named.map(|(field, _)| format!("{path}.{field}")));
                self.paths.extend([format!("error.{family}"), path]);
            }
        }
    }

    /// `wire.<layout>.encode` and the like.
    fn layout(&mut self, op: &str, exchange: &Value) {
        let name = op.split('.').nth(1).unwrap_or_default();
        let mut all =
            self.api.modules.iter().flat_map(|module| module.wires.iter().map(move |item| (module, item)));
        let Some((module, item)) = all.find(|(_, item)| item.name == name) else { return };
        self.paths.insert(format!("{}.{name}", module.name));
        self.layout_value(item, &exchange["args"]["value"]);
        self.layout_value(item, &exchange["ok"]);
    }

    fn layout_value(&mut self, item: &Wire, value: &Value) {
        if let Some(at) = item.of {
            self.value(&Type::Record(at), value);
        }
        for field in &item.fields {
            match &field.form {
                WireForm::Plain(ty) | WireForm::Varint(ty) => self.value(ty, &value[&field.name]),
                WireForm::Counted { of, .. } => {
                    self.value(&Type::List(Box::new(of.clone())), &value[&field.name])
                }
                _ => {}
            }
        }
    }
}
