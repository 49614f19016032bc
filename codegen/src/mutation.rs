//! Codecs with one mistake, for the proof that fixtures find it.
//!
//! The mistake is made in the resolved layouts, and the language's own target prints them: whatever its codecs look
//! like, they go wrong where their layouts do, and all else about them is as always. Only layouts of modules that are
//! built on request are spoiled: the runtime is written on the others.

use crate::files::FileSet;
use crate::ir::{Api, At, Endian, Lang, LayoutKind, Length, Type, Wire, WireForm};
use crate::targets::wire::{self, model};
use anyhow::Result;
use std::mem;

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Two neighbours of the same width have changed places.
    SwappedOffset,
    /// Numbers begin at their other end.
    ByteOrder,
    /// The whole may have any length, and a part twice its greatest.
    LengthCheck,
    /// A checksum is that of another hash, and two layouts of a choice have changed places.
    Choice,
}

/// The codecs of a language with a mistake in every layout that can have it.
#[derive(Debug)]
pub struct Mutant {
    /// Names of the layouts that have it and show it, themselves or in a part.
    pub layouts: Vec<String>,
    /// Names of those that have it in a part and may hide it: what holds a part looks at its end once more.
    pub shielded: Vec<String>,
    /// The codecs.
    pub files: FileSet,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SwappedOffset, Self::ByteOrder, Self::LengthCheck, Self::Choice];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::SwappedOffset => "swapped offset",
            Self::ByteOrder => "wrong byte order",
            Self::LengthCheck => "removed length check",
            Self::Choice => "wrong hash or choice",
        }
    }

    /// Makes the mistake in the layouts and prints the codecs of a language.
    pub fn codecs(self, mut api: Api, lang: Lang) -> Result<Mutant> {
        let mut spoiled = Vec::new();
        for at in positions(&api) {
            if api.modules[at.module].feature.is_some() && self.fits(&api, api.wire(at)) {
                self.spoil(&mut api.modules[at.module].wires[at.index]);
                spoiled.push(at);
            }
        }
        let have_it =
            positions(&api).into_iter().filter(|at| spoiled.iter().any(|part| api.has_part(*at, *part)));
        let shows = |at: &At| self != Self::LengthCheck || spoiled.contains(at);
        let (shown, hidden): (Vec<_>, Vec<_>) = have_it.partition(shows);
        let names = |all: Vec<At>| all.into_iter().map(|at| api.wire(at).name.clone()).collect();
        let (layouts, shielded) = (names(shown), names(hidden));
        Ok(Mutant { layouts, shielded, files: wire::codecs(lang).render(&api)? })
    }

    /// Whether a layout can have the mistake.
    fn fits(self, api: &Api, wire: &Wire) -> bool {
        let mut forms = wire.fields.iter().map(|field| &field.form);
        let is_fixed = wire.layout == LayoutKind::Fixed;
        let is_bytes = is_fixed || wire.layout == LayoutKind::Sequence;
        is_bytes
            && model::has_codec(api, wire)
            && match self {
                Self::SwappedOffset => is_fixed && twins(wire).is_some(),
                Self::ByteOrder => forms.any(|form| has_order(api, form)),
                Self::Choice => {
                    forms.any(|form| matches!(form, WireForm::Check { .. } | WireForm::Switch { .. }))
                }
                Self::LengthCheck => is_fixed || forms.any(|form| limit(form).is_some()),
            }
    }

    fn spoil(self, wire: &mut Wire) {
        match self {
            Self::SwappedOffset => swap_twins(wire),
            Self::ByteOrder => {
                wire.endian = match wire.endian {
                    Endian::Little => Endian::Big,
                    Endian::Big => Endian::Little,
                }
            }
            Self::LengthCheck => lift_limits(wire),
            Self::Choice => choose_otherwise(wire),
        }
    }
}

fn positions(api: &Api) -> Vec<At> {
    let modules = api.modules.iter().enumerate();
    modules.flat_map(|(module, m)| (0..m.wires.len()).map(move |index| At { module, index })).collect()
}

/// Position of the first field that is as wide as the next one.
fn twins(wire: &Wire) -> Option<usize> {
    let ends = wire.fields.iter().skip(1).map(|field| field.at).chain(wire.size);
    let widths: Vec<_> = wire.fields.iter().zip(ends).map(|(field, end)| end - field.at).collect();
    widths.windows(2).position(|pair| pair[0] == pair[1])
}

/// Swaps them; the one that comes first is still written first.
fn swap_twins(wire: &mut Wire) {
    if let Some(first) = twins(wire)
        && let [left, right] = &mut wire.fields[first..first + 2]
    {
        mem::swap(left, right);
        mem::swap(&mut left.at, &mut right.at);
    }
}

/// Whether the byte order shows in a field.
fn has_order(api: &Api, form: &WireForm) -> bool {
    let is_wide =
        |ty: &Type| *api.base(ty) == Type::F64 || model::carrier(api, ty).is_some_and(|int| int.bits() > 8);
    let is_wide_length = |length: &Length| matches!(length, Length::Int(int) if int.bits() > 8);
    match form {
        WireForm::Plain(ty) => is_wide(ty),
        WireForm::Bits(int, _) | WireForm::Check { int, .. } => int.bits() > 8,
        WireForm::Sized { len, .. } => is_wide_length(len),
        WireForm::Counted { of, count, .. } => is_wide(of) || is_wide_length(count),
        WireForm::Varint(_) | WireForm::Switch { .. } => false,
    }
}

/// Greatest length of a part that has one.
fn limit(form: &WireForm) -> Option<u64> {
    match form {
        WireForm::Sized { max, .. } | WireForm::Counted { max, .. } => {
            Some(*max).filter(|max| *max != u64::MAX)
        }
        _ => None,
    }
}

fn lift_limits(wire: &mut Wire) {
    wire.size = None;
    for field in &mut wire.fields {
        if let WireForm::Sized { max, .. } | WireForm::Counted { max, .. } = &mut field.form {
            *max = max.saturating_mul(2);
        }
    }
}

/// Takes another hash, and swaps the numbers of two layouts.
fn choose_otherwise(wire: &mut Wire) {
    for field in &mut wire.fields {
        match &mut field.form {
            WireForm::Check { hash, .. } => {
                *hash = if hash == "blake3" { "xxh3_64".into() } else { "blake3".into() };
            }
            WireForm::Switch { arms, .. } => {
                if let [(one, _), (other, _), ..] = arms.as_mut_slice() {
                    mem::swap(one, other);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;
    use std::path::Path;

    fn mutant(mutation: Mutation) -> Mutant {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a repository");
        let api = cli::api(root).expect("a good spec");
        mutation.codecs(api, Lang::Go).expect("layouts can be printed")
    }

    fn layouts(mutation: Mutation) -> Vec<String> {
        mutant(mutation).layouts
    }

    #[test]
    fn a_mistake_is_made_where_it_shows() {
        let fixed = ["echo_frame", "echo_header", "echo_point"];
        let old = ["echo_frame", "echo_header", "echo_message", "echo_record", "echo_tail"];
        let over = ["echo_point", "echo_ack", "echo_reply", "echo_event"];
        assert_eq!(layouts(Mutation::SwappedOffset), [&fixed[..], &over[1..]].concat());
        assert_eq!(
            layouts(Mutation::ByteOrder),
            [&old[..], &over, &["echo_sealed", "echo_farewell", "echo_words"]].concat()
        );
        let own = ["echo_point", "echo_ack", "echo_farewell", "echo_words"];
        assert_eq!(layouts(Mutation::LengthCheck), [&old[..], &own].concat());
        assert_eq!(mutant(Mutation::LengthCheck).shielded, ["echo_reply", "echo_event"]);
        assert_eq!(layouts(Mutation::Choice), ["echo_reply", "echo_event", "echo_sealed", "echo_words"]);
    }
}
