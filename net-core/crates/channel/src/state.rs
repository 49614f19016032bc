//! What a node announces, in the one form that there is of it.

use net_types::{
    Error,
    base::BaseError,
    wire::capability::{CapabilityDelta, CapabilityMetadata, CapabilityState, CapabilityTag},
};
use std::collections::{BTreeMap, BTreeSet};

/// Tags and metadata. Both rise in the order of their bytes, so that equal states have equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    tags: BTreeSet<String>,
    metadata: BTreeMap<String, String>,
}

impl State {
    /// The state of these tags and pairs; of several pairs with one key the last counts.
    pub fn new(
        tags: impl IntoIterator<Item = String>,
        metadata: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self { tags: tags.into_iter().collect(), metadata: metadata.into_iter().collect() }
    }

    /// Reads the body of a full announcement, of which there is one form only.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let says = CapabilityState::decode(body)?;
        if !rise(says.tags.iter().map(|tag| &tag.text)) || !rise(says.metadata.iter().map(|pair| &pair.key)) {
            return Err(malformed("tags and keys have to rise"));
        }
        let tags = says.tags.into_iter().map(|tag| tag.text);
        Ok(Self::new(tags, says.metadata.into_iter().map(|pair| (pair.key, pair.value))))
    }

    /// The body of a full announcement; `argument` if a text or a count is above its limit.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        CapabilityState {
            tags: self.tags.iter().map(tag).collect(),
            metadata: self.metadata.iter().map(pair).collect(),
        }
        .encode()
    }

    /// The tags, in the order of their bytes.
    pub fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }

    /// The metadata, in the order of the bytes of its keys.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// What has changed since the state of a revision.
    pub(crate) fn delta_from(&self, base: &Self, revision: u32) -> Result<CapabilityDelta, Error> {
        let has_changed = |(key, value): &(&String, &String)| base.metadata.get(*key) != Some(*value);
        Ok(CapabilityDelta {
            base: revision,
            result: hash(&self.encode()?),
            removed_tags: base.tags.difference(&self.tags).map(tag).collect(),
            added_tags: self.tags.difference(&base.tags).map(tag).collect(),
            removed_keys: base
                .metadata
                .keys()
                .filter(|key| !self.metadata.contains_key(*key))
                .map(tag)
                .collect(),
            set: self.metadata.iter().filter(has_changed).map(pair).collect(),
        })
    }

    /// This state after a change; nothing if what comes of it is not what the change was made for.
    pub(crate) fn apply(&self, delta: &CapabilityDelta) -> Option<Self> {
        let mut state = self.clone();
        for tag in &delta.removed_tags {
            state.tags.remove(&tag.text);
        }
        state.tags.extend(delta.added_tags.iter().map(|tag| tag.text.clone()));
        for key in &delta.removed_keys {
            state.metadata.remove(&key.text);
        }
        state.metadata.extend(delta.set.iter().map(|pair| (pair.key.clone(), pair.value.clone())));
        let is_meant = state.encode().is_ok_and(|body| hash(&body) == delta.result);
        is_meant.then_some(state)
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn cost(&self) -> usize {
        let tags = self.tags.iter().map(|tag| tag.len() + TEXT);
        let metadata = self.metadata.iter().map(|(key, value)| key.len() + value.len() + 2 * TEXT);
        tags.chain(metadata).sum()
    }
}

/// What a text takes besides its bytes: its header, its share of a node of a tree, and of an allocation.
const TEXT: usize = 48;

fn hash(body: &[u8]) -> [u8; 32] {
    *blake3::hash(body).as_bytes()
}

fn tag(text: impl AsRef<str>) -> CapabilityTag {
    CapabilityTag { text: text.as_ref().to_owned() }
}

fn pair((key, value): (&String, &String)) -> CapabilityMetadata {
    CapabilityMetadata { key: key.clone(), value: value.clone() }
}

fn rise<'a>(texts: impl Iterator<Item = &'a String>) -> bool {
    texts.is_sorted_by(|one, next| one < next)
}

fn malformed(detail: &str) -> Error {
    BaseError::CodecDecode { detail: detail.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(tags: &[&str], metadata: &[(&str, &str)]) -> State {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        State::new(tags.iter().map(|tag| (*tag).to_owned()), metadata.iter().map(pair))
    }

    #[test]
    fn has_one_form_whatever_it_was_made_from() {
        let one = state(&["b", "a", "b"], &[("y", "2"), ("x", "1")]);
        let other = state(&["a", "b"], &[("x", "1"), ("y", "2")]);
        assert_eq!(one.encode(), other.encode());
        assert_eq!(State::decode(&one.encode().unwrap()).as_ref(), Ok(&one));
    }

    #[test]
    fn refuses_bodies_in_another_form() {
        let tag = |text: &str| CapabilityTag { text: text.to_owned() };
        let pair = |key: &str| CapabilityMetadata { key: key.to_owned(), value: String::new() };
        let unsorted = [
            CapabilityState { tags: vec![tag("b"), tag("a")], metadata: vec![] },
            CapabilityState { tags: vec![tag("a"), tag("a")], metadata: vec![] },
            CapabilityState { tags: vec![], metadata: vec![pair("b"), pair("a")] },
            CapabilityState { tags: vec![], metadata: vec![pair("a"), pair("a")] },
        ];
        for body in unsorted {
            assert!(State::decode(&body.encode().unwrap()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn a_change_gives_what_it_was_made_for_and_nothing_else() {
        let base = state(&["a", "b"], &[("k", "1"), ("gone", "x")]);
        let next = state(&["b", "c"], &[("k", "2"), ("new", "y")]);
        let delta = next.delta_from(&base, 7).unwrap();
        assert_eq!(
            (delta.base, delta.removed_tags.len(), delta.added_tags.len(), delta.set.len()),
            (7, 1, 1, 2)
        );
        assert_eq!(base.apply(&delta), Some(next.clone()));
        assert_eq!(state(&["a", "b", "other"], &[]).apply(&delta), None);
        assert_eq!(next.apply(&next.delta_from(&next, 7).unwrap()), Some(next));
    }

    #[test]
    fn says_which_limit_a_text_breaks() {
        assert!(state(&[&"t".repeat(1_025)], &[]).encode().is_err());
        assert!(state(&[&"t".repeat(1_024)], &[]).encode().is_ok());
    }
}
