//! Every identifier of the typed layer of C.

use crate::case::screaming;
use crate::ir::{Api, Kind};

pub(crate) use crate::targets::c::names::{argument, feature, function, method, value, values};

/// A type, by the name of its item.
pub(crate) fn ty(name: &str) -> String {
    format!("net_{name}")
}

/// A field, with the unit of its type.
pub(crate) fn field(api: &Api, name: &str, ty: &crate::ir::Type) -> String {
    value(&api.unit_name(name, ty))
}

/// A constant, enum value, bit or case.
pub(crate) fn constant(parts: &[&str]) -> String {
    format!("NET_{}", screaming(&parts.join("_")))
}

/// The number of a family.
pub(crate) fn family(name: &str) -> String {
    constant(&["family", name])
}

/// The fields of a kind of error, without `net_`.
pub(crate) fn kind_fields(family: &str, kind: &Kind) -> String {
    format!("{family}_{}_fields", kind.name)
}

/// The header of a module.
pub(crate) fn header(module: &str) -> String {
    format!("net_mesh/{module}.h")
}

/// What keeps a header from being read twice.
pub(crate) fn guard(module: &str) -> String {
    format!("NET_MESH_{}_H", screaming(module))
}
