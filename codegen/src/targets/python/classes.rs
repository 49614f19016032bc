//! Objects as classes of the package.

use super::calls::{self, MethodModel, Owner};
use super::parameters::Parameters;
use super::types::{self, Mode};
use super::{fit, names};
use crate::ir::{Api, Lang, Method, Object, Shape, Type};

pub(crate) struct ClassModel {
    pub name: String,
    pub bases: String,
    pub doc: String,
    pub methods: Vec<MethodModel>,
    /// Expression of the object that `value` stands for.
    pub accept: Option<String>,
    /// Name of the native function that reads the next items.
    pub stream: Option<String>,
    /// The method that ends it, and whether that is awaited.
    pub closing: Option<String>,
    pub aio: bool,
    /// What `len(..)` gives.
    pub len: Option<String>,
}

/// Lowers an object.
pub(crate) fn class(api: &Api, item: &Object, mode: Mode) -> ClassModel {
    let name = names::class(&item.name);
    let owner = Owner { object: Some((&item.name.spec, &name)), vars: &item.generic, mode, indent: 4 };
    let all: Vec<_> =
        item.constructors.iter().chain(&item.methods).filter(|m| m.in_lang(Lang::Python)).collect();
    let mut methods = Vec::new();
    for method in &all {
        let from = methods.len();
        methods.extend(signatures(api, owner, method, &all));
        if item.ends_by(method) {
            let lowered: &mut [MethodModel] = &mut methods[from..];
            lowered.iter_mut().for_each(|method| method.body.insert(0, "        self._halt()".into()));
        }
    }
    let held = |method: &Method| item.held(api, method);
    let sugars = item.sugars.iter().filter(|m| m.in_lang(Lang::Python));
    methods.extend(
        sugars.filter_map(|m| Some(calls::within(api, owner, m, held(m)?))).flatten().collect::<Vec<_>>(),
    );
    let stream_class = if mode == Mode::Aio { "AsyncStream" } else { "Stream" };
    let bases = match (&item.iterates, &item.close, item.generic.is_empty()) {
        (Some(of), ..) => format!("{stream_class}[{}]", types::output(api, of, mode)),
        (None, Some(_), true) => "Native".into(),
        (None, None, true) => "Closable".into(),
        (None, Some(_), false) => "Typed[T]".into(),
        (None, None, false) => "Typed[T], Closable".into(),
    };
    let closing = item.close.as_ref().filter(|_| item.iterates.is_none());
    ClassModel {
        bases,
        doc: fit::doc(4, &item.doc.text),
        methods,
        accept: item.accepted().map(|(constructor, arg)| {
            let made = match names::is_init(constructor) {
                true => "cls".to_owned(),
                false => format!("cls.{}", names::member(&constructor.name)),
            };
            let kind = if arg.ty == Type::Bytes { "Buffer" } else { "str" };
            format!("{made}(value) if isinstance(value, {kind}) else value")
        }),
        stream: item.iterates.as_ref().map(|_| format!("_net.{}", names::native(Some(&item.name.spec), ""))),
        closing: closing.map(|close| {
            let found = item.methods.iter().find(|method| method.name.spec == *close);
            let waits = mode == Mode::Aio && found.is_some_and(|method| method.is_async);
            let called = found.map_or_else(|| close.clone(), |method| names::member(&method.name));
            format!("{}self.{called}()", if waits { "await " } else { "" })
        }),
        aio: mode == Mode::Aio,
        len: item.methods.iter().find(|m| m.name.spec == "len" && !m.is_async && m.args.is_empty()).map(
            |m| {
                let called = if matches!(m.shape, Shape::Property { .. }) { "" } else { "()" };
                format!("self.{}{called}", names::member(&m.name))
            },
        ),
        name,
    }
}

/// A function or method with every signature that goes by its name.
pub(crate) fn signatures(api: &Api, owner: Owner<'_>, method: &Method, all: &[&Method]) -> Vec<MethodModel> {
    let others: Vec<_> = all.iter().copied().filter(|m| m.is_overload_of(method)).collect();
    match others.is_empty() {
        true => calls::methods(api, owner, method),
        false => overloaded(api, owner, method, &others),
    }
}

/// A method with several signatures: each in a method of its own, and one that chooses.
fn overloaded(api: &Api, owner: Owner<'_>, first: &Method, others: &[&Method]) -> Vec<MethodModel> {
    let is_init = names::is_init(first);
    let member = names::member(&first.name);
    let name = if is_init { "__init__".to_owned() } else { member.clone() };
    let hidden = if is_init { "_init".to_owned() } else { format!("_{member}") };
    let mut all = vec![calls::method(api, owner, first, &hidden)];
    all[0].aliases.clear();
    let mut chosen = Vec::new();
    let mut choices = Vec::new();
    for signature in std::iter::once(first).chain(others.iter().copied()) {
        let mut shown = calls::method(api, owner, signature, &name);
        if is_init {
            shown.signature = calls::init_signature(api, owner, signature);
            shown.decorators.clear();
        }
        shown.decorators.insert(0, "@overload".into());
        shown.aliases.clear();
        shown.body = Vec::new();
        chosen.push(shown);
    }
    let receiver = match first.shape {
        Shape::Function => None,
        Shape::Constructor if !is_init => Some("cls"),
        _ => Some("self"),
    };
    let on = receiver.map_or_else(String::new, |receiver| format!("{receiver}."));
    let pad = " ".repeat(owner.indent + 4);
    for other in others {
        let target = names::member(&other.name);
        if let Some((position, arg, kind)) = difference(api, first, other) {
            choices.push(format!("{pad}if picks(args, named, {position}, \"{arg}\", {kind}):"));
            choices.push(match is_init {
                true => format!("{pad}    self._handle = type(self).{target}(*args, **named)._handle"),
                false => format!("{pad}    return {on}{target}(*args, **named)"),
            });
            choices.extend(is_init.then(|| format!("{pad}    return")));
        }
    }
    let returned = if is_init { "" } else { "return " };
    choices.push(format!("{pad}{returned}{on}{hidden}(*args, **named)"));
    let mut chooser = calls::method(api, owner, first, &member);
    let params = receiver.into_iter().chain(["*args: Any", "**named: Any"]).collect::<Vec<_>>().join(", ");
    let result = if is_init { "None" } else { "Any" };
    chooser.signature = format!("{}def {name}({params}) -> {result}:", " ".repeat(owner.indent));
    chooser.body = choices;
    all.extend(chosen);
    all.push(chooser);
    all
}

/// The first argument in which a signature differs in kind, and the class that tells it.
fn difference(api: &Api, first: &Method, other: &Method) -> Option<(usize, String, String)> {
    let kind = |ty: &Type| -> String {
        match api.base(ty.split_optional().0) {
            Type::Bool => "bool".into(),
            Type::Int(_) | Type::Duration(_) | Type::Instant(_) | Type::Size => "int".into(),
            Type::F64 => "float".into(),
            Type::String => "str".into(),
            Type::Bytes | Type::FixedBytes(_) => "Buffer".into(),
            Type::List(_) => "list".into(),
            Type::Map(_) => "dict".into(),
            Type::Object(..) => "Native".into(),
            Type::Record(at) => names::class(&api.record(*at).name),
            Type::Union(at) => names::class(&api.union(*at).name),
            _ => "object".into(),
        }
    };
    let names = Parameters::first(api, other).names;
    other.args.iter().zip(names).enumerate().find_map(|(position, (arg, name))| {
        let own = kind(&arg.ty);
        let differs = first.args.get(position).is_none_or(|first| kind(&first.ty) != own);
        differs.then_some((position, name, own))
    })
}
