//! Error families.

use super::lang::{ALL, Site};
use super::model::{ItemModel, article, doc};
use super::table::{code, not_tested, table};
use super::types::{blocks, names_line, spellings};
use crate::ir::{Family, Kind, Module};
use crate::spell::{quoted, template};

/// What stands in front of the families.
pub(super) fn intro(module: &Module) -> Vec<String> {
    let base = if module.name == "base" {
        "Any call can answer with these.".into()
    } else {
        "Any call can also answer with an error of [`base`](base.md#errors).".to_owned()
    };
    vec![format!("{base} {} says what an error carries in each language.", article("errors"))]
}

/// The families.
pub(super) fn families(site: Site<'_>) -> Vec<ItemModel> {
    site.item().families.iter().map(|family| lower(site, family)).collect()
}

fn lower(site: Site<'_>, family: &Family) -> ItemModel {
    let mut facts = vec![
        format!("Family {}.", family.id),
        format!(
            "Messages are {}, and the prefix is {}.",
            code(&template(&family.format)),
            code(&quoted(&family.prefix))
        ),
    ];
    if let Some(at) = family.extends {
        facts.push(format!("A part of the family {}.", code(&site.api.family(at).name)));
    }
    let kinds: Vec<_> = family.kinds.iter().map(|kind| row(site, kind)).collect();
    let head =
        ["code", "kind", "text", "fields", "detail", "message", "retry", "class", "Python base", "meaning"];
    let names = ALL.iter().map(|lang| (lang.label(), lang.family(family).into_iter().collect::<Vec<_>>()));
    let kind_names = family.kinds.iter().map(|kind| (kind.name.as_str(), kind));
    let kind_names = spellings("kind", kind_names, |lang, kind| lang.kind(family, kind));
    let fields = family.kinds.iter().flat_map(|kind| kind.fields.iter().map(move |field| (kind, field)));
    let fields: Vec<_> =
        fields.map(|(kind, field)| (format!("{}.{}", kind.name, field.name), (kind, field))).collect();
    let fields = fields.iter().map(|(name, field)| (name.as_str(), *field));
    let fields =
        spellings("field", fields, |lang, (kind, field)| lang.kind_field(site.api, family, kind, field));
    let all = [names_line(names), facts.join(" "), table(&head, &kinds), kind_names, fields];
    ItemModel { title: code(&family.name), blocks: blocks(doc(&family.doc), all) }
}

fn row(site: Site<'_>, kind: &Kind) -> Vec<String> {
    let fields =
        kind.fields.iter().map(|field| code(&format!("{}: {}", field.name, site.spelling().ty(&field.ty))));
    let detail = match &kind.detail {
        Some(detail) if detail.pieces.is_empty() => "none".into(),
        Some(detail) => code(&template(detail)),
        None if kind.message.is_some() => String::new(),
        None => "free text".into(),
    };
    let made = if kind.make { " Programs may construct it." } else { "" };
    vec![
        kind.code.to_string(),
        code(&kind.name),
        code(&kind.text),
        fields.collect::<Vec<_>>().join(", "),
        detail,
        kind.message.as_ref().map_or(String::new(), |message| code(&template(message))),
        if kind.retry { "yes".into() } else { String::new() },
        kind.class.as_deref().map_or(String::new(), code),
        kind.python.as_deref().map_or(String::new(), code),
        format!("{}{made}{}", kind.doc.text, not_tested(kind.untested.as_deref())),
    ]
}
