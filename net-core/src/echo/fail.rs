//! Errors on demand.

use super::argument_error;
use net_types::{
    Error,
    echo::{ECHO_LIMIT, EchoError, EchoPartError},
};

/// The error of a kind, with fields that follow from the detail: a number, status or excess that is its length in
/// bytes, and a reason, body or part that is the detail itself.
pub(super) fn asked_for(kind: &str, detail: &str) -> Error {
    let length = detail.len();
    let text = detail.to_owned();
    match kind {
        "rejected" => EchoError::Rejected { number: length as u32, reason: text }.into(),
        "too_large" | "too-large" => {
            let limit = u64::from(ECHO_LIMIT);
            EchoError::TooLarge { size: limit + length as u64, limit: Some(limit) }.into()
        }
        "busy" => EchoError::Busy.into(),
        "odd" | "odd text" => EchoError::Odd { detail: text }.into(),
        "status" => {
            EchoError::Status { status: length as u16, body: text.clone().into(), detail: text }.into()
        }
        "bad_frame" | "bad-frame" => EchoError::BadFrame { detail: text }.into(),
        "part" | "missing" => EchoPartError::Missing { part: text }.into(),
        other => argument_error("kind", format!("`{other}` is no kind of echo error")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str) -> String {
        asked_for(kind, "asked").to_string()
    }

    #[test]
    fn makes_every_kind() {
        assert_eq!(message("rejected"), "echo: rejected: number=5 reason=asked");
        assert_eq!(message("too_large"), "echo: too-large: 4101 bytes, the limit is 4096");
        assert_eq!(message("busy"), "echo: busy: try again");
        assert_eq!(message("odd"), "echo: odd text: asked");
        assert_eq!(message("status"), "echo:status:0x0005");
        assert_eq!(message("bad_frame"), "echo: bad-frame: asked");
        assert_eq!(message("part"), "echo: part: missing: asked");
    }

    #[test]
    fn takes_published_texts() {
        for kind in ["rejected", "too-large", "busy", "odd text", "status", "bad-frame", "missing"] {
            assert_eq!(asked_for(kind, "").kind_text(), kind);
        }
    }

    #[test]
    fn refuses_other_kinds() {
        assert_eq!(message("odder"), "argument: kind: `odder` is no kind of echo error");
    }
}
