//! What the templates of Go's types print: strings and truth values, nothing to decide.

use super::names;
use super::types::{self, Left};
use crate::ir::{
    Api, At, Case, Doc, Enum, Field, Flags, Lang, Module, Piece, Record, Scalar, Template, TextForm, Type,
    Union,
};

/// Lines of a comment, or of a body.
pub(crate) type Lines = Vec<String>;

pub(crate) struct ConstModel {
    pub doc: Lines,
    pub name: String,
    /// `const` or `var`.
    pub keyword: &'static str,
    pub ty: String,
    pub value: String,
}

pub(crate) struct ScalarModel {
    pub doc: Lines,
    pub name: String,
    pub aliases: Vec<String>,
    pub base: String,
    /// Expression of its text, over `v`.
    pub string: Option<String>,
    /// Number of bytes that hex is parsed into.
    pub hex: Option<usize>,
    /// Number of bytes that base64 is parsed into.
    pub base64: Option<usize>,
    pub spec: String,
}

pub(crate) struct EnumModel {
    pub doc: Lines,
    pub name: String,
    pub aliases: Vec<String>,
    pub base: String,
    /// First part of the names of its helpers.
    pub helper: String,
    pub numeric: bool,
    pub bits: u32,
    pub open: bool,
    pub values: Vec<EnumValueModel>,
    /// Expression of the error that refuses an unknown value, with what `detail` says of it.
    pub refusal: Option<String>,
}

pub(crate) struct EnumValueModel {
    pub doc: Lines,
    pub name: String,
    pub tag: u64,
    /// The literal of the constant.
    pub literal: String,
    /// What a caller may give for it.
    pub taken: String,
    pub text: String,
}

pub(crate) struct FlagsModel {
    pub doc: Lines,
    pub name: String,
    pub aliases: Vec<String>,
    pub base: String,
    /// Mask of the bits that may be set.
    pub allowed: String,
    pub bits: Vec<BitModel>,
    /// Expression of the error that refuses an unknown bit.
    pub refusal: Option<String>,
}

pub(crate) struct BitModel {
    pub doc: Lines,
    pub name: String,
    pub bit: u8,
    pub text: String,
}

pub(crate) struct UnionModel {
    pub doc: Lines,
    pub name: String,
    pub aliases: Vec<String>,
    pub depth: Option<u32>,
    pub cases: Vec<CaseModel>,
    /// Variable that holds the constructors of a dotted factory, and its type.
    pub holder: Option<(String, String)>,
}

pub(crate) struct CaseModel {
    pub doc: Lines,
    pub index: usize,
    pub name: String,
    pub fields: Vec<FieldModel>,
    /// Constructor: the line that opens it.
    pub factory: Option<String>,
    /// Elements of the constructed value.
    pub given: String,
    pub count: usize,
}

pub(crate) struct FieldModel {
    pub doc: Lines,
    pub name: String,
    pub ty: String,
    /// Statements that pack it.
    pub pack: Lines,
    /// Expression that unpacks it from `&f.reader`.
    pub unpack: String,
}

pub(crate) struct RecordModel {
    pub doc: Lines,
    pub name: String,
    pub aliases: Vec<String>,
    pub fields: Vec<FieldModel>,
    pub count: usize,
    /// Whether it crosses to the core, and back; one with streams in it only crosses back.
    pub packs: bool,
    pub unpacks: bool,
    pub constructor: Option<ConstructorModel>,
    pub views: Vec<ViewModel>,
}

pub(crate) struct ConstructorModel {
    pub doc: String,
    pub args: String,
    pub result: String,
    /// The expression that it answers with.
    pub value: String,
}

pub(crate) struct ViewModel {
    pub doc: Lines,
    /// Name, arguments and result.
    pub signature: String,
    pub value: String,
}

/// Lowers the constants of a module.
pub(crate) fn constants(api: &Api, module: &Module) -> Vec<ConstModel> {
    let lower = |item: &crate::ir::Const| {
        let is_list = matches!(item.ty, Type::List(_) | Type::Map(_) | Type::Record(_));
        ConstModel {
            doc: doc(&item.doc),
            name: names::item(&item.name),
            keyword: if is_list { "var" } else { "const" },
            ty: if is_list { String::new() } else { format!(" {}", types::go(api, &item.ty, &[])) },
            value: types::literal(api, &item.value, &item.ty),
        }
    };
    module.consts.iter().map(lower).collect()
}

/// Lowers a scalar.
pub(crate) fn scalar(api: &Api, item: &Scalar) -> ScalarModel {
    let base = types::go(api, &item.base, &[]);
    let width = |form| match item.base {
        Type::FixedBytes(width) if item.accept.contains(&form) => Some(width),
        _ => None,
    };
    let string = match (&item.text, item.out) {
        (Some(text), _) => Some(format_call(text)),
        (None, Some(TextForm::Hex)) => Some("fmt.Sprintf(\"%x\", v[:])".into()),
        (None, Some(TextForm::Base64)) => Some("toBase64(v[:])".into()),
        _ => None,
    };
    ScalarModel {
        doc: doc(&item.doc),
        name: names::item(&item.name),
        aliases: names::aliases(&item.name),
        base: if types::is_named(&item.base) { base } else { format!("= {base}") },
        string: string.filter(|_| types::is_named(&item.base)),
        hex: width(TextForm::Hex),
        base64: width(TextForm::Base64),
        spec: item.name.spec.clone(),
    }
}

/// Lowers an enum.
pub(crate) fn enumeration(item: &Enum) -> EnumModel {
    let name = names::item(&item.name);
    let values = item.values.iter().map(|value| {
        let constant = format!("{name}{}", names::public(&value.name));
        let mut taken = vec![constant.clone()];
        if !item.numeric {
            taken.extend(value.aliases.iter().map(|text| names::text(text)));
        }
        EnumValueModel {
            doc: doc(&value.doc),
            tag: value.tag,
            literal: if item.numeric { value.tag.to_string() } else { names::text(&value.text) },
            taken: taken.join(", "),
            text: names::text(&value.text),
            name: constant,
        }
    });
    EnumModel {
        doc: doc(&item.doc),
        aliases: names::aliases(&item.name),
        base: if item.numeric { types::integer(item.repr).into() } else { "string".into() },
        helper: super::calls::lower_first(&name),
        numeric: item.numeric,
        bits: item.repr.bits(),
        open: item.open,
        values: values.collect(),
        refusal: None,
        name,
    }
}

/// Lowers flags.
/// The error that refuses an unknown value.
fn refusal(api: &Api, (at, kind): (At, usize)) -> String {
    let family = api.family(at);
    let name = names::family(&family.name);
    let kind = names::public(&family.kinds[kind].name);
    format!("&{name}{{Kind: {name}Kind{kind}, Detail: detail}}")
}

/// Lowers an enum with what refuses unknown values.
pub(crate) fn refusing_enumeration(api: &Api, item: &Enum) -> EnumModel {
    EnumModel { refusal: item.unknown.map(|kind| refusal(api, kind)), ..enumeration(item) }
}

/// Lowers flags with what refuses unknown bits.
pub(crate) fn refusing_flags(api: &Api, item: &Flags) -> FlagsModel {
    FlagsModel { refusal: item.unknown.map(|kind| refusal(api, kind)), ..flags(item) }
}

pub(crate) fn flags(item: &Flags) -> FlagsModel {
    let name = names::item(&item.name);
    let bits = item.bits.iter().map(|bit| BitModel {
        doc: doc(&bit.doc),
        name: format!("{name}{}", names::public(&bit.name)),
        bit: bit.bit,
        text: names::text(&bit.text),
    });
    let mask = item.bits.iter().fold(0_u64, |mask, bit| mask | 1 << bit.bit);
    FlagsModel {
        doc: doc(&item.doc),
        aliases: names::aliases(&item.name),
        base: types::integer(item.repr).into(),
        allowed: if item.open { "math.MaxUint64".into() } else { format!("{mask:#x}") },
        bits: bits.collect(),
        refusal: None,
        name,
    }
}

/// Lowers a union.
pub(crate) fn union(api: &Api, item: &Union) -> UnionModel {
    let name = names::item(&item.name);
    let pattern = item.factory.get(&Lang::Go);
    let dotted = pattern.and_then(|pattern| pattern.strip_suffix(".*")).map(names::public);
    let holder = dotted.map(|variable| (variable, format!("{}Factory", names::private(&item.name.spec))));
    let case = |(index, case): (usize, &Case)| {
        let fields: Vec<_> = case.fields.iter().map(|f| field(api, f)).collect();
        CaseModel {
            doc: doc(&case.doc),
            index,
            name: format!("{name}{}", names::public(&case.name)),
            factory: pattern.map(|pattern| factory(api, item, case, pattern, holder.as_ref())),
            given: case_values(&fields, &case.fields),
            count: fields.len(),
            fields,
        }
    };
    UnionModel {
        doc: doc(&item.doc),
        aliases: names::aliases(&item.name),
        depth: item.depth,
        cases: item.cases.iter().enumerate().map(case).collect(),
        holder,
        name,
    }
}

/// Lowers a record.
pub(crate) fn record(api: &Api, item: &Record) -> RecordModel {
    let name = names::item(&item.name);
    let fields: Vec<_> = item.fields.iter().map(|f| field(api, f)).collect();
    RecordModel {
        doc: doc(&item.doc),
        aliases: names::aliases(&item.name),
        count: fields.len(),
        packs: item.is_input || !api.holds(item),
        unpacks: item.is_output || !api.holds(item),
        constructor: constructor(api, item, &name, &fields),
        views: item.views.iter().map(|view| self::view(api, item, view, &name)).collect(),
        fields,
        name,
    }
}

/// Lines of a doc.
pub(crate) fn doc(doc: &Doc) -> Lines {
    doc.lines().map(comment).collect()
}

/// Lines of a doc of something that does what the doc says: `Reads it.` becomes `Read reads it.`
pub(crate) fn doc_of(name: &str, doc: &Doc) -> Lines {
    let mut lines: Vec<_> = doc.lines().map(str::to_owned).collect();
    if let Some(first) = lines.first_mut() {
        let verb = first.split(' ').next().unwrap_or_default();
        let is_verb = verb.ends_with('s') && verb[1..].chars().all(|char| char.is_ascii_lowercase());
        *first = if is_verb {
            format!("{name} {}{}", first[..1].to_lowercase(), &first[1..])
        } else {
            format!("{name}: {first}")
        };
    }
    lines.iter().map(|line| comment(line)).collect()
}

fn comment(line: &str) -> String {
    format!("// {line}").trim_end().to_owned()
}

/// The statement that packs a value.
pub(crate) fn pack_statement(api: &Api, ty: &Type, value: &str, vars: &types::Variables) -> String {
    match ty {
        Type::Optional(inner) if types::is_nilable(inner) => {
            format!("packSome(w, {}, {value} != nil, {value})", types::pack(api, inner, vars))
        }
        _ => format!("{}(w, {value})", types::pack(api, ty, vars)),
    }
}

/// Lowers a field.
pub(crate) fn field(api: &Api, item: &Field) -> FieldModel {
    let name = names::field(api, item);
    let plain = types::go(api, &item.ty, &[]);
    let take = format!("{}(&f.reader)", types::unpack(api, &item.ty, &[]));
    let (ty, value, unpack) = match types::left_out(api, item) {
        Left::Plain => (plain, format!("v.{name}"), take),
        Left::Zero(default) => (plain, format!("cmp.Or(v.{name}, {})", inner(&default)), take),
        Left::Nil(default) => (plain.clone(), format!("orElse[{plain}](v.{name}, {default})"), take),
        Left::Pointer(default) => {
            (format!("*{plain}"), format!("or(v.{name}, {})", inner(&default)), format!("Ptr({take})"))
        }
    };
    let mut pack = Vec::new();
    if types::is_fallible(api, &item.ty) {
        pack.push(format!("w.name = {}", names::text(&name)));
    }
    pack.push(pack_statement(api, &item.ty, &value, &[]));
    FieldModel { doc: field_doc(api, item), name, ty, pack, unpack }
}

/// An expression as one of several arguments, where gofmt sets operators close.
pub(crate) fn inner(expression: &str) -> String {
    if expression.starts_with('"') {
        expression.to_owned()
    } else {
        expression.replace(" * ", "*").replace(" | ", "|")
    }
}

/// What a field holds, and what a caller gets who leaves it out.
fn field_doc(api: &Api, item: &Field) -> Lines {
    let mut lines = doc(&item.doc);
    if lines.is_empty() {
        lines.push(format!("// The {}.", item.name.spec.replace('_', " ")));
    }
    if let Some(absent) = &item.absent {
        lines.push(comment(&format!("Nil: {}{}", absent[..1].to_lowercase(), &absent[1..])));
    }
    match types::left_out(api, item) {
        Left::Plain => {}
        Left::Zero(default) => lines.push(comment(&format!("Zero: {default}."))),
        Left::Nil(default) | Left::Pointer(default) => lines.push(comment(&format!("Nil: {default}."))),
    }
    lines
}

fn constructor(api: &Api, item: &Record, name: &str, fields: &[FieldModel]) -> Option<ConstructorModel> {
    match item.class? {
        crate::ir::RecordClass::Options if item.all_optional() => {
            let set = item.fields.iter().zip(fields).filter_map(|(field, model)| {
                let value = match types::left_out(api, field) {
                    Left::Plain => return None,
                    Left::Zero(default) | Left::Nil(default) => default,
                    Left::Pointer(default) => format!("Ptr[{}]({default})", &model.ty[1..]),
                };
                Some(format!("{}: {value}", model.name))
            });
            Some(ConstructorModel {
                doc: format!("New{name} gives options in which every default is set."),
                args: String::new(),
                result: format!("*{name}"),
                value: format!("&{name}{{{}}}", set.collect::<Vec<_>>().join(", ")),
            })
        }
        crate::ir::RecordClass::Options => None,
        crate::ir::RecordClass::Fields => {
            let args = item.fields.iter().zip(fields);
            let args = args.map(|(f, model)| format!("{} {}", names::private(&f.name.spec), model.ty));
            let set = item.fields.iter().zip(fields);
            let set = set.map(|(f, model)| format!("{}: {}", model.name, names::private(&f.name.spec)));
            Some(ConstructorModel {
                doc: format!("New{name} makes the record of its fields."),
                args: args.collect::<Vec<_>>().join(", "),
                result: name.to_owned(),
                value: format!("{name}{{{}}}", set.collect::<Vec<_>>().join(", ")),
            })
        }
    }
}

fn view(api: &Api, record: &Record, item: &crate::ir::View, owner: &str) -> ViewModel {
    let name = names::item(&item.name);
    let field = format!("v.{}", names::field(api, &record.fields[item.of]));
    let (signature, value) = match item.ty {
        Type::Json(_) => (format!("{name}(into any) error"), format!("decodeJSON([]byte({field}), into)")),
        _ => (format!("{name}() []byte"), format!("[]byte({field})")),
    };
    let mut lines = doc_of(&name, &item.doc);
    if matches!(item.ty, Type::Json(_)) {
        lines.push("// The value goes where into points.".into());
    }
    ViewModel { doc: lines, signature: format!("func (v {owner}) {signature}"), value }
}

/// The opening line of a case's constructor.
fn factory(api: &Api, item: &Union, case: &Case, pattern: &str, holder: Option<&(String, String)>) -> String {
    let args = case.fields.iter().map(|f| {
        let ty = types::go(api, &f.ty, &[]);
        match (f.variadic, ty.strip_prefix("[]")) {
            (true, Some(element)) => format!("{} ...{element}", names::private(&f.name.spec)),
            _ => format!("{} {ty}", names::private(&f.name.spec)),
        }
    });
    let args = args.collect::<Vec<_>>().join(", ");
    let result = names::item(&item.name);
    match holder {
        Some((_, ty)) => format!("func ({ty}) {}({args}) {result}", names::public(&case.name)),
        None => format!("func {}({args}) {result}", names::public(&pattern.replace('*', &case.name))),
    }
}

fn case_values(models: &[FieldModel], fields: &[Field]) -> String {
    let values = models.iter().zip(fields).map(|(model, f)| {
        let name = names::private(&f.name.spec);
        let is_pointer = f.default.is_some() && model.ty.starts_with('*');
        format!("{}: {}{name}", model.name, if is_pointer { "&" } else { "" })
    });
    values.collect::<Vec<_>>().join(", ")
}

/// A call that formats `v` by a template.
fn format_call(template: &Template) -> String {
    let mut format = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => format += &text.replace('%', "%%"),
            Piece::Value(_, Some((width, _))) => format += &format!("%0{width}x"),
            Piece::Value(_, None) => format += "%d",
            Piece::Group(_) => {}
        }
    }
    let bare = "uint64(v)";
    format!("fmt.Sprintf({}, {bare})", names::text(&format))
}
