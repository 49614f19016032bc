//! What the templates of types and errors print.

use super::layout::{comment, head};
use super::order::{self, Item};
use super::{names, types};
use crate::ir::{
    Api, At, Case, Const, Enum, Family, Field, Flags, Kind, Lang, Literal, Method, Module, Record, Type,
    Union,
};
use anyhow::{Result, bail};
use std::collections::BTreeSet;

type Lines = Vec<String>;

pub(crate) struct ModuleModel {
    pub name: String,
    pub guard: String,
    pub doc: Lines,
    pub includes: Vec<String>,
    pub feature: Option<String>,
    pub consts: Vec<ConstModel>,
    pub families: Vec<FamilyModel>,
    pub enums: Vec<EnumModel>,
    pub scalars: Vec<ScalarModel>,
    /// Fixed lengths of bytes, and whether another header may have them.
    pub fixed: Vec<usize>,
    pub items: Vec<ItemModel>,
    /// Codecs of maps and of lists in lists: name, and type of what they hold.
    pub codecs: Vec<CollectionModel>,
}

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub lines: Lines,
}

pub(crate) struct ScalarModel {
    pub doc: Lines,
    pub name: String,
    pub base: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    pub repr: String,
    pub values: Vec<ValueModel>,
    /// Whether its values have texts in C.
    pub has_texts: bool,
    /// Heads of the functions from and to texts.
    pub text_head: String,
    pub parse_head: String,
}

pub(crate) struct ValueModel {
    pub doc: Lines,
    pub name: String,
    pub value: String,
    pub text: String,
    pub texts: Vec<String>,
}

pub(crate) struct ItemModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    /// Types of maps and lists that it needs first.
    pub collections: Vec<CollectionModel>,
    pub fields: Vec<FieldModel>,
    /// Whether it is a union.
    pub is_union: bool,
    pub cases: Vec<CaseModel>,
    /// Assignments of defaults.
    pub defaults: Lines,
    pub count: usize,
}

pub(crate) struct CollectionModel {
    pub kind: &'static str,
    pub code: String,
    pub name: String,
    pub guard: String,
}

pub(crate) struct CaseModel {
    pub doc: Lines,
    pub name: String,
    pub constant: String,
    pub index: usize,
    pub is_bare: bool,
    /// Type of the case's member, if it is a record's.
    pub record: Option<String>,
    pub fields: Vec<FieldModel>,
    /// Head of the constructor, its assignments.
    pub head: Lines,
    pub assignments: Lines,
    pub defaults: Lines,
    pub count: usize,
}

pub(crate) struct FieldModel {
    pub doc: Lines,
    pub declarations: Lines,
    pub pack: Lines,
    pub read: Lines,
}

pub(crate) struct FamilyModel {
    pub doc: Lines,
    pub kinds: Vec<KindModel>,
}

pub(crate) struct KindModel {
    pub doc: Lines,
    pub name: String,
    pub code: u16,
    pub family: String,
    pub title: String,
    pub fields: Vec<FieldModel>,
    pub struct_name: String,
    pub unpack_head: Lines,
    pub pack_head: Lines,
}

pub(crate) struct ErrorsModel {
    pub guard: String,
    pub families: Vec<ErrorFamilyModel>,
}

pub(crate) struct ErrorFamilyModel {
    pub doc: Lines,
    pub name: String,
    pub id: u16,
    pub feature: Option<String>,
    pub parent: Option<u16>,
}

/// Lowers the types of a module.
pub(crate) fn module(api: &Api, position: usize, module: &Module) -> Result<ModuleModel> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for item in order::items(api, position, module) {
        items.push(match item {
            Item::Record(index) => record(api, &module.records[index], &mut seen)?,
            Item::Union(index) => {
                union(api, At { module: position, index }, &module.unions[index], &mut seen)?
            }
        });
    }
    let codecs = api_collections(api, module, &mut seen)?;
    Ok(ModuleModel {
        name: module.name.clone(),
        guard: names::guard(&module.name),
        doc: comment(0, &module.doc.text),
        includes: includes(module),
        feature: module.feature.as_deref().map(names::feature),
        consts: module.consts.iter().map(|item| constant(api, item)).collect::<Result<_>>()?,
        families: module.families.iter().map(|item| family(api, item)).collect::<Result<_>>()?,
        enums: enums(module),
        scalars: module
            .scalars
            .iter()
            .map(|item| {
                Ok(ScalarModel {
                    doc: comment(0, &item.doc.text),
                    name: names::ty(&item.name.spec),
                    base: types::ctype(api, &item.base)?.name,
                })
            })
            .collect::<Result<_>>()?,
        fixed: fixed(module),
        items,
        codecs,
    })
}

/// Lowers what is said of all families.
pub(crate) fn errors(api: &Api) -> ErrorsModel {
    let families = api.families();
    ErrorsModel {
        guard: names::guard("error"),
        families: families
            .iter()
            .map(|(at, family)| ErrorFamilyModel {
                doc: comment(0, &family.doc.text),
                name: names::family(&family.name),
                id: family.id,
                feature: api.modules[at.module].feature.as_deref().map(names::feature),
                parent: family.extends.map(|at| api.family(at).id),
            })
            .collect(),
    }
}

fn includes(module: &Module) -> Vec<String> {
    let mut includes = vec![names::header("error")];
    if module.name != "base" {
        includes.insert(0, names::header("base"));
    }
    includes.extend(module.uses.iter().map(|name| names::header(name)));
    includes
}

fn fixed(module: &Module) -> Vec<usize> {
    fn collect(ty: &Type, found: &mut BTreeSet<usize>) {
        match ty {
            Type::FixedBytes(size) => {
                found.insert(*size);
            }
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => collect(inner, found),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let fields = module.records.iter().flat_map(|item| &item.fields);
    let cases = module.unions.iter().flat_map(|item| &item.cases).flat_map(|case| &case.fields);
    fields.chain(cases).for_each(|field| collect(&field.ty, &mut found));
    for method in methods(module) {
        method.args.iter().for_each(|arg| collect(&arg.ty, &mut found));
        method.returns.iter().for_each(|ty| collect(ty, &mut found));
    }
    module.scalars.iter().for_each(|item| collect(&item.base, &mut found));
    found.into_iter().collect()
}

fn constant(api: &Api, item: &Const) -> Result<ConstModel> {
    let name = names::constant(&[&item.name.spec]);
    let lines = match (&item.value, &item.ty) {
        (Literal::List(items), Type::List(of)) => {
            let values =
                items.iter().map(|value| Ok(types::literal(api, value, of)?.unwrap_or_else(|| "0".into())));
            let values = values.collect::<Result<Vec<_>>>()?.join(", ");
            let ty = types::ctype(api, of)?.name;
            vec![
                format!("#define {name}_LEN {}", items.len()),
                format!("static const {ty} {name}[{name}_LEN] = {{{values}}};"),
            ]
        }
        (Literal::Text(text), _) => vec![format!("#define {name} {}", types::quoted(text))],
        (value, ty) => {
            let value = types::literal(api, value, ty)?.unwrap_or_else(|| "0".into());
            vec![format!("#define {name} {value}")]
        }
    };
    Ok(ConstModel { doc: comment(0, &item.doc.text), lines })
}

fn enums(module: &Module) -> Vec<EnumModel> {
    module.enums.iter().map(enumeration).chain(module.flags.iter().map(flags)).collect()
}

fn enumeration(item: &Enum) -> EnumModel {
    let name = names::ty(&item.name.spec);
    let values = item.values.iter().map(|value| ValueModel {
        doc: comment(0, &value.doc.text),
        name: names::constant(&[&item.name.spec, &value.name]),
        value: value.tag.to_string(),
        text: types::quoted(&value.text),
        texts: std::iter::once(&value.text).chain(&value.aliases).map(|text| types::quoted(text)).collect(),
    });
    EnumModel {
        doc: comment(0, &item.doc.text),
        spec: item.name.spec.clone(),
        repr: types::int_name(item.repr.bits(), item.repr.signed()),
        values: values.collect(),
        has_texts: true,
        text_head: format!("static inline const char *{name}_text({name} value) {{"),
        parse_head: format!("static inline bool {name}_from_text(net_view text, {name} *value) {{"),
        name,
    }
}

fn flags(item: &Flags) -> EnumModel {
    let name = names::ty(&item.name.spec);
    let values = item.bits.iter().map(|bit| ValueModel {
        doc: comment(0, &bit.doc.text),
        name: names::constant(&[&item.name.spec, &bit.name]),
        value: format!("UINT64_C({:#x})", 1u64 << bit.bit),
        text: types::quoted(&bit.text),
        texts: vec![types::quoted(&bit.text)],
    });
    EnumModel {
        doc: comment(0, &item.doc.text),
        spec: item.name.spec.clone(),
        repr: types::int_name(item.repr.bits(), item.repr.signed()),
        values: values.collect(),
        has_texts: true,
        text_head: format!("static inline const char *{name}_text({name} value) {{"),
        parse_head: format!("static inline bool {name}_from_text(net_view text, {name} *value) {{"),
        name,
    }
}

fn record(api: &Api, item: &Record, seen: &mut BTreeSet<String>) -> Result<ItemModel> {
    let fields = item.fields.iter().map(|f| field(api, f, "value->", None)).collect::<Result<Vec<_>>>()?;
    Ok(ItemModel {
        doc: comment(0, &item.doc.text),
        name: names::ty(&item.name.spec),
        spec: item.name.spec.clone(),
        collections: collections(api, item.fields.iter().map(|f| &f.ty), seen)?,
        defaults: defaults(api, &item.fields, "value.")?,
        count: fields.len(),
        fields,
        is_union: false,
        cases: Vec::new(),
    })
}

fn union(api: &Api, at: At, item: &Union, seen: &mut BTreeSet<String>) -> Result<ItemModel> {
    let types = item.cases.iter().filter(|case| case.record.is_none()).flat_map(|case| &case.fields);
    let own = names::ty(&item.name.spec);
    // The list of the union itself is declared in front of it.
    let needed = types.map(|f| &f.ty).filter(|ty| **ty != Type::List(Box::new(Type::Union(at))));
    let collections = collections(api, needed, seen)?;
    let cases = item.cases.iter().enumerate();
    Ok(ItemModel {
        doc: comment(0, &item.doc.text),
        spec: item.name.spec.clone(),
        collections,
        defaults: Vec::new(),
        count: 0,
        fields: Vec::new(),
        is_union: true,
        cases: cases.map(|(index, c)| case(api, at, item, index, c, &own)).collect::<Result<_>>()?,
        name: own,
    })
}

fn case(api: &Api, at: At, union: &Union, index: usize, case: &Case, own: &str) -> Result<CaseModel> {
    let name = names::value(&case.name);
    let member = format!("value->as.{name}.");
    let fields = case.fields.iter().map(|f| field(api, f, &member, Some(at))).collect::<Result<Vec<_>>>()?;
    let record = case.record.map(|at| names::ty(&api.record(at).name.spec));
    let (args, assignments) = match &record {
        Some(record) => (vec![format!("{record} {name}")], vec![format!("made.as.{name} = {name};")]),
        None => constructor(api, at, &name, &case.fields)?,
    };
    let factory = union.factory.get(&Lang::C).map(|pattern| pattern.replace(['.', '*'], "_"));
    let prefix = factory.unwrap_or_else(|| format!("{}_", union.name.spec));
    let title = format!("static inline {own} net_{}_{}", prefix.trim_matches('_'), case.name);
    let args = if args.is_empty() { vec!["void".to_owned()] } else { args };
    Ok(CaseModel {
        doc: comment(2, &case.doc.text),
        constant: names::constant(&[&union.name.spec, &case.name]),
        index,
        is_bare: case.fields.is_empty(),
        count: case.fields.len(),
        record,
        fields,
        head: head(0, &title, &args, " {"),
        assignments,
        defaults: defaults(api, &case.fields, &member)?,
        name,
    })
}

/// Arguments and assignments of a case's constructor.
fn constructor(api: &Api, at: At, member: &str, fields: &[Field]) -> Result<(Lines, Lines)> {
    let (mut args, mut assignments) = (Vec::new(), Vec::new());
    for item in fields {
        let name = names::field(api, &item.name.spec, &item.ty);
        let (ty, optional) = item.ty.split_optional();
        let target = format!("made.as.{member}.{name}");
        match ty {
            Type::List(of) => {
                args.push(format!("const {} *{name}", types::ctype(api, of)?.name));
                args.push(format!("size_t {name}_len"));
                assignments.push(format!("{target}.items = {name};"));
                assignments.push(format!("{target}.len = {name}_len;"));
            }
            Type::Union(other) if *other == at => {
                args.push(format!("const {} *{name}", types::ctype(api, ty)?.name));
                assignments.push(format!("{target} = {name};"));
            }
            _ => {
                if optional && !types::is_view(api, ty) {
                    args.push(format!("bool has_{name}"));
                    assignments.push(format!("made.as.{member}.has_{name} = has_{name};"));
                }
                args.push(format!("{} {name}", types::ctype(api, ty)?.name));
                assignments.push(format!("{target} = {name};"));
            }
        }
    }
    Ok((args, assignments))
}

fn defaults(api: &Api, fields: &[Field], target: &str) -> Result<Lines> {
    let mut lines = Vec::new();
    for field in fields {
        let name = names::field(api, &field.name.spec, &field.ty);
        let Some(default) = &field.default else { continue };
        if let Some(value) = types::literal(api, default, &field.ty)? {
            lines.push(format!("{target}{name} = {value};"));
        }
    }
    Ok(lines)
}

/// A field of a record or case; a union that holds itself does so by address.
fn field(api: &Api, item: &Field, target: &str, own: Option<At>) -> Result<FieldModel> {
    let name = names::field(api, &item.name.spec, &item.ty);
    let (ty, optional) = item.ty.split_optional();
    let ctype = types::ctype(api, ty)?;
    let (code, c) = (&ctype.code, &ctype.name);
    let place = format!("{target}{name}");
    let is_view = types::is_view(api, ty);
    let by_address = own.is_some_and(|at| *ty == Type::Union(at));
    if by_address && optional {
        bail!("C cannot hold an optional {} in itself", item.name.spec);
    }
    let mut declarations = Vec::new();
    let (pack, mut read) = if by_address {
        declarations.push(format!("const {c} *{name};"));
        (
            vec![format!("net_{code}_pack(w, {place});")],
            vec![
                format!("{c} *{name} = ({c} *)net_get_room(r, sizeof({c}));"),
                format!("if ({name} != NULL) {{"),
                format!("  net_{code}_read(r, {name});"),
                "}".into(),
                format!("{place} = {name};"),
            ],
        )
    } else if optional && is_view {
        declarations.push(format!("{c} {name};"));
        (
            vec![format!("net_maybe_view_pack(w, &{place});")],
            vec![format!("net_maybe_view_read(r, &{place});")],
        )
    } else if optional {
        declarations.push(format!("bool has_{name};"));
        declarations.push(format!("{c} {name};"));
        let has = format!("{target}has_{name}");
        (
            vec![
                format!("net_bool_pack(w, &{has});"),
                format!("if ({has}) {{"),
                format!("  net_{code}_pack(w, &{place});"),
                "}".into(),
            ],
            vec![
                format!("net_bool_read(r, &{has});"),
                format!("if ({has}) {{"),
                format!("  net_{code}_read(r, &{place});"),
                "}".into(),
            ],
        )
    } else {
        declarations.push(format!("{c} {name};"));
        (vec![format!("net_{code}_pack(w, &{place});")], vec![format!("net_{code}_read(r, &{place});")])
    };
    let there = if item.may_be_left_out() { "net_get_more" } else { "net_get_field" };
    read = read.into_iter().map(|line| format!("  {line}")).collect();
    read.insert(0, format!("if ({there}(r, &f)) {{"));
    read.push("}".into());
    let mut doc = item.doc.text.clone();
    if let Some(absent) = &item.absent {
        doc += &format!(" Left out: {}", lower_first(absent));
    }
    Ok(FieldModel { doc: comment(2, &doc), declarations, pack, read })
}

fn family(api: &Api, item: &Family) -> Result<FamilyModel> {
    Ok(FamilyModel {
        doc: comment(0, &item.doc.text),
        kinds: item.kinds.iter().map(|k| kind(api, item, k)).collect::<Result<_>>()?,
    })
}

fn kind(api: &Api, family: &Family, item: &Kind) -> Result<KindModel> {
    let mut fields = Vec::new();
    for f in item.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))) {
        let words = f.name.replace('_', " ");
        let plain = Field {
            name: crate::ir::Name { spec: f.name.clone(), ..Default::default() },
            ty: f.ty.clone(),
            default: None,
            variadic: false,
            absent: None,
            min: None,
            max: None,
            order: None,
            number: false,
            secret: false,
            feature: None,
            doc: crate::ir::Doc { text: format!("The {words}.") },
        };
        fields.push(field(api, &plain, "value->", None)?);
    }
    let struct_name = names::ty(&names::kind_fields(&family.name, item));
    let unpack = ["const net_error *error".to_owned(), format!("{struct_name} *value")];
    let pack = ["net_writer *w".to_owned(), format!("const {struct_name} *value")];
    Ok(KindModel {
        doc: comment(0, &item.doc.text),
        name: names::constant(&[&family.name, &item.name]),
        code: item.code,
        family: names::family(&family.name),
        title: format!("`{}: {}`", family.name, item.name),
        fields,
        unpack_head: head(0, &format!("static inline bool {struct_name}_unpack"), &unpack, " {"),
        pack_head: head(0, &format!("static inline void {struct_name}_pack"), &pack, " {"),
        struct_name,
    })
}

/// The maps and lists of lists that types need and that were not seen before.
fn collections<'a>(
    api: &Api,
    types: impl Iterator<Item = &'a Type>,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<CollectionModel>> {
    let mut found = Vec::new();
    for ty in types {
        collect(api, ty.split_optional().0, seen, &mut found)?;
    }
    Ok(found)
}

fn collect(
    api: &Api,
    ty: &Type,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<CollectionModel>,
) -> Result<()> {
    let (kind, of) = match ty {
        Type::List(of) => ("LIST", of),
        Type::Map(of) => ("MAP", of),
        _ => return Ok(()),
    };
    collect(api, of, seen, found)?;
    let item = types::ctype(api, of)?;
    // Lists of named types and everything of plain values is there already.
    let is_named = matches!(
        **of,
        Type::Record(_) | Type::Union(_) | Type::Enum(_) | Type::Flags(_) | Type::FixedBytes(_)
    );
    let is_nested = matches!(**of, Type::List(_) | Type::Map(_));
    let is_there = if is_named { kind == "LIST" } else { !is_nested };
    if !is_there && seen.insert(format!("{kind} {}", item.code)) {
        let guard = names::constant(&[&item.code, kind]);
        found.push(CollectionModel { kind, code: item.code, name: item.name, guard });
    }
    Ok(())
}

/// The maps and lists of lists that only functions need.
fn api_collections(api: &Api, module: &Module, seen: &mut BTreeSet<String>) -> Result<Vec<CollectionModel>> {
    let methods: Vec<_> = methods(module).collect();
    let args = methods.iter().flat_map(|m| m.args.iter().map(|arg| &arg.ty));
    let results = methods.iter().filter_map(|m| m.returns.as_ref());
    collections(api, args.chain(results), seen)
}

/// Every function and method of a module, those of the program included.
fn methods(module: &Module) -> impl Iterator<Item = &Method> {
    let objects = module.objects.iter().flat_map(|o| o.constructors.iter().chain(&o.methods));
    let hosts = module.hosts.iter().flat_map(|host| host.methods.iter().chain(&host.props));
    module.functions.iter().chain(objects).chain(hosts)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}
