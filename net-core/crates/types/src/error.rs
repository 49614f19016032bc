//! The errors of every family, and their sum.

use std::fmt;

/// Family `base`: what any call may answer with.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseError {
    /// The handle is closed, or of another type.
    Handle {
        /// What is wrong with it.
        detail: String,
    },
    /// An argument is out of its domain.
    Argument {
        /// The argument's name.
        argument: String,
        /// Why it is refused.
        reason: String,
    },
    /// A defect of the library.
    Internal {
        /// What happened, and where.
        detail: String,
    },
    /// This build, platform or binding does not have the feature.
    Unsupported {
        /// The feature's name.
        feature: String,
    },
    /// The caller gave up first.
    Cancelled,
    /// The reader fell behind, and items are lost.
    Lagged {
        /// How far behind.
        detail: String,
    },
    /// A value could not be encoded.
    CodecEncode {
        /// Which, and why.
        detail: String,
    },
    /// Bytes could not be decoded.
    CodecDecode {
        /// Where, and why.
        detail: String,
    },
    /// Host code threw something that is no error of the interface.
    HostThrew {
        /// Its text.
        detail: String,
    },
    /// Host code did not answer in time.
    HostTimeout,
    /// The process was forked after the library was loaded.
    Forked,
    /// The object was closed.
    Closed {
        /// Which.
        detail: String,
    },
    /// The SDK and the library were built from different specs.
    Mismatch {
        /// The two specs.
        detail: String,
    },
}

impl BaseError {
    /// The kind's permanent number.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Handle { .. } => 1,
            Self::Argument { .. } => 2,
            Self::Internal { .. } => 3,
            Self::Unsupported { .. } => 4,
            Self::Cancelled => 5,
            Self::Lagged { .. } => 6,
            Self::CodecEncode { .. } => 7,
            Self::CodecDecode { .. } => 8,
            Self::HostThrew { .. } => 9,
            Self::HostTimeout => 10,
            Self::Forked => 11,
            Self::Closed { .. } => 12,
            Self::Mismatch { .. } => 13,
        }
    }

    /// The kind's published name.
    pub fn kind_text(&self) -> &'static str {
        match self {
            Self::Handle { .. } => "handle",
            Self::Argument { .. } => "argument",
            Self::Internal { .. } => "internal",
            Self::Unsupported { .. } => "unsupported",
            Self::Cancelled => "cancelled",
            Self::Lagged { .. } => "lagged",
            Self::CodecEncode { .. } => "codec_encode",
            Self::CodecDecode { .. } => "codec_decode",
            Self::HostThrew { .. } => "host_threw",
            Self::HostTimeout => "host_timeout",
            Self::Forked => "forked",
            Self::Closed { .. } => "closed",
            Self::Mismatch { .. } => "mismatch",
        }
    }

    /// The text after the kind, if it has one.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Handle { detail }
            | Self::Internal { detail }
            | Self::Lagged { detail }
            | Self::CodecEncode { detail }
            | Self::CodecDecode { detail }
            | Self::HostThrew { detail }
            | Self::Closed { detail }
            | Self::Mismatch { detail } => Some(detail.clone()),
            Self::Argument { argument, reason } => Some(format!("{argument}: {reason}")),
            Self::Unsupported { feature } => Some(feature.clone()),
            Self::Cancelled | Self::HostTimeout | Self::Forked => None,
        }
    }
}

impl fmt::Display for BaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind_text())?;
        match self.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BaseError {}

/// An error of any family.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Family `base`.
    Base(BaseError),
}

impl Error {
    /// The family's permanent number.
    pub fn family(&self) -> u16 {
        match self {
            Self::Base(_) => 0,
        }
    }

    /// The kind's permanent number within its family.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Base(e) => e.kind(),
        }
    }

    /// The kind's published name.
    pub fn kind_text(&self) -> &'static str {
        match self {
            Self::Base(e) => e.kind_text(),
        }
    }

    /// Says whether the same call may succeed later.
    pub fn retry(&self) -> bool {
        match self {
            Self::Base(_) => false,
        }
    }

    /// The text after the kind, if it has one.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Base(e) => e.detail(),
        }
    }
}

impl From<BaseError> for Error {
    fn from(error: BaseError) -> Self {
        Self::Base(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
