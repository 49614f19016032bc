//! Channel names and their hashes.

use net_types::identity::IdentityError;
use xxhash_rust::xxh3::xxh3_64;

/// A name that keeps the rules: 1 to 255 bytes of `a-z 0-9 - _ . /`, no empty segment, none that is `.` or `..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelName<'a>(&'a str);

impl<'a> ChannelName<'a> {
    /// The longest name in bytes.
    pub const MAX: usize = 255;

    /// Takes a name that keeps the rules.
    pub fn parse(name: &'a str) -> Result<Self, IdentityError> {
        let wrong = |reason: String| Err(IdentityError::InvalidChannel { reason });
        if name.is_empty() {
            return wrong("it is empty".into());
        }
        if name.len() > Self::MAX {
            return wrong(format!("it has {} bytes, the limit is {}", name.len(), Self::MAX));
        }
        if let Some(other) = name.chars().find(|other| !is_allowed(*other)) {
            return wrong(format!("{other:?} is none of a-z 0-9 - _ . /"));
        }
        match name.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
            Some("") => wrong("a segment is empty".into()),
            Some(segment) => wrong(format!("a segment is `{segment}`")),
            None => Ok(Self(name)),
        }
    }

    /// The name.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The hash by which tokens name it: XXH3-64 of its bytes.
    pub fn hash(self) -> u64 {
        xxh3_64(self.0.as_bytes())
    }
}

fn is_allowed(other: char) -> bool {
    matches!(other, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_that_keep_the_rules() {
        let longest = "a".repeat(255);
        for name in ["a", "sensors/temp", "a.b/c-d_e/0", "...", "a/..b", &longest] {
            assert_eq!(ChannelName::parse(name).map(ChannelName::as_str), Ok(name));
        }
    }

    #[test]
    fn says_which_rule_a_name_breaks() {
        let too_long = "a".repeat(256);
        let cases = [
            ("", "it is empty"),
            (&too_long, "it has 256 bytes, the limit is 255"),
            ("Sensors", "'S' is none of a-z 0-9 - _ . /"),
            ("zwölf", "'ö' is none of a-z 0-9 - _ . /"),
            ("a b", "' ' is none of a-z 0-9 - _ . /"),
            ("/a", "a segment is empty"),
            ("a/", "a segment is empty"),
            ("a//b", "a segment is empty"),
            ("a/./b", "a segment is `.`"),
            ("..", "a segment is `..`"),
        ];
        for (name, reason) in cases {
            let reason = reason.to_owned();
            assert_eq!(ChannelName::parse(name), Err(IdentityError::InvalidChannel { reason }), "{name}");
        }
    }
}
