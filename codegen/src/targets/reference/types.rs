//! Constants and types.

use super::lang::{ALL, Language, Site};
use super::model::{ItemModel, doc, language};
use super::table::{code, codes, not_tested, table};
use crate::doc::RecordClass;
use crate::ir::{Field, Module, Name, Record, TextForm, Type, Union};
use crate::spell::{self, Spelling};
use crate::targets::python::names as python;

impl<'a> Site<'a> {
    /// The module.
    pub(super) fn item(self) -> &'a Module {
        &self.api.modules[self.module]
    }

    /// How the module writes types.
    pub(super) fn spelling(self) -> Spelling<'a> {
        Spelling { api: self.api, module: self.module }
    }
}

/// The constants, as blocks.
pub(super) fn constants(site: Site<'_>) -> Vec<String> {
    let all = &site.item().consts;
    if all.is_empty() {
        return Vec::new();
    }
    let rows = all.iter().map(|item| {
        let (name, ty) = (code(&item.name.spec), code(&site.spelling().ty(&item.ty)));
        vec![name, ty, code(&site.spelling().literal(&item.value, &item.ty)), item.doc.text.clone()]
    });
    let names = all.iter().map(|item| (item.name.spec.as_str(), &item.name));
    vec![
        table(&["constant", "type", "value", "meaning"], &rows.collect::<Vec<_>>()),
        spellings("constant", names, |lang, name| lang.constant(name)),
    ]
}

/// The enums.
pub(super) fn enums(site: Site<'_>) -> Vec<ItemModel> {
    let lower = |item: &crate::ir::Enum| {
        let shown = if item.numeric { "Programs see its numbers." } else { "Programs see its texts." };
        let open = if item.open { " Unknown values pass through." } else { "" };
        let carried = format!("Carried as `{}`. {shown}{open}", item.repr.key());
        let values = item.values.iter().map(|value| {
            let (tag, text) = (value.tag.to_string(), code(&value.text));
            let meaning = value.doc.text.clone() + &not_tested(value.untested.as_deref());
            vec![tag, code(&value.name), text, codes(&value.aliases), meaning]
        });
        let values = table(&["tag", "value", "text", "also taken", "meaning"], &values.collect::<Vec<_>>());
        let names = item.values.iter().map(|value| (value.name.as_str(), value));
        let names = spellings("value", names, |lang, value| lang.value(item, value));
        ItemModel {
            title: code(&item.name.spec),
            blocks: blocks(doc(&item.doc), [names_of(&item.name), carried, values, names]),
        }
    };
    site.item().enums.iter().map(lower).collect()
}

/// The flags.
pub(super) fn flags(site: Site<'_>) -> Vec<ItemModel> {
    let lower = |item: &crate::ir::Flags| {
        let open = if item.open { " Unknown bits pass through." } else { "" };
        let empty = if item.empty { " No bit at all is legal." } else { "" };
        let carried = format!("Carried as `{}`.{open}{empty}", item.repr.key());
        let bits = item
            .bits
            .iter()
            .map(|bit| vec![bit.bit.to_string(), code(&bit.name), code(&bit.text), bit.doc.text.clone()]);
        let bits = table(&["bit", "name", "text", "meaning"], &bits.collect::<Vec<_>>());
        let names = item.bits.iter().map(|bit| (bit.name.as_str(), bit));
        let names = spellings("bit", names, |lang, bit| lang.bit(item, bit));
        ItemModel {
            title: code(&item.name.spec),
            blocks: blocks(doc(&item.doc), [names_of(&item.name), carried, bits, names]),
        }
    };
    site.item().flags.iter().map(lower).collect()
}

/// The scalars.
pub(super) fn scalars(site: Site<'_>) -> Vec<ItemModel> {
    let lower = |item: &crate::ir::Scalar| {
        let mut facts = vec![format!("A `{}` with a name.", site.spelling().ty(&item.base))];
        if let Some(text) = &item.text {
            facts.push(format!("Its text is {}.", code(&spell::template(text))));
        }
        if !item.accept.is_empty() {
            let forms: Vec<_> = item.accept.iter().map(|form| text_form(*form)).collect();
            facts.push(format!("Arguments may also be given as {}.", forms.join(" or ")));
        }
        if let Some(out) = item.out {
            facts.push(format!("Handed out as {} in TypeScript and Python.", text_form(out)));
        }
        ItemModel {
            title: code(&item.name.spec),
            blocks: blocks(doc(&item.doc), [names_of(&item.name), facts.join(" ")]),
        }
    };
    site.item().scalars.iter().map(lower).collect()
}

/// The unions.
pub(super) fn unions(site: Site<'_>) -> Vec<ItemModel> {
    let lower = |item: &Union| {
        let mut facts = vec![format!("The member {} tells the cases apart.", code(&item.tag))];
        if let Some(depth) = item.depth {
            facts.push(format!("Nested at most {depth} deep."));
        }
        if item.bare {
            facts.push("A case without fields may be given as its bare tag.".into());
        }
        let cases = item.cases.iter().map(|case| {
            let record = case.record.map(|at| site.spelling().path(at, &site.api.record(at).name.spec));
            let fields = record.map(|record| format!("those of `{record}`"));
            vec![code(&case.name), code(&case.text), fields.unwrap_or_default(), case.doc.text.clone()]
        });
        let cases = table(&["case", "tag", "fields", "meaning"], &cases.collect::<Vec<_>>());
        let fields = item.cases.iter().filter(|case| case.record.is_none());
        let fields =
            fields.flat_map(|case| case.fields.iter().map(|field| (format!("{}.", case.name), field)));
        let names = item.cases.iter().map(|case| (case.name.as_str(), case));
        let names = spellings("case", names, |lang, case| lang.case(item, case));
        let named = item.cases.iter().flat_map(|case| case.fields.iter().map(move |field| (case, field)));
        let named: Vec<_> = named
            .map(|(case, field)| (format!("{}.{}", case.name, field.name.spec), (case, field)))
            .collect();
        let named = named.iter().map(|(name, field)| (name.as_str(), *field));
        let named =
            spellings("field", named, |lang, (case, field)| lang.case_field(site.api, item, case, field));
        let all = [names_of(&item.name), facts.join(" "), cases, names, fields_table(site, fields), named];
        ItemModel { title: code(&item.name.spec), blocks: blocks(doc(&item.doc), all) }
    };
    site.item().unions.iter().map(lower).collect()
}

/// The records.
pub(super) fn records(site: Site<'_>) -> Vec<ItemModel> {
    site.item().records.iter().map(|item| record(site, item)).collect()
}

/// The metrics.
pub(super) fn metrics(site: Site<'_>) -> Vec<String> {
    let rows = site.item().metrics.iter().map(|item| {
        let labels: Vec<_> = item.labels().map(str::to_owned).collect();
        let record = &site.api.record(item.record).name.spec;
        let says = item.doc.text.clone();
        vec![code(&item.published), item.kind.key().to_owned(), codes(&labels), code(record), says]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![table(&["name", "kind", "labels", "from", "meaning"], &rows)]
}

/// What the types of the spec are, for the index.
pub(super) fn built_in() -> String {
    let rows = [
        ["bool", "a truth value"],
        ["u8 .. u64, i8 .. i64", "an integer; 64-bit ones are `bigint` in TypeScript"],
        ["f64", "a float"],
        ["string", "UTF-8 text"],
        ["bytes, bytes<N>", "bytes, or exactly so many"],
        ["&bytes", "bytes that are borrowed for the call"],
        ["duration<ms>", "a span of time in the unit that is named"],
        ["instant<ns>", "a point in time since 1970 in the unit that is named"],
        ["date", "a calendar time, in milliseconds since 1970"],
        ["size<bytes>", "a count of bytes"],
        ["json<t>", "JSON of a type of the caller"],
        ["error", "an error as a value"],
        ["list<T>, map<string,T>", "values in order; values by text, in byte order of the texts"],
        ["stream<T>", "values as they come"],
        ["T?", "a value, or none"],
        ["...T", "any number of values"],
        ["host name", "an implementation by the program"],
    ];
    let rows = rows.map(|[ty, meaning]| vec![code(ty), meaning.to_owned()]);
    table(&["type", "what it is"], &rows)
}

/// A table of fields with types, units, defaults and limits; each behind its case, if any.
pub(super) fn fields_table<'a>(site: Site<'_>, fields: impl Iterator<Item = (String, &'a Field)>) -> String {
    let rows = fields.map(|(case, field)| {
        let spelling = site.spelling();
        let default = field.default.as_ref();
        let (inner, _) = field.ty.split_optional();
        vec![
            code(&format!("{case}{}", field.name.spec)),
            code(&spelling.field(field)),
            spell::unit(site.api.base(inner)).to_owned(),
            default.map_or(String::new(), |value| code(&spelling.literal(value, &field.ty))),
            limits(field),
            meaning(site, field),
        ]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    table(&["field", "type", "unit", "default", "limits", "meaning"], &rows)
}

/// A line with the names of a type in every language.
pub(super) fn names_of(name: &Name) -> String {
    let named = |lang: &&dyn Language| {
        let names = lang.ty(name).into_iter().chain(lang.type_aliases(name));
        (lang.label(), names.collect::<Vec<_>>())
    };
    names_line(ALL.iter().map(named))
}

/// A line with names by language.
pub(super) fn names_line(all: impl Iterator<Item = (&'static str, Vec<String>)>) -> String {
    let named = all.filter(|(_, names)| !names.is_empty());
    let named: Vec<_> = named.map(|(label, names)| format!("{label} {}", codes(&names))).collect();
    named.join(" · ")
}

/// A table with what each language calls each of some things.
pub(super) fn spellings<'a, T: Copy>(
    what: &str,
    things: impl Iterator<Item = (&'a str, T)>,
    name: impl Fn(&dyn Language, T) -> Option<String>,
) -> String {
    let rows = things.map(|(spec, thing)| {
        let names = ALL.iter().map(|lang| name(*lang, thing).map_or(String::new(), |name| code(&name)));
        std::iter::once(code(spec)).chain(names).collect::<Vec<_>>()
    });
    let head: Vec<_> = std::iter::once(what).chain(ALL.iter().map(|lang| lang.label())).collect();
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() { String::new() } else { table(&head, &rows) }
}

/// Blocks that are not empty.
pub(super) fn blocks(first: Vec<String>, more: impl IntoIterator<Item = String>) -> Vec<String> {
    first.into_iter().chain(more).filter(|block| !block.is_empty()).collect()
}

fn record(site: Site<'_>, item: &Record) -> ItemModel {
    let mut facts = Vec::new();
    match item.class {
        Some(RecordClass::Options) => {
            facts.push("A class of options: what is left out takes its default.".into())
        }
        Some(RecordClass::Fields) => {
            facts.push("A class, built from its fields in order and equal by value.".into())
        }
        None => {}
    }
    if let Some(field) = item.stands_as {
        facts.push(format!("It may stand for its {}.", code(&item.fields[field].name.spec)));
    }
    if !item.tuple.is_empty() {
        let languages: Vec<_> = item.tuple.iter().map(|lang| language(*lang)).collect();
        facts.push(format!("In {} it is a tuple of its fields.", languages.join(" and ")));
    }
    if item.fixed {
        facts.push("Its fields are final: as a result it crosses the C ABI as a struct of numbers.".into());
    }
    let fields = fields_table(site, item.fields.iter().map(|field| (String::new(), field)));
    let names = item.fields.iter().map(|field| (field.name.spec.as_str(), field));
    let names = spellings("field", names, |lang, field| lang.field(site.api, item, field));
    let views = item.views.iter().map(|view| {
        let of = &item.fields[view.of].name.spec;
        vec![code(&view.name.spec), code(of), code(&site.spelling().ty(&view.ty)), view.doc.text.clone()]
    });
    let views: Vec<_> = views.collect();
    let views =
        if views.is_empty() { String::new() } else { table(&["view", "of", "type", "meaning"], &views) };
    let shown = item.views.iter().map(|view| (view.name.spec.as_str(), view));
    let shown = spellings("view", shown, |lang, view| lang.view(item, view));
    let all = [names_of(&item.name), facts.join(" "), fields, names, views, shown];
    ItemModel { title: code(&item.name.spec), blocks: blocks(doc(&item.doc), all) }
}

fn limits(field: &Field) -> String {
    let bound = |bound: Option<i64>| bound.map(|bound| spell::grouped(bound.into()));
    let what = match field.ty.split_optional().0 {
        Type::String | Type::Bytes => " bytes",
        Type::List(_) => " items",
        _ => "",
    };
    match (bound(field.min), bound(field.max)) {
        (None, None) => String::new(),
        (Some(min), None) => format!("at least {min}{what}"),
        (None, Some(max)) => format!("at most {max}{what}"),
        (Some(min), Some(max)) => format!("{min} to {max}{what}"),
    }
}

fn meaning(site: Site<'_>, field: &Field) -> String {
    let mut says = vec![field.doc.text.clone()];
    says.extend(field.absent.as_ref().map(|absent| format!("Absent: {absent}")));
    if let (Type::Record(at), true) = (field.ty.split_optional().0, field.python_flat) {
        let first = python::field(site.api, &site.api.record(*at).fields[0]);
        let example = format!("{}_{first}", field.name.spec);
        says.push(format!("In Python its fields may be given by themselves, as `{example}`."));
    }
    says.extend(field.order.as_ref().map(|order| format!("Order: {order}.")));
    says.extend(field.secret.then(|| "Never printed or logged.".to_owned()));
    says.extend(field.untested.as_ref().map(|reason| format!("Not in the conformance suite: {reason}")));
    says.extend(field.feature.as_ref().map(|feature| {
        format!("Without the feature `{feature}` another value than the default is `unsupported`.")
    }));
    let says: Vec<_> = says.into_iter().filter(|text| !text.is_empty()).collect();
    says.join(" ")
}

fn text_form(form: TextForm) -> &'static str {
    match form {
        TextForm::Hex => "hex",
        TextForm::Base64 => "base64",
        TextForm::Utf8 => "UTF-8 text",
    }
}
