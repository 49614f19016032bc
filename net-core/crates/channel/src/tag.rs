//! The grammar of tags.

use std::{borrow::Cow, fmt};

/// What a tag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// What the machine has.
    Hardware,
    /// What runs on it.
    Software,
    /// What is attached to it.
    Devices,
    /// What it stores.
    Dataforts,
}

impl Axis {
    /// Every axis.
    pub const ALL: [Self; 4] = [Self::Hardware, Self::Software, Self::Devices, Self::Dataforts];

    /// Its text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Software => "software",
            Self::Devices => "devices",
            Self::Dataforts => "dataforts",
        }
    }
}

/// Starts of tags that have a meaning of their own.
pub const RESERVED_PREFIXES: [&str; 4] = ["causal:", "fork-of:", "heat:", SCOPE];

/// Start of the tags that narrow who finds a node.
pub(crate) const SCOPE: &str = "scope:";

/// What separates a key from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Separator {
    /// `=`, which is meant where nothing is said.
    Equals,
    /// `:`, which means the same.
    Colon,
}

/// A tag, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag<'a> {
    /// `<axis>.<key>`: it is there.
    Present {
        /// The axis.
        axis: Axis,
        /// The key.
        key: &'a str,
    },
    /// `<axis>.<key>=<value>`, or with a colon: the first of both separates.
    Value {
        /// The axis.
        axis: Axis,
        /// The key.
        key: &'a str,
        /// What stands between.
        separator: Separator,
        /// The value, which may be empty.
        value: &'a str,
    },
    /// One that begins with one of [`RESERVED_PREFIXES`].
    Reserved {
        /// The start, with its colon.
        prefix: &'static str,
        /// The rest.
        body: &'a str,
    },
    /// Anything else.
    Free(&'a str),
}

impl<'a> Tag<'a> {
    /// Takes a text apart; nothing if it is empty.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let reserved =
            RESERVED_PREFIXES.iter().find_map(|prefix| Some((*prefix, text.strip_prefix(prefix)?)));
        if let Some((prefix, body)) = reserved {
            return Some(Self::Reserved { prefix, body });
        }
        Some(Self::of_axis(text).unwrap_or(Self::Free(text)))
    }

    /// A tag of an axis whose key is not empty.
    fn of_axis(text: &'a str) -> Option<Self> {
        let (name, rest) = text.split_once('.')?;
        let axis = Axis::ALL.into_iter().find(|axis| axis.text() == name)?;
        let split = rest.find(['=', ':']).map(|at| (&rest[..at], rest.as_bytes()[at], &rest[at + 1..]));
        let key = split.map_or(rest, |(key, ..)| key);
        if key.is_empty() {
            return None;
        }
        Some(match split {
            Some((key, separator, value)) => {
                let separator = if separator == b'=' { Separator::Equals } else { Separator::Colon };
                Self::Value { axis, key, separator, value }
            }
            None => Self::Present { axis, key },
        })
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present { axis, key } => write!(f, "{}.{key}", axis.text()),
            Self::Value { axis, key, separator, value } => {
                let separator = if *separator == Separator::Equals { '=' } else { ':' };
                write!(f, "{}.{key}{separator}{value}", axis.text())
            }
            Self::Reserved { prefix, body } => write!(f, "{prefix}{body}"),
            Self::Free(text) => f.write_str(text),
        }
    }
}

/// The form by which a tag is found: whichever separator it has, `=` stands there.
pub fn canonical(text: &str) -> Cow<'_, str> {
    match Tag::parse(text) {
        Some(Tag::Value { axis, key, separator: Separator::Colon, value }) => {
            let tag = Tag::Value { axis, key, separator: Separator::Equals, value };
            Cow::Owned(tag.to_string())
        }
        _ => Cow::Borrowed(text),
    }
}

/// Whether a tag is the library's to say, not an application's.
pub fn is_of_runtime(text: &str) -> bool {
    matches!(Tag::parse(text), Some(Tag::Reserved { prefix, .. }) if prefix != SCOPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_tags_apart_and_puts_them_together_again() {
        let (hardware, software) = (Axis::Hardware, Axis::Software);
        let value = |axis, key, separator, value| Tag::Value { axis, key, separator, value };
        let cases = [
            ("hardware.gpu", Tag::Present { axis: hardware, key: "gpu" }),
            ("hardware.gpu.vram_gb=80", value(hardware, "gpu.vram_gb", Separator::Equals, "80")),
            ("hardware.colon:2", value(hardware, "colon", Separator::Colon, "2")),
            ("software.runtime.node.js=20", value(software, "runtime.node.js", Separator::Equals, "20")),
            ("software.a=b:c=d", value(software, "a", Separator::Equals, "b:c=d")),
            ("software.a:b=c", value(software, "a", Separator::Colon, "b=c")),
            ("software.a=", value(software, "a", Separator::Equals, "")),
            ("scope:tenant:oem-123", Tag::Reserved { prefix: "scope:", body: "tenant:oem-123" }),
            ("heat:", Tag::Reserved { prefix: "heat:", body: "" }),
            ("hardware.", Tag::Free("hardware.")),
            ("hardware.=1", Tag::Free("hardware.=1")),
            ("Hardware.gpu", Tag::Free("Hardware.gpu")),
            ("hardware", Tag::Free("hardware")),
            ("model:llama3-70b", Tag::Free("model:llama3-70b")),
            ("nrpc:echo", Tag::Free("nrpc:echo")),
            ("größe", Tag::Free("größe")),
        ];
        for (text, tag) in cases {
            assert_eq!(Tag::parse(text), Some(tag), "{text}");
            assert_eq!(tag.to_string(), text);
        }
        assert_eq!(Tag::parse(""), None);
    }

    #[test]
    fn both_separators_are_found_alike() {
        assert_eq!(canonical("hardware.colon:2"), "hardware.colon=2");
        assert_eq!(canonical("hardware.colon=2:3"), "hardware.colon=2:3");
        assert_eq!(canonical("model:llama"), "model:llama");
    }

    #[test]
    fn scopes_are_an_applications_to_say_and_the_other_starts_are_not() {
        let of_runtime = ["causal:00", "fork-of:00", "heat:00=0.5"];
        assert!(of_runtime.into_iter().all(is_of_runtime));
        assert!(!["scope:global", "gpu", "hardware.gpu", ""].into_iter().any(is_of_runtime));
    }
}
