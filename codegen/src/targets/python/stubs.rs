//! The type stubs of the extension module.

use super::calls::Owner;
use super::parameters::Parameters;
use super::types::{self, Mode};
use super::{calls, fit, names};
use crate::doc::RecordClass;
use crate::ir::{Api, Field, Lang, Method, Module, Object, Record, Shape, Type, Union};
use crate::targets::imports::has_word;

pub(crate) struct StubsModel {
    pub imports: String,
    pub classes: Vec<StubModel>,
    pub functions: Vec<String>,
}

pub(crate) struct StubModel {
    pub name: String,
    pub doc: String,
    pub members: Vec<String>,
}

/// Lowers every module.
pub(crate) fn all(api: &Api) -> StubsModel {
    let mut classes = Vec::new();
    let mut functions = Vec::new();
    for module in &api.modules {
        let plain = module.records.iter().filter(|item| !names::is_of_package(api, item));
        classes.extend(plain.map(|item| record(api, module, item)));
        classes.extend(module.unions.iter().map(|item| union(api, item)));
        functions.extend(
            module
                .plain_functions()
                .filter(|m| m.crosses_to(Lang::Python))
                .flat_map(|m| function(api, None, m)),
        );
        functions.extend(module.objects.iter().flat_map(|item| object(api, item)));
    }
    let text: String = classes.iter().flat_map(|class| &class.members).chain(&functions).cloned().collect();
    StubsModel { imports: imports(api, &text), classes, functions }
}

fn imports(api: &Api, text: &str) -> String {
    let mut known: Vec<(String, Vec<String>)> = [
        ("collections.abc", "Callable Iterator Mapping Sequence"),
        ("datetime", "datetime"),
        ("typing", "Any TypeVar final"),
        ("net._kernel.arguments", "Buffer"),
        ("net._kernel.codec", "Model"),
        ("net._kernel.errors", "NetError"),
    ]
    .map(|(path, items)| (path.to_owned(), items.split(' ').map(str::to_owned).collect()))
    .into();
    for module in &api.modules {
        let enums = module.enums.iter().map(|item| names::class(&item.name));
        let tuples = module.records.iter().filter(|item| !api.holds(item) && names::is_of_package(api, item));
        let enums = enums.chain(tuples.map(|item| names::class(&item.name)));
        let mut items: Vec<_> =
            enums.chain(module.flags.iter().map(|item| names::class(&item.name))).collect();
        items.sort();
        known.push((format!("net.gen.{}", module.name), items));
    }
    let always = ["Any", "Mapping", "NetError", "TypeVar", "final"];
    let lines = known.into_iter().filter_map(|(path, items)| {
        let items: Vec<_> = items
            .into_iter()
            .filter(|item| always.contains(&item.as_str()) || has_word(text, item))
            .collect();
        (!items.is_empty()).then(|| fit::import(&path, &items))
    });
    let (ours, theirs): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("from net"));
    format!("{}\n\n{}", theirs.join("\n"), ours.join("\n"))
}

fn record(api: &Api, module: &Module, item: &Record) -> StubModel {
    let name = names::class(&item.name);
    let mut ordered: Vec<_> = item.fields.iter().collect();
    ordered.sort_by_key(|field| field.may_be_left_out());
    let copies = item.class == Some(RecordClass::Options) && item.all_optional();
    let mut matched: Vec<_> =
        ordered.iter().map(|field| format!("\"{}\"", names::field(api, field))).collect();
    if let [only] = &mut matched[..] {
        only.push(',');
    }
    let mut members = vec![fit::list(4, "__match_args__ = (", &matched, ")")];
    members.push(fit::call(
        4,
        "def __new__(",
        &parameters(api, "cls", &ordered, copies.then_some(&name)),
        &format!(") -> {name}: ..."),
    ));
    for field in &item.fields {
        let name = names::field(api, field);
        let ty = types::named_output(api, &name, &field.ty);
        members.push(property(&name, &ty, &calls::described(api, field)));
    }
    for view in &item.views {
        let view_name = names::member(&view.name);
        match view.ty {
            Type::Json(_) => members.push(format!(
                "    def {view_name}(self, model: Model[T] | None = None) -> T:\n{}",
                fit::doc(8, &view.doc.text)
            )),
            _ => members.push(property(&view_name, "bytes", &view.doc.text)),
        }
    }
    members.extend(methods(api, module, item));
    if item.is_output && !item.is_input {
        let lists: Vec<_> = item
            .fields
            .iter()
            .filter(|f| matches!(&f.ty, Type::List(of) if matches!(**of, Type::Record(_))))
            .collect();
        if let [Field { ty: Type::List(of), .. }] = lists[..] {
            members.push("    def __len__(self) -> int: ...".into());
            members.push(format!(
                "    def __iter__(self) -> Iterator[{}]: ...",
                types::output(api, of, Mode::Blocking)
            ));
        }
    }
    if item.stands_as.is_some() {
        members.push("    def __index__(self) -> int: ...".into());
    }
    members.push("    def __eq__(self, other: object) -> bool: ...".into());
    StubModel { name, doc: fit::doc(4, &item.doc.text), members }
}

/// The methods of a record, under all their names.
fn methods(api: &Api, module: &Module, item: &Record) -> Vec<String> {
    let owner = Owner { object: None, vars: &[], mode: Mode::Blocking, indent: 4 };
    let kept = module.methods_of(item).filter(|method| method.in_lang(Lang::Python));
    kept.flat_map(|method| {
        let published = method.published();
        let names = std::iter::once(names::member(published)).chain(names::member_aliases(published));
        names
            .map(|name| {
                let model = calls::method(api, owner, method, &name);
                let decorators =
                    model.decorators.iter().map(|line| format!("    {line}\n")).collect::<String>();
                format!("{decorators}{}\n{}", model.signature, model.doc)
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

fn property(name: &str, ty: &str, doc: &str) -> String {
    format!("    @property\n    def {name}(self) -> {ty}:\n{}", fit::doc(8, doc))
}

fn parameters(api: &Api, first: &str, fields: &[&Field], whole: Option<&String>) -> Vec<String> {
    let mut params: Vec<String> = if first.is_empty() { Vec::new() } else { vec![first.to_owned()] };
    let mut more = Vec::new();
    for (position, field) in fields.iter().enumerate() {
        let ty = types::field_input(api, field);
        let name = names::field(api, field);
        let whole = whole
            .filter(|_| position == 0)
            .map_or_else(String::new, |class| format!(" | {}", types::whole(api, class, field)));
        let aliases = names::member_aliases(&field.name);
        more.extend(aliases.iter().map(|alias| format!("{alias}: {ty} | None = None")));
        if field.may_be_left_out() || !aliases.is_empty() {
            params.push(format!("{name}: {ty}{whole} | None = None"));
        } else {
            params.push(format!("{name}: {ty}"));
        }
    }
    if !more.is_empty() {
        params.push("*".into());
        params.extend(more);
    }
    params
}

fn union(api: &Api, item: &Union) -> StubModel {
    let name = names::class(&item.name);
    let mut members = Vec::new();
    let mut shown: Vec<(String, String, String, usize)> = Vec::new();
    let cases: Vec<_> = item.cases.iter().map(|case| names::value(&case.name)).collect();
    for case in &item.cases {
        let mut ordered: Vec<_> = case.fields.iter().collect();
        ordered.sort_by_key(|field| field.may_be_left_out());
        let params = match &case.fields[..] {
            [only] if only.variadic => {
                vec![format!("*{}: {}", names::field(api, only), types::field_input(api, only))]
            }
            _ => parameters(api, "", &ordered, None),
        };
        let open = format!("def {}(", names::value(&case.name));
        let signature = fit::call(4, &open, &params, &format!(") -> {name}:"));
        members.push(format!("    @staticmethod\n{signature}\n{}", fit::doc(8, &case.doc.text)));
        for field in &case.fields {
            let member =
                super::native::union_member(&names::field(api, field), cases.iter().map(String::as_str));
            let ty = types::output(api, &field.ty, Mode::Blocking);
            match shown.iter_mut().find(|known| known.0 == member) {
                Some(known) => {
                    known.3 += 1;
                    if !known.1.split(" | ").any(|part| part == ty) {
                        known.1 += &format!(" | {ty}");
                    }
                }
                None => shown.push((member, ty, field.doc.text.clone(), 1)),
            }
        }
    }
    members.push(property(&names::value(&item.tag), "str", "The tag of the case."));
    for (member, ty, doc, count) in shown {
        let absent = if count < item.cases.len() && !ty.ends_with("None") { " | None" } else { "" };
        let doc = if doc.is_empty() { format!("The {}.", member.replace('_', " ")) } else { doc };
        members.push(property(&member, &format!("{ty}{absent}"), &doc));
    }
    members.push("    def __eq__(self, other: object) -> bool: ...".into());
    StubModel { name, doc: fit::doc(4, &item.doc.text), members }
}

fn object(api: &Api, item: &Object) -> Vec<String> {
    let all = item.constructors.iter().chain(&item.methods).filter(|m| m.crosses_to(Lang::Python));
    let kept = all.filter(|m| {
        !(matches!(m.returns, Some(Type::SelfType)) && matches!(m.shape, Shape::Property { .. }))
    });
    let mut lines: Vec<_> = kept.flat_map(|method| function(api, Some(&item.name.spec), method)).collect();
    if let Some(of) = &item.iterates {
        let name = names::native(Some(&item.name.spec), "");
        let item = output(api, of);
        lines.push(format!("def {name}next(this: Handle, max: int) -> list[{item}]: ..."));
        lines.push(format!("def {name}next_submit(queue: Queue, this: Handle, max: int) -> int: ..."));
        lines.push(format!("def {name}end(this: Handle) -> None: ..."));
    }
    lines
}

fn function(api: &Api, owner: Option<&str>, item: &Method) -> Vec<String> {
    let name = names::native(owner, &item.name.spec);
    let mut params = Vec::new();
    if matches!(item.shape, Shape::Method | Shape::Property { .. }) {
        params.push("this: Handle".to_owned());
    }
    let given = item.args.iter().zip(Parameters::first(api, item).names);
    params.extend(given.map(|(arg, name)| {
        let seconds = types::is_seconds(&name, &arg.ty);
        let ty = if seconds { "float".into() } else { input(api, &arg.ty) };
        let none = if arg.default.is_some() { " | None" } else { "" };
        format!("{name}: {ty}{none}")
    }));
    let result = match (&item.returns, item.shape) {
        (_, Shape::Constructor) => "Handle".into(),
        (None | Some(Type::SelfType), _) => "None".into(),
        (Some(ty), _) => output(api, ty),
    };
    let mut lines = vec![fit::call(0, &format!("def {name}("), &params, &format!(") -> {result}: ..."))];
    if item.is_async {
        params.insert(0, "queue: Queue".into());
        lines.push(fit::call(0, &format!("def {name}_submit("), &params, ") -> int: ..."));
    }
    lines
}

fn input(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Object(..) => "Handle".into(),
        Type::Host(..) | Type::Stream(_) => "Host".into(),
        Type::Json(_) => "str".into(),
        Type::Record(_) if api.has_handles(ty) => "tuple[Any, ...]".into(),
        Type::List(of) => format!("Sequence[{}]", input(api, of)),
        Type::Optional(of) => format!("{} | None", input(api, of)),
        ty => types::input(api, ty, Mode::Blocking),
    }
}

fn output(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Object(..) | Type::Stream(_) => "Handle".into(),
        Type::Json(_) => "str".into(),
        Type::Record(_) if api.has_handles(ty) => "tuple[Any, ...]".into(),
        Type::List(of) => format!("list[{}]", output(api, of)),
        Type::Optional(of) => format!("{} | None", output(api, of)),
        ty => types::output(api, ty, Mode::Blocking),
    }
}
