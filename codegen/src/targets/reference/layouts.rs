//! Byte layouts: what stands where.

mod diagram;

use super::lang::{ALL, Site};
use super::model::{ItemModel, doc};
use super::table::{code, table};
use super::types::{blocks, names_line};
use crate::doc::{Endian, LayoutKind};
use crate::ir::{Api, Int, Lang, Length, Type, Wire, WireField, WireForm};
use crate::spell::{self, grouped};
use diagram::Part;

/// Where the codecs are imported from.
pub(super) fn intro(site: Site<'_>) -> Vec<String> {
    let module = site.item();
    if module.wires.is_empty() || module.feature.as_deref() == Some("conformance") {
        return Vec::new();
    }
    let subpath = |lang: Lang, separator: &str| {
        let of_lang = site.api.packages.iter().filter(|package| package.language == lang);
        let paths = of_lang
            .flat_map(|package| package.paths.iter().map(move |(path, exports)| (package, path, exports)));
        let mut found = paths.filter(|(_, _, exports)| exports.iter().any(|one| one == "*.wire"));
        found.next().map(|(package, path, _)| code(&format!("{}{separator}{path}", package.name)))
    };
    let places = [
        Some(format!("Rust {}", code(&format!("net_mesh::wire::{}", module.name)))),
        subpath(Lang::Ts, "/").map(|path| format!("TypeScript {path}")),
        subpath(Lang::Python, ".").map(|path| format!("Python {path}")),
        Some("Go the package itself".to_owned()),
        Some(format!("C {}", code(&format!("<net_mesh/{}_wire.h>", module.name)))),
    ];
    let places: Vec<_> = places.into_iter().flatten().collect();
    vec![format!("Encoders and decoders are pure functions. {}.", places.join(" · "))]
}

/// The layouts.
pub(super) fn layouts(site: Site<'_>) -> Vec<ItemModel> {
    site.item().wires.iter().map(|item| layout(site, item)).collect()
}

fn layout(site: Site<'_>, item: &Wire) -> ItemModel {
    let parts = parts(site.api, item);
    let diagram = match item.layout {
        LayoutKind::Fixed => diagram::grid(&parts),
        LayoutKind::Sequence => diagram::row(&parts),
        _ => String::new(),
    };
    let diagram = if diagram.is_empty() { diagram } else { format!("```text\n{diagram}\n```") };
    let names = names_line(ALL.iter().map(|lang| (lang.label(), lang.layout(site.api, item))));
    let all = [names, facts(site, item), fields(site, item, &parts), diagram];
    ItemModel { title: code(&item.name), blocks: blocks(doc(&item.doc), all) }
}

fn facts(site: Site<'_>, item: &Wire) -> String {
    let order = match item.endian {
        Endian::Little => "lowest byte first",
        Endian::Big => "highest byte first",
    };
    let record = item.of.map(|at| code(&site.spelling().path(at, &site.api.record(at).name.spec)));
    let record = record.unwrap_or_default();
    let mut facts = vec![match item.layout {
        LayoutKind::Fixed => format!("{} bytes, {order}.", item.size.unwrap_or_default()),
        LayoutKind::Sequence => format!("One field after the other, {order}."),
        LayoutKind::Packed => format!("Postcard of {record}."),
        LayoutKind::Text => {
            let form = item.format.as_ref().map_or(String::new(), |form| code(&spell::template(form)));
            format!("The text {form} of {record}.")
        }
        LayoutKind::Json => format!("Canonical JSON of {record}."),
    }];
    facts.extend(item.version.map(|version| format!("Version {version}; decoders read all up to it.")));
    facts.extend(item.max.map(|max| format!("At most {} bytes.", grouped(max.into()))));
    if item.keep_trailing {
        facts.push("Bytes behind the last field are kept.".into());
    }
    let error = match item.error {
        Some((at, kind)) => {
            let family = site.api.family(at);
            format!("{}.{}", family.name, family.kinds[kind].name)
        }
        None => "base.codec_decode".into(),
    };
    facts.push(format!("Other bytes are the error {}.", code(&error)));
    facts.join(" ")
}

/// Magic, version and fields with their widths.
fn parts(api: &Api, item: &Wire) -> Vec<Part> {
    let mut parts = Vec::new();
    if !item.magic.is_empty() {
        parts.push(Part { name: "magic".into(), width: Some(item.magic.len()) });
    }
    if item.version.is_some() && item.layout == LayoutKind::Sequence {
        parts.push(Part { name: "version".into(), width: Some(1) });
    }
    for field in &item.fields {
        if let WireForm::Sized { len, .. } | WireForm::Counted { count: len, .. } = &field.form
            && *len != Length::Rest
        {
            parts.push(Part { name: format!("length of {}", field.name), width: length_width(*len) });
        }
        let width = width(api, &field.form).filter(|_| field.when.is_none());
        parts.push(Part { name: field.name.clone(), width });
    }
    parts
}

fn fields(site: Site<'_>, item: &Wire, parts: &[Part]) -> String {
    if item.fields.is_empty() {
        return String::new();
    }
    let mut at = Some(0);
    let mut offsets = parts.iter().map(|part| {
        let here = at;
        at = at.zip(part.width).map(|(at, width)| at + width);
        (part, here)
    });
    let mut rows = Vec::new();
    let mut place = |name: &str| {
        let found = offsets.find(|(part, _)| part.name == name);
        found.and_then(|(_, at)| at).map_or(String::new(), |at| at.to_string())
    };
    let cell = |text: &str| text.to_owned();
    if !item.magic.is_empty() {
        let hex: String = item.magic.iter().map(|byte| format!("{byte:02x}")).collect();
        let size = item.magic.len().to_string();
        rows.push(vec![
            place("magic"),
            size,
            code("magic"),
            code(&hex),
            cell(""),
            cell("Leading bytes, in hex."),
        ]);
    }
    if let Some(version) = item.version.filter(|_| item.layout == LayoutKind::Sequence) {
        let value = code(&version.to_string());
        rows.push(vec![
            place("version"),
            cell("1"),
            code("version"),
            value,
            cell(""),
            cell("Version of the writer."),
        ]);
    }
    for field in &item.fields {
        let size = width(site.api, &field.form).map_or("varies".into(), |width| width.to_string());
        rows.push(vec![
            place(&field.name),
            size,
            code(&field.name),
            form(site, &field.form),
            limit(site, field),
            meaning(site, item, field),
        ]);
    }
    table(&["at", "bytes", "field", "form", "limits", "meaning"], &rows)
}

fn form(site: Site<'_>, form: &WireForm) -> String {
    match form {
        WireForm::Plain(ty) => code(&site.spelling().ty(ty)),
        WireForm::Varint(ty) => format!("{}, varint", code(&site.spelling().ty(ty))),
        WireForm::Bits(int, parts) => {
            let mut low = 0;
            let parts = parts.iter().map(|(name, width)| {
                let first = low;
                low += width;
                if *width == 1 { format!("{name} {first}") } else { format!("{name} {first}-{}", low - 1) }
            });
            format!("{}, bits: {}", code(int.key()), parts.collect::<Vec<_>>().join(", "))
        }
        WireForm::Sized { ty, len, .. } => {
            format!("{} behind its length, {}", code(&site.spelling().ty(ty)), spell::length(*len))
                .replace(" behind its length, rest", " to the end")
        }
        WireForm::Counted { of, count, .. } => {
            let list = code(&format!("list<{}>", site.spelling().ty(of)));
            format!("{list} behind its count, {}", spell::length(*count))
        }
        WireForm::Switch { on, arms } => {
            let arms = arms.iter().map(|(value, at)| {
                format!("{value}: {}", code(&site.spelling().path(*at, &site.api.wire(*at).name)))
            });
            format!("chosen by {}: {}", code(on), arms.collect::<Vec<_>>().join(", "))
        }
        WireForm::Check { int, hash, over } => {
            format!(
                "{}, {hash} over {} to {}, the lowest bits",
                code(int.key()),
                code(&over.0),
                code(&over.1)
            )
        }
    }
}

fn limit(site: Site<'_>, field: &WireField) -> String {
    match &field.form {
        WireForm::Sized { max, len, .. } => format!("at most {} bytes", grouped(most(*max, *len))),
        WireForm::Counted { max, count, .. } => format!("at most {} items", grouped(most(*max, *count))),
        WireForm::Plain(ty) | WireForm::Varint(ty) => {
            let unit = spell::unit(site.api.base(ty));
            let limit = field.max.map(|max| format!("at most {} {unit}", grouped(max.into())));
            limit.unwrap_or_default().trim_end().to_owned()
        }
        _ => String::new(),
    }
}

/// The greatest length that its form can tell.
fn most(max: u64, length: Length) -> i128 {
    match length {
        Length::Int(int) => i128::from(max).min(int.range().1),
        Length::Varint | Length::Rest => max.into(),
    }
}

fn meaning(site: Site<'_>, item: &Wire, field: &WireField) -> String {
    let mut says = vec![field.doc.text.clone()];
    if let Some((on, bit)) = &field.when {
        says.push(format!("There if {} is set.", code(&format!("{on}.{}", bit_name(item, on, *bit)))));
    }
    if let Some(since) = field.since {
        let value = field.default.as_ref().zip(plain(&field.form));
        let value = value.map(|(value, ty)| site.spelling().literal(value, ty));
        let value = value.map_or(String::new(), |value| format!(", before that {}", code(&value)));
        says.push(format!("Since version {since}{value}."));
    }
    says.join(" ")
}

/// The name of a bit of an integer in parts.
fn bit_name(item: &Wire, on: &str, bit: u8) -> String {
    let field = item.fields.iter().find(|field| field.name == on);
    let mut low = 0;
    if let Some(WireForm::Bits(_, parts)) = field.map(|field| &field.form) {
        for (name, width) in parts {
            if low == bit {
                return name.clone();
            }
            low += width;
        }
    }
    bit.to_string()
}

fn plain(form: &WireForm) -> Option<&Type> {
    match form {
        WireForm::Plain(ty) | WireForm::Varint(ty) => Some(ty),
        _ => None,
    }
}

/// Bytes of a field, if they never vary.
fn width(api: &Api, form: &WireForm) -> Option<usize> {
    match form {
        WireForm::Plain(ty) => crate::wire::width(api, ty),
        WireForm::Bits(int, _) | WireForm::Check { int, .. } => Some(bytes_of(*int)),
        _ => None,
    }
}

fn length_width(length: Length) -> Option<usize> {
    match length {
        Length::Int(int) => Some(bytes_of(int)),
        Length::Varint | Length::Rest => None,
    }
}

fn bytes_of(int: Int) -> usize {
    int.bits() as usize / 8
}
