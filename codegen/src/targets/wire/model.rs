//! Layouts as every language codes them: members, and one step after the other.

use crate::doc::{Endian, LayoutKind};
use crate::ir::{Api, At, Int, Length, Literal, Module, Piece, Type, Wire, WireField, WireForm};

/// A layout that every language has a codec for.
pub(crate) struct Layout<'a> {
    /// In the spelling of the spec.
    pub name: &'a str,
    /// Lines of its documentation.
    pub doc: Vec<String>,
    /// Its length, if that never varies.
    pub size: Option<u32>,
    /// Whether it is a text.
    pub is_text: bool,
    /// Whether a decoder has to see that nothing follows.
    pub ends: bool,
    /// Whether integers have their highest byte first.
    pub big: bool,
    /// What decoders answer.
    pub error: ErrorKind<'a>,
    /// Members of its value, in order.
    pub members: Vec<Member>,
    /// What is written and read, in order.
    pub steps: Vec<Step<'a>>,
    /// The field that is one of several layouts.
    pub choice: Option<Choice<'a>>,
}

/// A kind of error, and where it comes from.
pub(crate) struct ErrorKind<'a> {
    /// Its family.
    pub family: At,
    /// Name of the family.
    pub family_name: &'a str,
    /// Name of the kind.
    pub kind: &'a str,
    /// Whether it says what happened.
    pub has_detail: bool,
}

/// A member of a layout's value.
pub(crate) struct Member {
    /// In the spelling of the spec.
    pub name: String,
    /// Its type; `Optional` if it may be left out.
    pub ty: Type,
    /// What it holds.
    pub doc: Vec<String>,
}

/// One step of a codec.
pub(crate) struct Step<'a> {
    /// Offset, in a layout of fixed length.
    pub at: Option<u32>,
    /// What is written or read.
    pub what: What<'a>,
    /// Field and bit that say whether it is there.
    pub when: Option<(&'a str, u8)>,
    /// First version that has it, and what stands for it in older ones.
    pub since: Option<(u32, Option<&'a Literal>)>,
}

/// What is written or read.
pub(crate) enum What<'a> {
    /// Exactly so many bytes, and no more.
    Size(u32),
    /// Leading bytes.
    Magic(&'a [u8]),
    /// The version, and the newest one.
    Version(u32),
    /// A value of fixed width, a varint, or a layout that is a part.
    Value { name: &'a str, ty: &'a Type, varint: bool, max: Option<u64> },
    /// An integer in parts.
    Bits { name: &'a str, int: Int, parts: Vec<Part<'a>> },
    /// Text or bytes with a length.
    Sized { name: &'a str, is_text: bool, len: Length, max: Option<u64> },
    /// A list with a count.
    Counted { name: &'a str, of: &'a Type, count: Length, max: Option<u64> },
    /// The number of the layout that stands in a later field.
    Tag { name: &'a str, int: Int, varint: bool, choice: Choice<'a> },
    /// One of several layouts, to the end.
    Choice(Choice<'a>),
    /// Where what a checksum covers begins.
    Mark(&'a str),
    /// A checksum of what stands behind its mark.
    Sum { name: &'a str, int: Int, hash: &'a str },
    /// No more bytes than so many: of those that are read, at the start, or of those that are written, at the end.
    AtMost { max: u64, written: bool },
    /// All that remains, kept.
    Trailing,
    /// A fixed text.
    Literal(&'a str),
    /// A number or text up to the literal behind it, or to the end; digits and radix of a padded number.
    Print { name: &'a str, ty: &'a Type, padded: Option<usize>, until: Option<&'a str> },
}

/// One of several layouts.
#[derive(Clone)]
pub(crate) struct Choice<'a> {
    /// Its field, and the one with the number.
    pub name: &'a str,
    pub on: &'a str,
    /// What it is called as a type.
    pub ty: String,
    /// Numbers and layouts.
    pub arms: Vec<(u64, &'a str)>,
}

/// A part of an integer.
pub(crate) struct Part<'a> {
    /// Its member, if it has one.
    pub member: Option<String>,
    /// Fields that are there if it is set.
    pub presence: Vec<&'a str>,
    /// Position of the lowest bit.
    pub low: u8,
    /// Number of bits.
    pub width: u8,
}

/// A variable that holds a member in a codec, which has variables and functions of its own.
pub(crate) fn local(name: String, taken: &[&str]) -> String {
    if taken.contains(&name.as_str()) { name + "_" } else { name }
}

/// Member that holds the bytes behind the last field.
pub(crate) const TRAILING: &str = "trailing";

/// The layouts of a module that have codecs; canonical JSON and postcard are the core's.
pub(crate) fn layouts<'a>(api: &'a Api, module: &'a Module) -> Vec<Layout<'a>> {
    let mut wires: Vec<_> = module.wires.iter().filter(|wire| has_codec(api, wire)).collect();
    wires.sort_by_key(|wire| depth(api, wire));
    wires.into_iter().map(|wire| layout(api, wire)).collect()
}

/// How deep the parts of a layout go: parts are declared before what they are parts of.
fn depth(api: &Api, wire: &Wire) -> usize {
    wire.parts().map(|at| depth(api, api.wire(at)) + 1).max().unwrap_or(0)
}

/// The integer that carries a type of fixed width, if one does.
pub(crate) fn carrier(api: &Api, ty: &Type) -> Option<Int> {
    match api.base(ty) {
        Type::Bool => Some(Int::U8),
        Type::Int(int) => Some(*int),
        Type::Duration(_) | Type::Instant(_) | Type::Size => Some(Int::U64),
        Type::Date => Some(Int::I64),
        Type::Enum(at) => Some(api.enumeration(*at).repr),
        Type::Flags(at) => Some(api.flags(*at).repr),
        _ => None,
    }
}

/// Bytes of a value of fixed width; the least that a part has.
pub(crate) fn width(api: &Api, ty: &Type) -> usize {
    match api.base(ty) {
        Type::F64 => 8,
        Type::FixedBytes(width) => *width,
        Type::Layout(at) => least_width(api, api.wire(*at)),
        other => carrier(api, other).map_or(1, |int| int.bits() as usize / 8),
    }
}

fn least_width(api: &Api, wire: &Wire) -> usize {
    let front = wire.magic.len() + usize::from(wire.version.is_some());
    let always = wire.fields.iter().filter(|field| field.when.is_none() && field.since.is_none());
    let least = always.map(|field| match &field.form {
        WireForm::Plain(ty) => width(api, ty),
        WireForm::Bits(int, _) | WireForm::Check { int, .. } => int.bits() as usize / 8,
        _ => 1,
    });
    (front + least.sum::<usize>()).max(1)
}

/// The length of a layout that is a part, if it is fixed.
pub(crate) fn part_size(api: &Api, ty: &Type) -> Option<u32> {
    match ty {
        Type::Layout(at) => api.wire(*at).size,
        _ => None,
    }
}

/// Whether every language has a codec for a layout.
pub(crate) fn has_codec(api: &Api, wire: &Wire) -> bool {
    match wire.layout {
        LayoutKind::Fixed | LayoutKind::Sequence => {
            let mut fields = wire.fields.iter();
            fields.all(|field| match field.form {
                WireForm::Switch { ref arms, .. } => arms.iter().all(|(_, at)| has_codec(api, api.wire(*at))),
                WireForm::Bits(..) => field.when.is_none() && field.since.is_none(),
                WireForm::Plain(Type::Layout(at)) | WireForm::Counted { of: Type::Layout(at), .. } => {
                    has_codec(api, api.wire(at))
                }
                _ => true,
            })
        }
        LayoutKind::Text => {
            let fields = wire.of.map_or(&[][..], |at| &api.record(at).fields);
            let pieces = wire.format.iter().flat_map(|format| &format.pieces);
            fields.iter().all(|field| *api.base(&field.ty) == Type::String || is_number(api, &field.ty))
                && pieces.into_iter().all(|piece| !matches!(piece, Piece::Group(_)))
        }
        LayoutKind::Packed | LayoutKind::Json => false,
    }
}

fn is_number(api: &Api, ty: &Type) -> bool {
    matches!(api.base(ty), Type::Int(_) | Type::Size | Type::Instant(_) | Type::Duration(_) | Type::Date)
}

/// A layout as every language codes it.
pub(crate) fn layout<'a>(api: &'a Api, wire: &'a Wire) -> Layout<'a> {
    let is_text = wire.layout == LayoutKind::Text;
    let is_fixed = wire.layout == LayoutKind::Fixed;
    let (members, steps) =
        if is_text { text(api, wire) } else { (members(api, wire), steps(api, wire, is_fixed)) };
    Layout {
        name: &wire.name,
        doc: wire.doc.lines().map(str::to_owned).collect(),
        size: wire.size.filter(|_| is_fixed),
        is_text,
        ends: !is_fixed && !wire.keep_trailing,
        big: wire.endian == Endian::Big,
        error: error(api, wire),
        members,
        steps,
        choice: wire.fields.iter().enumerate().find_map(|(index, _)| choice(api, wire, index)),
    }
}

/// The choice that a field is.
fn choice<'a>(api: &'a Api, wire: &'a Wire, index: usize) -> Option<Choice<'a>> {
    let field = &wire.fields[index];
    let WireForm::Switch { on, arms } = &field.form else { return None };
    let arms = arms.iter().map(|(number, at)| (*number, api.wire(*at).name.as_str())).collect();
    Some(Choice { name: &field.name, on, ty: format!("{}_{}", wire.name, field.name), arms })
}

fn error<'a>(api: &'a Api, wire: &Wire) -> ErrorKind<'a> {
    let (at, kind) = wire.error.unwrap_or_else(|| {
        let base = At { module: 0, index: 0 };
        let kinds = &api.family(base).kinds;
        (base, kinds.iter().position(|kind| kind.name == "codec_decode").unwrap_or_default())
    });
    let family = api.family(at);
    let kind = &family.kinds[kind];
    ErrorKind { family: at, family_name: &family.name, kind: &kind.name, has_detail: kind.detail.is_none() }
}

fn members(api: &Api, wire: &Wire) -> Vec<Member> {
    let mut members = Vec::new();
    for (index, field) in wire.fields.iter().enumerate() {
        let doc: Vec<_> = field.doc.lines().map(str::to_owned).collect();
        let optional = |ty: Type| if field.when.is_some() { Type::Optional(Box::new(ty)) } else { ty };
        let mut add = |ty: Type| members.push(Member { name: field.name.clone(), ty, doc: doc.clone() });
        match &field.form {
            _ if crate::wire::is_derived(wire, &field.name) => {}
            WireForm::Plain(ty) | WireForm::Varint(ty) => add(optional(ty.clone())),
            WireForm::Sized { ty, .. } => add(optional(ty.clone())),
            WireForm::Counted { of, .. } => add(optional(Type::List(Box::new(of.clone())))),
            WireForm::Bits(_, parts) => {
                let named = self::parts(wire, field, parts).into_iter().zip(parts);
                members.extend(named.filter_map(|(part, (name, _))| {
                    let bits = format!("Part `{name}` of `{}`: {}", field.name, bits(part.low, part.width));
                    Some(Member { name: part.member?, ty: part_type(part.width), doc: vec![bits] })
                }));
            }
            WireForm::Switch { .. } => add(Type::Choice(api.position(wire), index)),
            WireForm::Check { .. } => {}
        }
    }
    if wire.keep_trailing {
        let doc = vec!["Bytes behind the last field.".to_owned()];
        members.push(Member { name: TRAILING.to_owned(), ty: Type::Bytes, doc });
    }
    members
}

fn bits(low: u8, width: u8) -> String {
    match width {
        1 => format!("bit {low}."),
        _ => format!("bits {low} to {}.", low + width - 1),
    }
}

/// A truth value, or the narrowest integer.
fn part_type(width: u8) -> Type {
    match width {
        1 => Type::Bool,
        2..=8 => Type::Int(Int::U8),
        9..=16 => Type::Int(Int::U16),
        17..=32 => Type::Int(Int::U32),
        _ => Type::Int(Int::U64),
    }
}

fn parts<'a>(wire: &'a Wire, field: &WireField, parts: &[(String, u8)]) -> Vec<Part<'a>> {
    let mut low = 0;
    let lower = |(name, width): &(String, u8)| {
        let on = |other: &WireField| other.when.as_ref().is_some_and(|w| w.0 == field.name && w.1 == low);
        let presence: Vec<_> = wire.fields.iter().filter(|f| on(f)).map(|f| f.name.as_str()).collect();
        let member = presence.is_empty().then(|| format!("{}_{name}", field.name));
        let part = Part { member, presence, low, width: *width };
        low += width;
        part
    };
    parts.iter().map(lower).collect()
}

fn steps<'a>(api: &'a Api, wire: &'a Wire, is_fixed: bool) -> Vec<Step<'a>> {
    let plain = |what| Step { at: None, what, when: None, since: None };
    let mut steps: Vec<_> =
        wire.size.filter(|_| is_fixed).map(|size| plain(What::Size(size))).into_iter().collect();
    if !wire.magic.is_empty() {
        steps.push(plain(What::Magic(&wire.magic)));
    }
    if let Some(version) = wire.version.filter(|_| !is_fixed) {
        steps.push(plain(What::Version(version)));
    }
    steps.extend(wire.max.map(|max| plain(What::AtMost { max, written: false })));
    for (index, field) in wire.fields.iter().enumerate() {
        let begins = wire
            .fields
            .iter()
            .find(|other| matches!(&other.form, WireForm::Check { over, .. } if over.0 == field.name));
        steps.extend(begins.map(|sum| plain(What::Mark(&sum.name))));
        steps.extend(what(api, wire, index).map(|what| Step {
            at: is_fixed.then_some(field.at),
            what,
            when: field.when.as_ref().map(|(on, bit)| (on.as_str(), *bit)),
            since: field.since.map(|since| (since, field.default.as_ref())),
        }));
    }
    steps.extend(wire.keep_trailing.then(|| plain(What::Trailing)));
    steps.extend(wire.max.map(|max| plain(What::AtMost { max, written: true })));
    steps
}

fn what<'a>(api: &'a Api, wire: &'a Wire, index: usize) -> Option<What<'a>> {
    let field = &wire.fields[index];
    let name = field.name.as_str();
    let limit = |max: u64| (max != u64::MAX).then_some(max);
    let choices = (0..wire.fields.len()).filter_map(|other| choice(api, wire, other));
    let tag_of = choices.into_iter().find(|choice| choice.on == name);
    Some(match (&field.form, tag_of) {
        (WireForm::Plain(ty) | WireForm::Varint(ty), Some(choice)) => {
            let varint = matches!(field.form, WireForm::Varint(_));
            What::Tag { name, int: carrier(api, ty)?, varint, choice }
        }
        (WireForm::Plain(ty), _) => What::Value { name, ty, varint: false, max: field.max },
        (WireForm::Varint(ty), _) => What::Value { name, ty, varint: true, max: field.max },
        (WireForm::Bits(int, parts), _) => {
            What::Bits { name, int: *int, parts: self::parts(wire, field, parts) }
        }
        (WireForm::Sized { ty, len, max }, _) => {
            What::Sized { name, is_text: *ty == Type::String, len: *len, max: limit(*max) }
        }
        (WireForm::Counted { of, count, max }, _) => {
            What::Counted { name, of, count: *count, max: limit(*max) }
        }
        (WireForm::Switch { .. }, _) => What::Choice(choice(api, wire, index)?),
        (WireForm::Check { int, hash, .. }, _) => What::Sum { name, int: *int, hash },
    })
}

fn text<'a>(api: &'a Api, wire: &'a Wire) -> (Vec<Member>, Vec<Step<'a>>) {
    let fields = wire.of.map_or(&[][..], |at| &api.record(at).fields);
    let member = |field: &crate::ir::Field| Member {
        name: field.name.spec.clone(),
        ty: field.ty.clone(),
        doc: field.doc.lines().map(str::to_owned).collect(),
    };
    let pieces = wire.format.as_ref().map_or(&[][..], |format| &format.pieces);
    let mut steps = Vec::new();
    for (position, piece) in pieces.iter().enumerate() {
        let until = match pieces.get(position + 1) {
            Some(Piece::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let what = match piece {
            Piece::Text(text) => Some(What::Literal(text)),
            Piece::Value(name, padded) => fields.iter().find(|f| f.name.spec == *name).map(|field| {
                What::Print { name, ty: &field.ty, padded: padded.map(|(width, _)| width), until }
            }),
            Piece::Group(_) => None,
        };
        steps.extend(what.map(|what| Step { at: None, what, when: None, since: None }));
    }
    (fields.iter().map(member).collect(), steps)
}
