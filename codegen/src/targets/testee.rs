//! What every testee answers: one operation for each thing that a language offers, named as requests name it.

use crate::ir::{Api, At, Lang, Method, Module, Object, Type};

/// One operation.
pub(crate) struct Op<'a> {
    /// Behind `call:`, such as `bus.net_node.emit`, or `bus.net_node.emit/ingest` for another name of it.
    pub name: String,
    /// The other name, in the spelling of the spec.
    pub alias: Option<&'a str>,
    /// The object, with its id; none for a function of the module.
    pub owner: Option<(At, &'a Object)>,
    /// What is done.
    pub call: Call<'a>,
}

/// What an operation does.
pub(crate) enum Call<'a> {
    /// It calls a constructor, method, property or function of the spec.
    Method(&'a Method),
    /// It takes a batch of a stream: `next {max}`, which answers a list.
    Next(&'a Type),
    /// It ends a stream that the spec gives no method for that.
    Close,
}

/// The operations of a module in a language.
pub(crate) fn ops(api: &Api, position: usize, lang: Lang) -> Vec<Op<'_>> {
    let module = &api.modules[position];
    let mut ops = Vec::new();
    for (index, object) in module.objects.iter().enumerate() {
        object_ops(module, At { module: position, index }, object, lang, &mut ops);
    }
    let functions = module.functions.iter().filter(|method| method.in_lang(lang));
    ops.extend(functions.flat_map(|method| method_ops(method, None, lang)));
    ops
}

/// A method under its name, and under each other that the language has for it.
fn method_ops<'a>(method: &'a Method, owner: Option<(At, &'a Object)>, lang: Lang) -> Vec<Op<'a>> {
    let aliases = method.published().aliases(lang).iter().map(|alias| Some(alias.as_str()));
    let op = |alias: Option<&'a str>| {
        let name = alias.map_or_else(|| method.path.clone(), |alias| alias_op(method, alias));
        Op { name, alias, owner, call: Call::Method(method) }
    };
    std::iter::once(None).chain(aliases).map(op).collect()
}

/// The operation that calls a method under another name.
pub(crate) fn alias_op(method: &Method, alias: &str) -> String {
    format!("{}/{alias}", method.path)
}

fn object_ops<'a>(module: &Module, at: At, object: &'a Object, lang: Lang, ops: &mut Vec<Op<'a>>) {
    let owner = Some((at, object));
    let methods = object.constructors.iter().chain(&object.methods);
    let methods = methods.filter(|method| method.in_lang(lang));
    ops.extend(methods.flat_map(|method| method_ops(method, owner, lang)));
    let Some(item) = &object.iterates else { return };
    let name = |method: &str| format!("{}.{}.{method}", module.name, object.name.spec);
    ops.push(Op { name: name("next"), alias: None, owner, call: Call::Next(item) });
    if object.close.is_none() {
        ops.push(Op { name: name("close"), alias: None, owner, call: Call::Close });
    }
}
