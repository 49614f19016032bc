//! What the templates of the extension module print: Rust.

use super::functions::{self, FunctionModel, HostModel};
use super::parameters::Parameters;
use super::{names, types};
use crate::doc::RecordClass;
use crate::ir::{Api, At, Enum, Field, Flags, Lang, Method, Module, Record, Scalar, TextForm, Type, Union};
use crate::targets::imports::{self, has_word};
use crate::targets::rust::{names as rust_names, spans, types as rust_types};
use anyhow::Result;

/// Lines of a doc comment.
pub(crate) type Lines = Vec<String>;

pub(crate) struct NativeModel {
    /// Where Python finds the classes.
    pub page: String,
    pub enums: Vec<EnumModel>,
    pub flags: Vec<FlagsModel>,
    pub scalars: Vec<ScalarModel>,
    pub records: Vec<RecordModel>,
    pub holders: Vec<HolderModel>,
    pub unions: Vec<UnionModel>,
    pub hosts: Vec<HostModel>,
    pub functions: Vec<FunctionModel>,
    pub classes: Vec<String>,
}

pub(crate) struct EnumModel {
    pub path: String,
    pub module: String,
    pub class: String,
    pub numeric: bool,
    pub repr: String,
    pub known: String,
    /// The method that gives what Python makes a member of.
    pub shown: &'static str,
}

pub(crate) struct FlagsModel {
    /// Expression of the refusal of `text`.
    pub unknown: String,
    pub path: String,
    pub module: String,
    pub class: String,
}

pub(crate) struct ScalarModel {
    pub path: String,
    /// Form of text that it is taken as.
    pub form_in: Option<&'static str>,
    pub utf8_in: bool,
    /// Form of text that it is handed out as.
    pub form_out: Option<&'static str>,
}

pub(crate) struct FieldModel {
    /// Name in Python.
    pub name: String,
    /// The same as a Rust identifier.
    pub ident: String,
    /// Field of the Rust type.
    pub field: String,
    pub doc: Lines,
    /// Expression of the field's value, from the arguments of the constructor.
    pub build: String,
    /// Expression of the Python value of `value`, a reference.
    pub show: String,
    pub secret: bool,
    /// Whether it holds the items of its record.
    pub is_items: bool,
    /// Attribute that shows it.
    pub member: String,
}

pub(crate) struct RecordModel {
    pub doc: Lines,
    pub name: String,
    pub path: String,
    pub signature: String,
    pub params: Vec<ParamModel>,
    pub fields: Vec<FieldModel>,
    pub match_args: String,
    pub has_limits: bool,
    /// First parameter, and the others, if an instance may be given for the first.
    pub copies: Option<(String, String)>,
    /// Whether a dict may be given for it as well, since none is a value of it.
    pub takes_dict: bool,
    pub views: Vec<ViewModel>,
    pub methods: Vec<MethodModel>,
    /// Field of which it is a sequence.
    pub items: Option<String>,
    /// Field as which it may stand.
    pub index: Option<String>,
}

/// A record that is a tuple here, and a class in the package: one with objects or streams, whose classes the package
/// knows, or one that is to be a tuple in Python.
pub(crate) struct HolderModel {
    pub name: String,
    pub ty: String,
    /// Module of its class, if what comes out is of that class already.
    pub made_by: Option<String>,
    /// Whether its fields have limits.
    pub has_limits: bool,
    /// Whether it is an argument.
    pub is_input: bool,
    pub fields: Vec<PartModel>,
}

/// A field of a record that is a tuple here.
pub(crate) struct PartModel {
    pub field: String,
    /// What Python calls it.
    pub name: String,
    /// The expression that shows it, and the one that reads it of `item`.
    pub show: String,
    pub read: String,
}

pub(crate) struct ParamModel {
    pub ident: String,
    pub ty: String,
}

pub(crate) struct ViewModel {
    pub doc: Lines,
    pub name: String,
    pub field: String,
    pub is_json: bool,
}

/// A method of a record, under one of its names.
pub(crate) struct MethodModel {
    pub name: String,
    pub function: FunctionModel,
    /// Its parameters, with what one has that is left out.
    pub signature: String,
    pub is_static: bool,
    pub is_property: bool,
    /// Whether it is the text of the record.
    pub shows: bool,
}

pub(crate) struct UnionModel {
    pub doc: Lines,
    pub name: String,
    pub path: String,
    pub tag: String,
    pub cases: Vec<CaseModel>,
    pub members: Vec<MemberModel>,
}

pub(crate) struct CaseModel {
    pub doc: Lines,
    pub name: String,
    pub variant: String,
    pub text: String,
    pub signature: String,
    pub params: Vec<ParamModel>,
    pub fields: Vec<FieldModel>,
    /// Members that show what was given, in the order of the parameters.
    pub given: Vec<String>,
    pub has_limits: bool,
    pub bare: bool,
}

pub(crate) struct MemberModel {
    pub doc: Lines,
    pub name: String,
    /// Patterns and expressions.
    pub arms: Vec<(String, String)>,
    pub total: bool,
}

/// Where the functions of a module stand.
fn functions_of(module: &Module) -> String {
    format!("<{} as api::{}>", module.functions_type(), rust_names::functions(&module.name))
}

/// The methods of a record, under all their names.
fn methods(api: &Api, module: &Module, item: &Record) -> Result<Vec<MethodModel>> {
    let mut all = Vec::new();
    for method in module.methods_of(item).filter(|method| method.in_lang(Lang::Python)) {
        let published = method.published();
        let names = std::iter::once(names::member(published)).chain(names::member_aliases(published));
        for (position, name) in names.enumerate() {
            all.push(MethodModel {
                name: rust_names::value(&name),
                function: functions::function(api, None, &functions_of(module), method)?,
                signature: method_signature(api, method),
                is_static: method.receiver().is_none(),
                is_property: method.is_property_in(Lang::Python),
                shows: method.shows && position == 0,
            });
        }
    }
    Ok(all)
}

fn method_signature(api: &Api, method: &Method) -> String {
    let names = Parameters::first(api, method).names;
    let given = method.args.iter().zip(names).filter(|(arg, _)| !arg.is_receiver);
    let params = given.map(|(arg, name)| {
        let default = if arg.may_be_left_out() { " = None" } else { "" };
        format!("{}{default}", rust_names::value(&name))
    });
    params.collect::<Vec<_>>().join(", ")
}

/// Lowers a module.
pub(crate) fn module(api: &Api, position: usize, module: &Module) -> Result<NativeModel> {
    let mut printed = Vec::new();
    let owner = functions_of(module);
    for method in module.plain_functions().filter(|method| method.crosses_to(Lang::Python)) {
        printed.push(functions::function(api, None, &owner, method)?);
    }
    for (index, object) in module.objects.iter().enumerate() {
        printed.extend(functions::object_functions(api, At { module: position, index }, object)?);
    }
    let mut records = Vec::new();
    for item in &module.records {
        if names::is_of_package(api, item) {
            continue;
        }
        records.push(record(api, module, item)?);
    }
    let unions = module.unions.iter().map(|item| union(api, module, item)).collect::<Result<Vec<_>>>()?;
    let classes =
        records.iter().map(|item| item.name.clone()).chain(unions.iter().map(|item| item.name.clone()));
    Ok(NativeModel {
        page: match &module.feature {
            Some(_) => format!("net.gen.{}", module.name),
            None => "net".into(),
        },
        enums: module.enums.iter().map(|item| enumeration(module, item)).collect(),
        flags: module.flags.iter().map(|item| flags(api, module, item)).collect(),
        scalars: module.scalars.iter().map(|item| scalar(module, item)).collect(),
        classes: classes.collect(),
        hosts: module.hosts.iter().map(|item| functions::host(api, item)).collect(),
        holders: holders(api, position, module)?,
        records,
        unions,
        functions: printed,
    })
}

fn holders(api: &Api, position: usize, module: &Module) -> Result<Vec<HolderModel>> {
    let records = module.records.iter().enumerate().filter(|(_, item)| names::is_of_package(api, item));
    records
        .map(|(index, item)| {
            let ty = functions::owned(api, &Type::Record(At { module: position, index }));
            let fields = item.fields.iter().map(|f| {
                let field = field(api, f)?;
                let read = match f.ty.split_optional() {
                    (Type::Duration(_), false) => {
                        format!("{}::from_py(&item).map(|span| span.0)", span("_ms", &f.ty))
                    }
                    _ => match spans::spans(&f.ty) {
                        Some(crossing) => format!(
                            "<{crossing}>::from_py(&item).map(|value| {})",
                            spans::taken(&f.ty, "value")
                        ),
                        None => "FromPy::from_py(&item)".into(),
                    },
                };
                Ok(PartModel { field: field.field, name: field.name, show: field.show, read })
            });
            Ok(HolderModel {
                name: names::class(&item.name),
                made_by: (!api.holds(item)).then(|| format!("net.gen.{}", module.name)),
                has_limits: !api.holds(item) && api.fields_have_range(&item.fields),
                ty,
                is_input: item.is_input,
                fields: fields.collect::<Result<_>>()?,
            })
        })
        .collect()
}

fn path(module: &Module, name: &str) -> String {
    format!("net_types::{}::{}", module.name, rust_names::ty(name))
}

fn enumeration(module: &Module, item: &Enum) -> EnumModel {
    let known: Vec<_> = item.values.iter().map(|value| value.tag.to_string()).collect();
    EnumModel {
        path: path(module, &item.name.spec),
        module: format!("net.gen.{}", module.name),
        class: names::class(&item.name),
        numeric: item.numeric,
        repr: item.repr.key().into(),
        known: known.join(", "),
        shown: match (item.numeric, item.open) {
            (true, _) => "tag",
            (false, true) => "to_string",
            (false, false) => "text",
        },
    }
}

fn flags(api: &Api, module: &Module, item: &Flags) -> FlagsModel {
    FlagsModel {
        unknown: match item.unknown {
            Some(kind) => {
                let texts: Vec<_> = item.bits.iter().map(|bit| bit.text.as_str()).collect();
                let detail = format!("format!(\"`{{text}}` is none of {}\")", texts.join(", "));
                let error = rust_types::unknown(api, kind, &detail).replace("crate::", "net_types::");
                format!("Wrong::from(net_types::Error::from({error}))")
            }
            None => "Wrong::of(format!(\"`{text}` is no such flag\"))".into(),
        },
        path: path(module, &item.name.spec),
        module: format!("net.gen.{}", module.name),
        class: names::class(&item.name),
    }
}

fn scalar(module: &Module, item: &Scalar) -> ScalarModel {
    ScalarModel {
        path: path(module, &item.name.spec),
        form_in: item.accept.iter().find_map(|form| encoding(*form)),
        utf8_in: item.accept.contains(&TextForm::Utf8),
        form_out: item.out.and_then(encoding),
    }
}

/// What the functions for a form of text are called by; UTF-8 needs none.
fn encoding(form: TextForm) -> Option<&'static str> {
    match form {
        TextForm::Hex => Some("hex"),
        TextForm::Base64 => Some("base64"),
        TextForm::Utf8 => None,
    }
}

fn record(api: &Api, module: &Module, item: &Record) -> Result<RecordModel> {
    let mut fields = item.fields.iter().map(|f| field(api, f)).collect::<Result<Vec<_>>>()?;
    let mut ordered: Vec<_> = item.fields.iter().collect();
    ordered.sort_by_key(|f| f.may_be_left_out());
    let (signature, params) = signature(api, &ordered);
    let lists: Vec<_> = item
        .fields
        .iter()
        .filter(|f| matches!(&f.ty, Type::List(of) if matches!(**of, Type::Record(_))))
        .collect();
    let items = match lists[..] {
        [only] if item.is_output && !item.is_input => Some(rust_names::value(&only.name.spec)),
        _ => None,
    };
    for field in &mut fields {
        field.is_items = items.as_ref() == Some(&field.field);
    }
    let copies = (item.class == Some(RecordClass::Options) && item.all_optional()).then(|| {
        let others: Vec<_> =
            params.iter().skip(1).map(|param| format!("{}.is_some()", param.ident)).collect();
        let others = if others.is_empty() { "false".to_owned() } else { others.join(" || ") };
        (params[0].ident.clone(), others)
    });
    let match_args: Vec<_> = ordered.iter().map(|f| format!("{:?}", names::field(api, f))).collect();
    Ok(RecordModel {
        doc: lines(&item.doc),
        name: names::class(&item.name),
        path: path(module, &item.name.spec),
        signature,
        params,
        match_args: format!("[&str; {}] = [{}]", match_args.len(), match_args.join(", ")),
        has_limits: api.fields_have_range(&item.fields),
        copies,
        takes_dict: !types::takes_dict(api, &item.fields[0].ty),
        views: item
            .views
            .iter()
            .map(|view| ViewModel {
                doc: lines(&view.doc),
                name: names::member(&view.name),
                field: rust_names::value(&item.fields[view.of].name.spec),
                is_json: matches!(view.ty, Type::Json(_)),
            })
            .collect(),
        methods: methods(api, module, item)?,
        items,
        index: item.stands_as.map(|at| rust_names::value(&item.fields[at].name.spec)),
        fields,
    })
}

/// The signature and parameters of a constructor; aliases of fields follow behind.
fn signature(api: &Api, fields: &[&Field]) -> (String, Vec<ParamModel>) {
    let mut signature = Vec::new();
    let mut params = Vec::new();
    let mut more = Vec::new();
    for field in fields {
        let name = names::field(api, field);
        let ident = rust_names::value(&name);
        let aliases = names::member_aliases(&field.name);
        let optional = field.may_be_left_out() || !aliases.is_empty();
        signature.push(if optional { format!("{ident} = None") } else { ident.clone() });
        let ty = if optional { "Option<Arg<'_, '_>>" } else { "Arg<'_, '_>" };
        params.push(ParamModel { ident, ty: ty.into() });
        more.extend(aliases);
    }
    if !more.is_empty() {
        signature.push("*".into());
    }
    for alias in more {
        let ident = rust_names::value(&alias);
        signature.push(format!("{ident} = None"));
        params.push(ParamModel { ident, ty: "Option<Arg<'_, '_>>".into() });
    }
    (signature.join(", "), params)
}

fn field(api: &Api, item: &Field) -> Result<FieldModel> {
    let name = names::field(api, item);
    let ident = rust_names::value(&name);
    let aliases = names::member_aliases(&item.name);
    let given = aliases
        .iter()
        .fold(ident.clone(), |first, alias| format!("{}.or({first})", rust_names::value(alias)));
    let (wrap, unwrap) = wrapped(&name, &item.ty, item.variadic);
    let text = format!("{name:?}");
    let build = match (&item.default, &item.ty) {
        (Some(_), _) => {
            let default = item.default.as_ref().map_or_else(String::new, |default| {
                rust_types::literal(api, default, &item.ty).replace("crate::", "net_types::")
            });
            match unwrap.is_empty() {
                true => format!("abi::arg_or({given}, {text}, || {default})?")
                    .replace("|| Default::default()", "Default::default")
                    .replace("|| vec![])", "Vec::new)"),
                false => {
                    format!("abi::arg_or::<{wrap}>({given}, {text}, || {})?{unwrap}", rewrap(&wrap, &default))
                }
            }
        }
        (None, Type::Optional(_)) if unwrap.is_empty() => format!("abi::arg_or({given}, {text}, || None)?"),
        (None, Type::Optional(_)) => format!("abi::arg_or::<{wrap}>({given}, {text}, || None)?{unwrap}"),
        (None, _) if unwrap.is_empty() => format!("abi::arg({given}, {text})?"),
        (None, _) => format!("abi::arg::<{wrap}>({given}, {text})?{unwrap}"),
    };
    let show = match item.ty.split_optional() {
        (Type::Duration(_), false) => format!("{}(*value).to_py(py)", span(&name, &item.ty)),
        (Type::Duration(_), true) => format!("value.map({}).to_py(py)", span(&name, &item.ty)),
        _ if spans::spans(&item.ty).is_some() => {
            format!("{}.to_py(py)", spans::given(&item.ty, "value.clone()"))
        }
        _ => "value::shown(value, py)".into(),
    };
    Ok(FieldModel {
        member: name.clone(),
        name,
        ident,
        field: rust_names::value(&item.name.spec),
        doc: lines(&item.doc),
        build,
        show,
        secret: item.secret,
        is_items: false,
    })
}

/// A default as the type that is read.
pub(crate) fn rewrap(wrap: &str, default: &str) -> String {
    if wrap.contains("<Span<") {
        return "Default::default()".into();
    }
    format!("{}({default})", wrap.split('<').next().unwrap_or(wrap).trim_end_matches("::"))
}

/// The type that an argument is read as where that is not the argument's own, and what gives the argument then.
pub(crate) fn wrapped(name: &str, ty: &Type, variadic: bool) -> (String, String) {
    if variadic {
        return ("OneOrMany<_>".into(), ".0".into());
    }
    match ty.split_optional() {
        (Type::Duration(_), false) => (span(name, ty).replace("::<", "<"), ".0".into()),
        (Type::Duration(_), true) => {
            (format!("Option<{}>", span(name, ty).replace("::<", "<")), ".map(|span| span.0)".into())
        }
        _ if let Some(crossing) = spans::spans(ty) => (crossing, spans::taken(ty, "")),
        _ => (String::new(), String::new()),
    }
}

/// The type that a span of time crosses as, where an expression names it.
fn span(name: &str, ty: &Type) -> String {
    match ty.split_optional().0 {
        Type::Duration(unit) if !types::is_seconds(name, ty) => {
            format!("Span::<{}>", rust_types::nanos(*unit))
        }
        _ => "value::Seconds".into(),
    }
}

fn union(api: &Api, module: &Module, item: &Union) -> Result<UnionModel> {
    let path = path(module, &item.name.spec);
    let mut cases = Vec::new();
    for case in &item.cases {
        let mut ordered: Vec<_> = case.fields.iter().collect();
        ordered.sort_by_key(|f| f.may_be_left_out());
        let (mut signature, mut params) = signature(api, &ordered);
        // Any number of values follow each other, as in a call.
        if let [only] = &case.fields[..]
            && only.variadic
        {
            signature = format!("*{}", params[0].ident);
            params[0].ty = "&Bound<'_, PyTuple>".into();
        }
        let mut fields = case.fields.iter().map(|f| field(api, f)).collect::<Result<Vec<_>>>()?;
        if signature.starts_with('*') {
            fields[0].build = format!("abi::spread({}, {:?})?", fields[0].ident, fields[0].name);
        }
        cases.push(CaseModel {
            doc: lines(&case.doc),
            name: names::value(&case.name),
            variant: rust_names::ty(&case.name),
            text: names::text(&case.text),
            signature,
            params,
            has_limits: api.fields_have_range(&case.fields),
            bare: fields.is_empty(),
            given: ordered.iter().map(|field| names::field(api, field)).collect(),
            fields,
        });
    }
    let taken: Vec<_> = cases.iter().map(|case| case.name.clone()).collect();
    for case in &mut cases {
        for field in &mut case.fields {
            field.member = union_member(&field.name, taken.iter().map(String::as_str));
        }
        for given in &mut case.given {
            *given = union_member(given, taken.iter().map(String::as_str));
        }
    }
    let members = union_members(&path, &cases);
    Ok(UnionModel {
        doc: lines(&item.doc),
        name: names::class(&item.name),
        tag: names::value(&item.tag),
        path,
        cases,
        members,
    })
}

fn union_members(path: &str, cases: &[CaseModel]) -> Vec<MemberModel> {
    let mut members: Vec<MemberModel> = Vec::new();
    for case in cases {
        for field in &case.fields {
            let name = field.member.clone();
            let bound =
                if field.field == "value" { "value".to_owned() } else { format!("{}: value", field.field) };
            let arm = (format!("{path}::{} {{ {bound}, .. }}", case.variant), field.show.clone());
            match members.iter_mut().find(|member| member.name == name) {
                Some(member) => member.arms.push(arm),
                None => {
                    members.push(MemberModel { doc: field.doc.clone(), name, arms: vec![arm], total: false });
                }
            }
        }
    }
    for member in &mut members {
        member.total = member.arms.len() == cases.len();
    }
    members
}

/// The attribute that shows a field of a union's case; a case of the same name has that name.
pub(crate) fn union_member<'a>(field: &str, mut cases: impl Iterator<Item = &'a str>) -> String {
    if cases.any(|case| case == field) { format!("{field}_") } else { field.to_owned() }
}

/// Lines of a doc.
pub(crate) fn lines(doc: &crate::ir::Doc) -> Lines {
    doc.lines().map(str::to_owned).collect()
}

/// The imports that a printed module needs.
pub(crate) fn imports(text: &str) -> String {
    const KNOWN: [(&str, &[&str]); 13] = [
        ("crate::abi", &["self"]),
        ("crate::host", &["self", "Host"]),
        ("crate::payload", &["self", "Payload"]),
        ("crate::queue", &["Queue"]),
        ("crate::value", &["self", "Answer", "Arg", "FromPy", "OneOrMany", "Span", "ToPy", "Wrong"]),
        ("net_support", &["HostPort"]),
        ("net_types", &["BoxFuture", "Error", "api"]),
        ("pyo3::prelude", &["*"]),
        ("pyo3::pybacked", &["PyBackedBytes", "PyBackedStr"]),
        ("pyo3::sync", &["PyOnceLock"]),
        ("pyo3::types", &["PyBytes", "PyList", "PyTuple"]),
        ("std::borrow", &["Cow"]),
        ("std", &["sync::Arc", "time::Duration"]),
    ];
    imports::imports(&KNOWN, |module, item| match item {
        "*" => true,
        "self" => has_word(text, &format!("{module}::")),
        "api" => has_word(text, "api::"),
        "sync::Arc" => has_word(text, "Arc"),
        "time::Duration" => has_word(text, "Duration::"),
        item => has_word(text, item),
    })
}
