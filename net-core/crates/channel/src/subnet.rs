//! Subnets: where a node stands, as its signed tags say, and who sees whom.

use crate::tag::canonical;
use net_types::{Error, base::BaseError};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Levels of a subnet.
const LEVELS: usize = 4;

/// A place in a tree of four levels; 0 at a level means that nothing is said from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetId(u32);

impl SubnetId {
    /// The subnet of one to four levels, the widest first; `argument` for other counts, and for a subnet that says nothing.
    pub fn new(levels: &[u8]) -> Result<Self, Error> {
        let wrong = |reason: String| BaseError::Argument { argument: "subnet".into(), reason }.into();
        if !(1..=LEVELS).contains(&levels.len()) {
            return Err(wrong(format!("levels must have 1-4 entries, got {}", levels.len())));
        }
        let subnet =
            Self(levels.iter().zip((0..LEVELS).rev()).map(|(level, at)| u32::from(*level) << (8 * at)).sum());
        if subnet.0 == 0 {
            return Err(wrong("a subnet names at least one level".into()));
        }
        Ok(subnet)
    }

    /// Its levels, the widest first.
    pub const fn levels(self) -> [u8; LEVELS] {
        self.0.to_be_bytes()
    }

    /// Whether another one is this one, or lies within it.
    pub fn contains(self, other: Self) -> bool {
        let unsaid = (self.0.trailing_zeros() / 8) * 8;
        (self.0 ^ other.0) >> unsaid == 0
    }
}

impl fmt::Display for SubnetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [region, fleet, vehicle, subsystem] = self.levels();
        write!(f, "{region}.{fleet}.{vehicle}.{subsystem}")
    }
}

/// What a level of a subnet follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetRule {
    prefix: String,
    level: usize,
    values: BTreeMap<String, u8>,
}

impl SubnetRule {
    /// The first tag, in the order of bytes, that begins with the prefix and goes on with one of the values gives the level; `argument` for a
    /// level beyond 3, an empty prefix and a value of 0.
    pub fn new(prefix: String, level: usize, values: BTreeMap<String, u8>) -> Result<Self, Error> {
        let wrong = |reason: &str| {
            Err(BaseError::Argument { argument: "subnet_policy".into(), reason: reason.into() }.into())
        };
        match () {
            () if prefix.is_empty() => wrong("a rule needs a prefix"),
            () if level >= LEVELS => wrong("a level is 0 to 3"),
            () if values.values().any(|value| *value == 0) => wrong("the value of a level is 1 to 255"),
            () => Ok(Self { prefix: canonical(&prefix).into_owned(), level, values }),
        }
    }
}

/// How the subnet of a node follows from its tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubnetPolicy(Vec<SubnetRule>);

impl SubnetPolicy {
    /// The policy of these rules. Of several for one level the last one that says something counts.
    pub fn new(rules: Vec<SubnetRule>) -> Self {
        Self(rules)
    }

    /// The subnet of a node of these tags, in the form by which they are found; nothing if no rule says anything.
    pub fn subnet_of(&self, tags: &BTreeSet<String>) -> Option<SubnetId> {
        let mut levels = [0; LEVELS];
        for rule in &self.0 {
            let starting = tags.range(rule.prefix.clone()..).map_while(|tag| tag.strip_prefix(&rule.prefix));
            if let Some(value) = starting.filter_map(|rest| rule.values.get(rest)).next() {
                levels[rule.level] = *value;
            }
        }
        SubnetId::new(&levels).ok()
    }
}

/// Who may hear a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Everybody.
    #[default]
    Global,
    /// Whoever is in the publisher's subnet.
    SubnetLocal,
    /// Whoever is in the publisher's subnet, or in one that contains it.
    ParentVisible,
    /// Nobody: nothing says to whom.
    Exported,
}

impl Visibility {
    /// Whether a subscriber may hear a publisher. A node that is in no subnet is outside of each.
    pub fn permits(self, publisher: Option<SubnetId>, subscriber: Option<SubnetId>) -> bool {
        let both = publisher.zip(subscriber);
        match self {
            Self::Global => true,
            Self::SubnetLocal => both.is_some_and(|(publisher, subscriber)| publisher == subscriber),
            Self::ParentVisible => both.is_some_and(|(publisher, subscriber)| subscriber.contains(publisher)),
            Self::Exported => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(levels: &[u8]) -> SubnetId {
        SubnetId::new(levels).unwrap()
    }

    fn tags(tags: &[&str]) -> BTreeSet<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    fn rule(prefix: &str, level: usize, values: &[(&str, u8)]) -> SubnetRule {
        let values = values.iter().map(|(text, value)| ((*text).to_owned(), *value)).collect();
        SubnetRule::new(prefix.to_owned(), level, values).unwrap()
    }

    #[test]
    fn a_subnet_has_one_to_four_levels() {
        assert_eq!(subnet(&[3, 7]).to_string(), "3.7.0.0");
        assert_eq!(subnet(&[3, 7]), subnet(&[3, 7, 0, 0]));
        for levels in [&[][..], &[0], &[0, 0, 0, 0], &[1, 2, 3, 4, 5]] {
            assert!(SubnetId::new(levels).is_err(), "{levels:?}");
        }
    }

    #[test]
    fn a_subnet_contains_what_begins_with_its_levels() {
        let (region, fleet) = (subnet(&[3]), subnet(&[3, 7]));
        assert!(region.contains(fleet) && fleet.contains(fleet) && region.contains(subnet(&[3, 7, 1, 9])));
        assert!(
            !fleet.contains(region) && !fleet.contains(subnet(&[3, 8])) && !region.contains(subnet(&[4]))
        );
        assert!(subnet(&[3, 0, 1]).contains(subnet(&[3, 0, 1, 4])), "a level in between may say nothing");
        assert!(!subnet(&[3, 0, 1]).contains(subnet(&[3, 5, 1])));
    }

    #[test]
    fn levels_follow_from_tags() {
        let policy = SubnetPolicy::new(vec![
            rule("region:", 0, &[("us", 3), ("eu", 4)]),
            rule("hardware.fleet:", 1, &[("blue", 7)]),
        ]);
        assert_eq!(policy.subnet_of(&tags(&["region:us", "hardware.fleet=blue"])), Some(subnet(&[3, 7])));
        assert_eq!(policy.subnet_of(&tags(&["region:eu", "x"])), Some(subnet(&[4])));
        assert_eq!(policy.subnet_of(&tags(&["region:mars", "x"])), None);
        assert_eq!(policy.subnet_of(&tags(&["region:eu", "region:us"])), Some(subnet(&[4])), "the first tag");
        assert_eq!(policy.subnet_of(&tags(&[])), None);
        for (prefix, level, value) in [("", 0, 1), ("a", 4, 1), ("a", 0, 0)] {
            assert!(SubnetRule::new(prefix.into(), level, [(String::new(), value)].into()).is_err());
        }
    }

    #[test]
    fn who_is_in_no_subnet_hears_only_what_is_for_everybody() {
        let (own, other, parent) = (subnet(&[3, 7]), subnet(&[3, 8]), subnet(&[3]));
        let cases = [
            (Visibility::Global, [true; 4]),
            (Visibility::SubnetLocal, [true, false, false, false]),
            (Visibility::ParentVisible, [true, false, true, false]),
            (Visibility::Exported, [false; 4]),
        ];
        for (visibility, expected) in cases {
            let heard =
                [Some(own), Some(other), Some(parent), None].map(|to| visibility.permits(Some(own), to));
            assert_eq!(heard, expected, "{visibility:?}");
            let without = visibility.permits(None, Some(own)) || visibility.permits(None, None);
            assert_eq!(without, visibility == Visibility::Global, "{visibility:?}");
        }
    }
}
