//! Which items belong to a list.

use net_types::{
    Timestamp,
    cortex::{MemoryFilter, TaskFilter},
};

/// Bounds of the times of an item, both of which are inside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    pub(crate) created_after: Option<Timestamp>,
    pub(crate) created_before: Option<Timestamp>,
    pub(crate) updated_after: Option<Timestamp>,
    pub(crate) updated_before: Option<Timestamp>,
}

impl Times {
    pub(crate) fn have(&self, created: Timestamp, updated: Timestamp) -> bool {
        within(created, self.created_after, self.created_before)
            && within(updated, self.updated_after, self.updated_before)
    }
}

impl From<&TaskFilter> for Times {
    fn from(filter: &TaskFilter) -> Self {
        Self {
            created_after: filter.created_after_ns,
            created_before: filter.created_before_ns,
            updated_after: filter.updated_after_ns,
            updated_before: filter.updated_before_ns,
        }
    }
}

impl From<&MemoryFilter> for Times {
    fn from(filter: &MemoryFilter) -> Self {
        Self {
            created_after: filter.created_after_ns,
            created_before: filter.created_before_ns,
            updated_after: filter.updated_after_ns,
            updated_before: filter.updated_before_ns,
        }
    }
}

fn within(time: Timestamp, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    after.is_none_or(|after| time >= after) && before.is_none_or(|before| time <= before)
}

/// A part of a text, whatever the case of its letters.
#[derive(Debug)]
pub(crate) struct Part(Option<String>);

impl Part {
    pub(crate) fn new(text: Option<&str>) -> Self {
        Self(text.map(str::to_lowercase))
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|part| text.to_lowercase().contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inside() {
        let times = Times {
            created_after: Some(Timestamp(3)),
            created_before: Some(Timestamp(5)),
            ..Times::default()
        };
        let has: Vec<u64> = (0..9).filter(|at| times.have(Timestamp(*at), Timestamp(0))).collect();
        assert_eq!(has, [3, 4, 5]);
    }

    #[test]
    fn case_does_not_matter() {
        assert!(Part::new(Some("GRÖSSE")).is_in("die grösse"));
        assert!(Part::new(Some("")).is_in("") && Part::new(None).is_in(""));
        assert!(!Part::new(Some("a")).is_in("b"));
    }
}
