//! Error families.

use super::model::{self, Lines};
use super::{names, spelling, types};
use crate::ir::{Api, Family, Kind, Piece, Template, Type};

pub(crate) struct FamilyModel {
    pub doc: Lines,
    pub name: String,
    pub spec: String,
    pub variable: String,
    pub id: u16,
    pub prefix: String,
    pub parent: Option<String>,
    pub fields: Vec<FieldModel>,
    pub kinds: Vec<KindModel>,
    /// Fields that hold the name of an argument.
    pub naming: Vec<String>,
    /// A sentinel, for docs.
    pub first: String,
}

pub(crate) struct FieldModel {
    pub doc: String,
    pub name: String,
    pub ty: String,
}

pub(crate) struct KindModel {
    pub doc: Lines,
    pub constant: String,
    pub sentinel: String,
    pub code: u16,
    pub full_code: u32,
    pub text: String,
    /// The text of the sentinel.
    pub whole: String,
    pub retry: bool,
    /// Assignments of constant fields.
    pub constants: Lines,
    pub takes: Vec<TakeModel>,
    /// Number of fields that cross, and the statements that pack them.
    pub count: usize,
    pub packs: Lines,
    pub make: Option<MakeModel>,
}

pub(crate) struct TakeModel {
    pub name: String,
    pub unpack: String,
}

pub(crate) struct MakeModel {
    pub doc: Lines,
    pub opening: String,
    pub sets: Lines,
    pub message: Option<String>,
}

/// Lowers a family.
pub(crate) fn family(api: &Api, item: &Family) -> FamilyModel {
    let name = names::family(&item.name);
    FamilyModel {
        doc: model::doc(&item.doc),
        spec: names::text(&item.name),
        variable: format!("{}Family", names::private(&item.name)),
        id: item.id,
        prefix: names::text(&item.prefix),
        parent: item.extends.map(|at| names::family(&api.family(at).name)),
        fields: fields(api, item),
        naming: naming(item),
        first: item.kinds.first().map_or(String::new(), |k| sentinel(item, k)),
        kinds: item.kinds.iter().map(|k| kind(api, item, k, &name)).collect(),
        name,
    }
}

/// The fields of all kinds; one that two kinds have is optional if it is so in one of them.
fn fields(api: &Api, item: &Family) -> Vec<FieldModel> {
    let mut fields: Vec<FieldModel> = Vec::new();
    for kind in &item.kinds {
        for field in &kind.fields {
            let name = names::error_field(&field.name);
            let ty = field_type(api, item, &field.name);
            match fields.iter_mut().find(|f| f.name == name) {
                Some(known) => known.doc = format!("{}, {}", known.doc, kind.text),
                None => fields.push(FieldModel { doc: kind.text.clone(), name, ty }),
            }
        }
    }
    for field in &mut fields {
        field.doc = format!("// Of: {}.", field.doc);
    }
    fields
}

fn naming(item: &Family) -> Vec<String> {
    let fields = item.kinds.iter().flat_map(|kind| &kind.fields);
    let mut naming: Vec<_> =
        fields.filter(|f| spelling::is_naming(&f.name)).map(|f| names::error_field(&f.name)).collect();
    naming.sort();
    naming.dedup();
    naming
}

fn field_type(api: &Api, item: &Family, name: &str) -> String {
    let mut all = item.kinds.iter().flat_map(|kind| &kind.fields).filter(|field| field.name == name);
    let ty = all.clone().find(|field| matches!(field.ty, Type::Optional(_))).or_else(|| all.next());
    ty.map_or(String::new(), |field| types::go(api, &field.ty, &[]))
}

fn kind(api: &Api, family: &Family, item: &Kind, error: &str) -> KindModel {
    let public = names::public(&item.name);
    let mut model = KindModel {
        doc: model::doc(&item.doc),
        constant: format!("{error}Kind{public}"),
        sentinel: sentinel(family, item),
        code: item.code,
        full_code: u32::from(family.id) << 16 | u32::from(item.code),
        text: names::text(&item.text),
        whole: names::text(&format!("{}{}", family.prefix, item.text)),
        retry: item.retry,
        constants: Vec::new(),
        takes: Vec::new(),
        count: 0,
        packs: Vec::new(),
        make: None,
    };
    for field in &item.fields {
        let name = names::error_field(&field.name);
        if let Type::Constant(text) = &field.ty {
            model.constants.push(format!("e.{name} = {}", names::text(text)));
            continue;
        }
        let is_pointer = field_type(api, family, &field.name).starts_with('*');
        let widened = is_pointer && !matches!(field.ty, Type::Optional(_));
        let unpack = format!("{}(&f.reader)", types::unpack(api, &field.ty, &[]));
        let value = if widened { format!("at(e.{name})") } else { format!("e.{name}") };
        model.packs.push(model::pack_statement(api, &field.ty, &value, &[]));
        let unpack = match widened {
            true => format!("Ptr({unpack})"),
            false => unpack,
        };
        model.takes.push(TakeModel { name, unpack });
    }
    model.count = model.packs.len();
    model.make = item.make.then(|| make(api, family, item, error));
    model
}

/// The value with which a kind is told by `errors.Is`.
pub(crate) fn sentinel(family: &Family, item: &Kind) -> String {
    format!("Err{}{}", names::public(&family.name), names::public(&item.name))
}

fn make(api: &Api, family: &Family, item: &Kind, error: &str) -> MakeModel {
    let kept: Vec<_> = item.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))).collect();
    let args = kept.iter().map(|f| format!("{} {}", names::private(&f.name), types::go(api, &f.ty, &[])));
    let mut args: Vec<_> = args.collect();
    let mut sets: Vec<_> = kept
        .iter()
        .map(|f| format!("e.{} = {}", names::error_field(&f.name), names::private(&f.name)))
        .collect();
    match &item.detail {
        None if item.message.is_none() => {
            args.push("detail string".into());
            sets.push("e.Detail = detail".into());
        }
        Some(template) => sets.push(format!("e.Detail = {}", render(template))),
        None => {}
    }
    let name = names::error_constructor(item.class.as_deref(), &family.name, &item.name);
    MakeModel {
        doc: vec![format!("// {name} makes an error for handlers to answer with.")],
        opening: format!("func {name}({}) *{error}", args.join(", ")),
        sets,
        message: item.message.as_ref().map(render),
    }
}

/// An expression that renders a template over the arguments; a group is left out.
fn render(template: &Template) -> String {
    let mut format = String::new();
    let mut values = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => format += &text.replace('%', "%%"),
            Piece::Value(name, form) => {
                format += &form.map_or("%v".into(), |(width, _)| format!("%0{width}x"));
                values.push(names::private(name));
            }
            Piece::Group(_) => {}
        }
    }
    if values.is_empty() {
        return names::text(&format.replace("%%", "%"));
    }
    format!("fmt.Sprintf({}, {})", names::text(&format), values.join(", "))
}
