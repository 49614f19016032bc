//! What the C testee answers to requests about layouts.

use super::model::{self, Layout, Member};
use crate::files::FileSet;
use crate::ir::{Api, Type};
use crate::targets::Target;
use crate::targets::cpack::names;
use anyhow::Result;
use askama::Template;

const PATH: &str = "conformance/testees/c/gen/wire.h";

/// The layouts for the C testee.
#[derive(Debug)]
pub struct WireCTestee;

impl Target for WireCTestee {
    fn name(&self) -> &'static str {
        "wire/c_testee"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut template = FileTemplate::default();
        for module in &api.modules {
            let layouts = model::layouts(api, module);
            let layouts: Vec<_> = layouts.iter().filter(|layout| super::c::in_c(api, layout)).collect();
            if !layouts.is_empty() {
                template.modules.push(&module.name);
                template.layouts.extend(layouts.into_iter().map(|layout| entry(api, layout)));
            }
        }
        let mut files = FileSet::default();
        files.add(PATH, template.render()? + "\n");
        Ok(files)
    }
}

struct Entry {
    spec: String,
    name: String,
    kind: &'static str,
    side: &'static str,
    /// Code of the encoded form in the names of functions.
    form: &'static str,
    members: Vec<MemberModel>,
    choice: Option<ChoiceEntry>,
}

/// One of several layouts.
struct ChoiceEntry {
    spec: String,
    name: String,
    /// Constants, layouts in the spelling of the spec, and members.
    arms: Vec<(String, String, String)>,
}

fn choice(choice: &model::Choice<'_>) -> ChoiceEntry {
    let arm = |(_, layout): &(u64, &str)| {
        (names::constant(&[&choice.ty, layout]), (*layout).to_owned(), names::value(layout))
    };
    ChoiceEntry {
        spec: choice.ty.clone(),
        name: names::ty(&choice.ty),
        arms: choice.arms.iter().map(arm).collect(),
    }
}

struct MemberModel {
    key: String,
    read: Vec<String>,
    show: Vec<String>,
}

fn entry(api: &Api, layout: &Layout<'_>) -> Entry {
    let text = layout.is_text;
    Entry {
        spec: layout.name.to_owned(),
        name: names::ty(layout.name),
        kind: if text { "text" } else { "wire" },
        side: if text { "text" } else { "bytes" },
        form: if text { "text" } else { "bytes" },
        members: layout.members.iter().map(|member| member_model(api, member)).collect(),
        choice: layout.choice.as_ref().map(choice),
    }
}

fn member_model(api: &Api, member: &Member) -> MemberModel {
    let place = format!("value->{}", names::field(api, &member.name, &member.ty));
    let (ty, optional) = member.ty.split_optional();
    let (mut read, mut show) = match ty {
        Type::List(of) => {
            let read = vec![
                "const node *item = given(m) ? m->first : NULL;".to_owned(),
                format!(
                    "for (; item != NULL && {place}_len < sizeof {place} / sizeof *{place}; item = item->next) {{"
                ),
                format!("  {}", read_value(api, of, "item", &format!("{place}[{place}_len++]"))),
                "}".into(),
            ];
            let show = vec![
                format!("show_len(c, 'l', {place}_len);"),
                format!("for (size_t i = 0; i < {place}_len; i++) {{"),
                "  size_t before = enter_item(c, i);".into(),
                format!("  {}", show_value(api, of, &format!("{place}[i]"))),
                "  leave(c, before);".into(),
                "}".into(),
            ];
            (read, show)
        }
        _ => (vec![read_value(api, ty, "m", &place)], vec![show_value(api, ty, &place)]),
    };
    if optional {
        let has = format!("value->has_{}", names::field(api, &member.name, &member.ty));
        let is_view = matches!(ty, Type::String | Type::Bytes);
        let there = if is_view { format!("{place}.data != NULL") } else { has.clone() };
        if !is_view {
            read.insert(0, format!("{has} = true;"));
        }
        read = under("given(m)", read);
        show = under(&there, show);
        show.pop();
        show.extend(["} else {".to_owned(), "  show_null(c);".into(), "}".into()]);
    }
    MemberModel { key: member.name.clone(), read, show }
}

fn under(condition: &str, lines: Vec<String>) -> Vec<String> {
    let inner = lines.into_iter().map(|line| format!("  {line}"));
    std::iter::once(format!("if ({condition}) {{")).chain(inner).chain(["}".to_owned()]).collect()
}

fn read_value(api: &Api, ty: &Type, node: &str, place: &str) -> String {
    match api.base(ty) {
        Type::FixedBytes(width) => format!("read_exactly(c, {node}, {place}, {width});"),
        base => format!("read_{}(c, {node}, &{place});", code(api, base)),
    }
}

fn show_value(api: &Api, ty: &Type, place: &str) -> String {
    match api.base(ty) {
        Type::FixedBytes(width) => format!("show_exactly(c, {place}, {width});"),
        base => format!("show_{}(c, &{place});", code(api, base)),
    }
}

/// The name of a type in the testee's functions.
fn code(api: &Api, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::F64 => "f64".into(),
        Type::String => "text".into(),
        Type::Bytes => "bytes".into(),
        Type::Duration(_) => "time".into(),
        Type::Enum(at) => api.enumeration(*at).name.spec.clone(),
        Type::Layout(_) | Type::Choice(..) => format!("{}_form", api.part_name(ty)),
        Type::Flags(at) => api.flags(*at).name.spec.clone(),
        other => model::carrier(api, other).map_or_else(String::new, |int| int.key().to_owned()),
    }
}

#[derive(Template, Default)]
#[template(path = "wire/c_testee.jinja", escape = "none")]
struct FileTemplate<'a> {
    modules: Vec<&'a str>,
    layouts: Vec<Entry>,
}
