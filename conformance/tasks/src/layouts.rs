//! Where the fields of the spec's layouts stand, for the driver's messages about bytes.

use net_codegen::ir::{Api, Endian, LayoutKind, Type, Wire, WireForm};
use net_conformance::{Layouts, Span};

/// The layouts whose fields have fixed offsets.
pub(crate) fn layouts(api: &Api) -> Layouts {
    let wires = api.modules.iter().flat_map(|module| &module.wires);
    let fixed = wires.filter(|wire| wire.layout == LayoutKind::Fixed);
    fixed.map(|wire| (wire.name.clone(), spans(api, wire))).collect()
}

fn spans(api: &Api, wire: &Wire) -> Vec<Span> {
    let ends = wire.fields.iter().skip(1).map(|field| Some(field.at)).chain([wire.size]);
    let magic = Span { name: "magic".into(), form: "bytes".into(), start: 0, len: Some(wire.magic.len()) };
    let fields = wire.fields.iter().zip(ends).map(|(field, end)| Span {
        name: field.name.clone(),
        form: form(api, &field.form, wire.endian),
        start: field.at as usize,
        len: end.map(|end| end.saturating_sub(field.at) as usize),
    });
    std::iter::once(magic).chain(fields).collect()
}

fn form(api: &Api, form: &WireForm, endian: Endian) -> String {
    let int = match form {
        WireForm::Bits(int, _) | WireForm::Check { int, .. } => int.key(),
        WireForm::Plain(ty) => match api.base(ty) {
            Type::Int(int) => int.key(),
            Type::Enum(at) => api.enumeration(*at).repr.key(),
            Type::Flags(at) => api.flags(*at).repr.key(),
            Type::Duration(_) | Type::Instant(_) | Type::Size => "u64",
            Type::Date => "i64",
            Type::F64 => "f64",
            Type::Bool => "bool",
            _ => return "bytes".to_owned(),
        },
        _ => return "bytes".to_owned(),
    };
    let order = match endian {
        Endian::Little => "LE",
        Endian::Big => "BE",
    };
    format!("{int} {order}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_the_spec() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let layouts = layouts(&net_codegen::cli::api(root).unwrap());
        let span = |name: &str, form: &str, start, len| Span {
            name: name.into(),
            form: form.into(),
            start,
            len: Some(len),
        };
        let frame = &layouts["echo_frame"];
        assert_eq!(frame[0], span("magic", "bytes", 0, 2));
        assert_eq!(frame[1], span("color", "u8 LE", 2, 1));
        assert!(frame.contains(&span("large", "u64 LE", 8, 8)));
        assert_eq!(frame.last(), Some(&span("at", "u64 LE", 32, 8)));
        assert!(layouts["echo_header"].contains(&span("number", "u32 BE", 4, 4)));
    }
}
