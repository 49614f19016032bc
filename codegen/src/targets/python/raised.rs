//! Error families and kinds as classes of the package.

use super::calls::MethodModel;
use super::types::{self, Mode};
use super::{fit, names};
use crate::ir::{Api, ErrorField, Family, Kind, Type};

pub(crate) struct ErrorModel {
    pub name: String,
    pub bases: String,
    pub doc: String,
    pub fields: Vec<String>,
    pub init: Option<MethodModel>,
}

/// Lowers a family: its own class first.
pub(crate) fn errors(api: &Api, family: &Family) -> Vec<ErrorModel> {
    let name = names::family(family);
    let parent = family.extends.map_or_else(|| "NetError".into(), |at| names::family(api.family(at)));
    let mut fields: Vec<String> = Vec::new();
    for field in family.kinds.iter().flat_map(|kind| &kind.fields) {
        let ty = types::output(api, field.ty.split_optional().0, Mode::Blocking);
        let line = format!("{}: {ty} | None = None", names::value(&api.unit_name(&field.name, &field.ty)));
        let start = line.split(':').next().unwrap_or_default().to_owned() + ":";
        if !fields.iter().any(|known| known.starts_with(&start)) {
            fields.push(line);
        }
    }
    let mut all = vec![ErrorModel {
        name: name.clone(),
        bases: parent,
        doc: fit::doc(4, &family.doc.text),
        fields,
        init: None,
    }];
    for kind in &family.kinds {
        let Some(class) = names::kind(family, kind) else { continue };
        if all.iter().any(|known| known.name == class) {
            continue;
        }
        let builtin = kind.python.as_ref().map_or_else(String::new, |python| format!(", {python}"));
        all.push(ErrorModel {
            name: class,
            bases: format!("{name}{builtin}"),
            doc: fit::doc(4, &kind.doc.text),
            fields: Vec::new(),
            init: kind.make.then(|| constructor(api, family, kind)),
        });
    }
    all
}

fn constructor(api: &Api, family: &Family, kind: &Kind) -> MethodModel {
    let fields: Vec<_> = kind.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))).collect();
    let name = |field: &ErrorField| names::value(&api.unit_name(&field.name, &field.ty));
    let mut params = vec!["self".to_owned()];
    params.extend(fields.iter().map(|field| {
        let default = if matches!(field.ty, Type::Optional(_)) { " = None" } else { "" };
        format!("{}: {}{default}", name(field), types::input(api, &field.ty, Mode::Blocking))
    }));
    let mut members: Vec<_> = fields.iter().map(|field| format!("\"{0}\": {0}", name(field))).collect();
    if kind.detail.is_none() && kind.message.is_none() {
        params.push("detail: str = \"\"".into());
        members.push("\"detail\": detail".into());
    }
    let code = u32::from(family.id) << 16 | u32::from(kind.code);
    MethodModel {
        name: "__init__".into(),
        decorators: Vec::new(),
        signature: fit::call(4, "def __init__(", &params, ") -> None:"),
        doc: fit::doc(8, "Makes an error that a handler may raise."),
        body: vec![
            fit::list(8, "members: dict[str, Any] = {", &members, "}"),
            format!("        self._show(_net.error_parts({code}, members))"),
        ],
        aliases: Vec::new(),
    }
}
