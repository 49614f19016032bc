//! JSON texts on their way into the core.

/// The text of a `json<t>` argument.
///
/// Whoever made it says how far it is to be trusted: the text of a serializer is JSON and is not checked again, any other
/// text is checked where that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a> {
    text: &'a str,
    serialized: bool,
}

impl<'a> Json<'a> {
    /// A text as a serializer wrote it.
    #[must_use]
    pub const fn serialized(text: &'a str) -> Self {
        Self { text, serialized: true }
    }

    /// The text.
    #[must_use]
    pub const fn text(self) -> &'a str {
        self.text
    }

    /// Whether a serializer wrote it, so that it is JSON for certain.
    #[must_use]
    pub const fn is_serialized(self) -> bool {
        self.serialized
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, serialized: false }
    }
}
