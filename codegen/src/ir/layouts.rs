//! Byte layouts.

use super::{Api, At, Doc, Int, Literal, Template, Type};
use crate::doc::{Endian, LayoutKind};

/// A byte layout.
#[derive(Debug)]
pub struct Wire {
    /// Its name.
    pub name: String,
    /// How the bytes are laid out.
    pub layout: LayoutKind,
    /// Byte order.
    pub endian: Endian,
    /// Length of a fixed layout.
    pub size: Option<u32>,
    /// Leading bytes.
    pub magic: Vec<u8>,
    /// Newest version.
    pub version: Option<u32>,
    /// Record that it encodes.
    pub of: Option<At>,
    /// Template of a text layout.
    pub format: Option<Template>,
    /// Longest encoding.
    pub max: Option<u64>,
    /// Family, and position of the kind there, of what decoders answer to other bytes.
    pub error: Option<(At, usize)>,
    /// Whether bytes behind the last field are kept.
    pub keep_trailing: bool,
    /// Fields in order.
    pub fields: Vec<WireField>,
    /// What it encodes.
    pub doc: Doc,
}

impl Wire {
    /// The layouts that stand in this one.
    pub fn parts(&self) -> impl Iterator<Item = At> + '_ {
        self.fields.iter().flat_map(|field| match &field.form {
            WireForm::Plain(Type::Layout(at)) | WireForm::Counted { of: Type::Layout(at), .. } => vec![*at],
            WireForm::Switch { arms, .. } => arms.iter().map(|(_, at)| *at).collect(),
            _ => Vec::new(),
        })
    }
}

impl Api {
    /// Where a layout stands.
    pub fn position(&self, wire: &Wire) -> At {
        let modules = self.modules.iter().enumerate();
        let mut places =
            modules.flat_map(|(module, m)| (0..m.wires.len()).map(move |index| At { module, index }));
        places.find(|at| std::ptr::eq(self.wire(*at), wire)).unwrap_or(At { module: 0, index: 0 })
    }

    /// Whether a layout is another, or has it as a part, however deep.
    pub fn has_part(&self, at: At, part: At) -> bool {
        fn visit(api: &Api, at: At, goal: At, seen: &mut Vec<At>) -> bool {
            let is_new = !seen.contains(&at);
            seen.push(at);
            at == goal || (is_new && api.wire(at).parts().any(|inner| visit(api, inner, goal, seen)))
        }
        visit(self, at, part, &mut Vec::new())
    }

    /// What the type of a part of a layout is called; one of several parts after the layout and its field:
    /// `echo_reply_rest`.
    pub fn part_name(&self, part: &Type) -> String {
        match part {
            Type::Layout(at) => self.wire(*at).name.clone(),
            Type::Choice(at, field) => {
                let wire = self.wire(*at);
                format!("{}_{}", wire.name, wire.fields[*field].name)
            }
            _ => String::new(),
        }
    }
}

/// A field of a layout.
#[derive(Debug)]
pub struct WireField {
    /// Its name.
    pub name: String,
    /// Offset, in a fixed layout.
    pub at: u32,
    /// What it holds.
    pub form: WireForm,
    /// Greatest value, of a number.
    pub max: Option<u64>,
    /// Earlier field, and bit of it, that says whether this one is there.
    pub when: Option<(String, u8)>,
    /// Version that first had it.
    pub since: Option<u32>,
    /// Value for older versions.
    pub default: Option<Literal>,
    /// What it holds.
    pub doc: Doc,
}

/// What a field of a layout holds.
#[derive(Debug)]
pub enum WireForm {
    /// A value of fixed width, or a layout of the same module.
    Plain(Type),
    /// A value that an unsigned integer carries, in one to eight bytes.
    Varint(Type),
    /// An integer in parts: name and width of each, lowest bits first.
    Bits(Int, Vec<(String, u8)>),
    /// Text or bytes with a length.
    Sized {
        /// Text or bytes.
        ty: Type,
        /// Form of the length.
        len: Length,
        /// Greatest length.
        max: u64,
    },
    /// A list with a count.
    Counted {
        /// Element.
        of: Type,
        /// Form of the count.
        count: Length,
        /// Greatest count.
        max: u64,
    },
    /// The rest, chosen by an earlier field.
    Switch {
        /// That field.
        on: String,
        /// Its values, and the layout of each.
        arms: Vec<(u64, At)>,
    },
    /// A checksum.
    Check {
        /// Width.
        int: Int,
        /// Hash function.
        hash: String,
        /// First and last field covered.
        over: (String, String),
    },
}

/// Forms of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Fixed-width integer.
    Int(Int),
    /// One, two, four or eight bytes, by the two lowest bits of the first.
    Varint,
    /// All that remains.
    Rest,
}
