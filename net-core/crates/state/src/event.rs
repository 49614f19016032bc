//! Events that a log takes.

use net_types::{
    Timestamp,
    cortex::CortexError,
    wire::cortex::{
        MemoryDeleted, MemoryEvent, MemoryEventBody, MemoryPinned, MemoryRetagged, MemoryStored, MemoryTag,
        MemoryUnpinned, TaskCompleted, TaskCreated, TaskDeleted, TaskEvent, TaskEventBody, TaskRenamed,
    },
};

/// Most bytes of a title, a content, a source and a tag, and most tags, as the layouts have them.
const MAX_TITLE: usize = 1_048_576;
const MAX_CONTENT: usize = 16_777_216;
const MAX_SOURCE: usize = 4096;
const MAX_TAG: usize = 4096;
const MAX_TAGS: usize = 1024;

/// What happens to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskChange<'a> {
    /// It begins, or is replaced, and is pending.
    Create {
        /// What is to be done: at most 1 MiB.
        title: &'a str,
    },
    /// It gets another title.
    Rename {
        /// What is to be done: at most 1 MiB.
        title: &'a str,
    },
    /// It is done.
    Complete,
    /// It is no more.
    Delete,
}

impl TaskChange<'_> {
    /// The event of a writer; `too_large` if the title is.
    pub fn encode(&self, origin: u64, id: u64, at: Timestamp) -> Result<Vec<u8>, CortexError> {
        let body = match *self {
            Self::Create { title } => {
                TaskEventBody::TaskCreated(TaskCreated { id, at, title: text("title", title, MAX_TITLE)? })
            }
            Self::Rename { title } => {
                TaskEventBody::TaskRenamed(TaskRenamed { id, at, title: text("title", title, MAX_TITLE)? })
            }
            Self::Complete => TaskEventBody::TaskCompleted(TaskCompleted { id, at }),
            Self::Delete => TaskEventBody::TaskDeleted(TaskDeleted { id }),
        };
        TaskEvent { origin, body }.encode().map_err(|error| unfit(&error))
    }
}

/// What happens to a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryChange<'a, T: AsRef<str>> {
    /// It is stored, or stored again.
    Store {
        /// What is remembered: at most 16 MiB.
        content: &'a str,
        /// Where it is from: at most 4096 bytes.
        source: &'a str,
        /// What it is found by: at most 1024 tags of at most 4096 bytes.
        tags: &'a [T],
    },
    /// It gets other tags.
    Retag {
        /// What it is found by: at most 1024 tags of at most 4096 bytes.
        tags: &'a [T],
    },
    /// It is pinned.
    Pin,
    /// It is pinned no more.
    Unpin,
    /// It is forgotten.
    Delete,
}

impl<T: AsRef<str>> MemoryChange<'_, T> {
    /// The event of a writer; `too_large` if a part of it is.
    pub fn encode(&self, origin: u64, id: u64, at: Timestamp) -> Result<Vec<u8>, CortexError> {
        let body = match self {
            Self::Store { content, source, tags } => MemoryEventBody::MemoryStored(MemoryStored {
                id,
                at,
                content: text("content", content, MAX_CONTENT)?,
                source: text("source", source, MAX_SOURCE)?,
                tags: labels(tags)?,
            }),
            Self::Retag { tags } => {
                MemoryEventBody::MemoryRetagged(MemoryRetagged { id, at, tags: labels(tags)? })
            }
            Self::Pin => MemoryEventBody::MemoryPinned(MemoryPinned { id, at }),
            Self::Unpin => MemoryEventBody::MemoryUnpinned(MemoryUnpinned { id, at }),
            Self::Delete => MemoryEventBody::MemoryDeleted(MemoryDeleted { id }),
        };
        MemoryEvent { origin, body }.encode().map_err(|error| unfit(&error))
    }
}

fn labels<T: AsRef<str>>(tags: &[T]) -> Result<Vec<MemoryTag>, CortexError> {
    check("tags", tags.len(), MAX_TAGS)?;
    tags.iter().map(|tag| Ok(MemoryTag { text: text("tag", tag.as_ref(), MAX_TAG)? })).collect()
}

fn text(what: &str, value: &str, limit: usize) -> Result<String, CortexError> {
    check(what, value.len(), limit)?;
    Ok(value.to_owned())
}

fn check(what: &str, size: usize, limit: usize) -> Result<(), CortexError> {
    if size <= limit {
        return Ok(());
    }
    Err(CortexError::TooLarge { what: what.to_owned(), size: size as u64, limit: limit as u64 })
}

/// What is within the limits above fits.
fn unfit(error: &net_types::Error) -> CortexError {
    CortexError::TooLarge { what: error.to_string(), size: 0, limit: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(5);

    #[test]
    fn the_limits_are_those_of_the_layouts() {
        let title = "t".repeat(MAX_TITLE);
        assert!(TaskChange::Create { title: &title }.encode(1, 2, AT).is_ok());
        let (content, tag) = ("c".repeat(MAX_CONTENT), "s".repeat(MAX_TAG));
        let tags = vec![tag.as_str(); MAX_TAGS];
        let store = MemoryChange::Store { content: &content, source: &tag, tags: &tags };
        assert!(store.encode(1, 2, AT).is_ok());
    }

    #[test]
    fn what_is_longer_is_refused_by_name() {
        let title = "t".repeat(MAX_TITLE + 1);
        let error = TaskChange::Rename { title: &title }.encode(1, 2, AT).expect_err("too long");
        assert_eq!(error, CortexError::TooLarge { what: "title".into(), size: 1_048_577, limit: 1_048_576 });
        let tags = vec![""; MAX_TAGS + 1];
        let error = MemoryChange::Retag { tags: &tags }.encode(1, 2, AT).expect_err("too many");
        assert_eq!(error, CortexError::TooLarge { what: "tags".into(), size: 1025, limit: 1024 });
        let long = "s".repeat(MAX_TAG + 1);
        let error = MemoryChange::Retag { tags: &[&long] }.encode(1, 2, AT).expect_err("too long");
        assert_eq!(error, CortexError::TooLarge { what: "tag".into(), size: 4097, limit: 4096 });
    }
}
