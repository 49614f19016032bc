//! Families of errors, and the fields of their kinds.

use super::fields::{self, FieldModel, Slot};
use super::layout::{comment, head};
use super::model::Lines;
use super::names;
use crate::ir::{Api, Family, Kind, Type};
use anyhow::Result;

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

/// Lowers what is said of all families.
pub(crate) fn all(api: &Api) -> ErrorsModel {
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

/// Lowers a family.
pub(crate) fn family(api: &Api, item: &Family) -> Result<FamilyModel> {
    Ok(FamilyModel {
        doc: comment(0, &item.doc.text),
        kinds: item.kinds.iter().map(|k| kind(api, item, k)).collect::<Result<_>>()?,
    })
}

fn kind(api: &Api, family: &Family, item: &Kind) -> Result<KindModel> {
    let mut fields = Vec::new();
    for f in item.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))) {
        let doc = format!("The {}.", f.name.replace('_', " "));
        let slot = Slot { name: &f.name, ty: &f.ty, doc, may_be_left_out: f.ty.split_optional().1 };
        fields.push(fields::slot(api, &slot, "value->", None)?);
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
