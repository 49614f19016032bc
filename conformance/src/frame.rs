//! The messages between driver and testee, in either form.

use std::io::{BufRead, ErrorKind, Read};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Frames, flat};

/// Longest message that is read; what claims to be longer is no message.
const LONGEST: u32 = 64 << 20;

/// What a testee is asked.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Call {
    pub(crate) op: String,
    pub(crate) args: Map<String, Value>,
    #[serde(rename = "self", skip_serializing_if = "Option::is_none")]
    pub(crate) on: Option<String>,
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub(crate) keep: Option<String>,
}

/// The first message of a testee.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Hello {
    pub(crate) language: String,
    pub(crate) spec_hash: String,
    pub(crate) sdk: String,
}

/// What a testee answers.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) id: u64,
    pub(crate) outcome: Outcome,
}

/// How a request ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Ok(Value),
    Err(Failure),
    Unsupported(String),
}

/// An error as a testee reports it.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Failure {
    pub(crate) family: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) fields: Map<String, Value>,
    #[serde(default)]
    pub(crate) message: String,
}

/// A message as it came in: parsed, not yet understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Message(Value);

/// Writes a request.
pub(crate) fn encode(frames: Frames, id: u64, call: &Call) -> Result<Vec<u8>> {
    match frames {
        Frames::Flat => Ok(flat::request(id, call).into_bytes()),
        Frames::Json => {
            let mut message = serde_json::to_value(call)?;
            message["id"] = json!(id);
            let body = serde_json::to_vec(&message)?;
            let length = u32::try_from(body.len()).context("the request is too long")?;
            Ok([&length.to_le_bytes(), body.as_slice()].concat())
        }
    }
}

/// Reads the next message; `None` at the end of the input.
pub(crate) fn read(frames: Frames, input: &mut impl BufRead) -> Result<Option<Message>> {
    let value = match frames {
        Frames::Json => read_json(input)?,
        Frames::Flat => read_line(input)?,
    };
    Ok(value.map(Message))
}

impl Message {
    /// Understands the message as a hello.
    pub(crate) fn hello(self) -> Result<Hello> {
        let text = shorten(&self.0);
        serde_json::from_value(self.0).with_context(|| format!("not a hello: {text}"))
    }

    /// Understands the message as an answer.
    pub(crate) fn answer(mut self) -> Result<Answer> {
        let text = shorten(&self.0);
        let fields = self.0.as_object_mut().with_context(|| format!("not an answer: {text}"))?;
        let id = fields.get("id").and_then(Value::as_u64).with_context(|| format!("no id in {text}"))?;
        let outcome = if let Some(ok) = fields.remove("ok") {
            Outcome::Ok(ok)
        } else if let Some(err) = fields.remove("err") {
            Outcome::Err(serde_json::from_value(err).with_context(|| format!("not an error: {text}"))?)
        } else if let Some(Value::String(reason)) = fields.remove("unsupported") {
            Outcome::Unsupported(reason)
        } else {
            bail!("neither ok nor err nor unsupported: {text}");
        };
        Ok(Answer { id, outcome })
    }
}

/// A value in a message to people: its JSON, cut off where it gets long.
pub(crate) fn shorten(value: &Value) -> String {
    const MOST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn read_json(input: &mut impl BufRead) -> Result<Option<Value>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut head = [0; 4];
    let mut filled = input.by_ref().take(4);
    match filled.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            bail!("the output ends inside a frame's length")
        }
        other => other?,
    }
    let length = u32::from_le_bytes(head);
    ensure!(length <= LONGEST, "not a frame: {:?}", String::from_utf8_lossy(&head));
    let mut body = Vec::new();
    input.by_ref().take(length.into()).read_to_end(&mut body)?;
    ensure!(body.len() as u64 == u64::from(length), "the output ends after {} of {length} bytes", body.len());
    let value = serde_json::from_slice(&body)
        .with_context(|| format!("not JSON: {:?}", String::from_utf8_lossy(&body[..body.len().min(80)])))?;
    Ok(Some(value))
}

fn read_line(input: &mut impl BufRead) -> Result<Option<Value>> {
    let mut line = Vec::new();
    input.by_ref().take(LONGEST.into()).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    ensure!(line.pop() == Some(b'\n'), "the output ends inside a line");
    let line = String::from_utf8(line).context("a line is not UTF-8")?;
    flat::message(&line).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(frames: Frames, bytes: &[u8]) -> Result<Message> {
        Ok(read(frames, &mut &*bytes)?.unwrap())
    }

    fn frame(text: &str) -> Vec<u8> {
        [&u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat()
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = frame(r#"{"id":2,"err":{"family":"echo","kind":"rejected","message":"no"}}"#);
        let flat = b"2\terr\tfamily=s:echo\tkind=s:rejected\tmessage=s:no\n";
        let json = message(Frames::Json, &json).unwrap().answer().unwrap();
        assert_eq!(json, message(Frames::Flat, flat).unwrap().answer().unwrap());
        assert!(
            matches!(json, Answer { id: 2, outcome: Outcome::Err(failure) } if failure.kind == "rejected")
        );
    }

    #[test]
    fn junk_is_told_from_the_end() {
        assert_eq!(read(Frames::Json, &mut &b""[..]).unwrap(), None);
        for junk in [&b"hello world\n"[..], &[1, 0], &[9, 0, 0, 0, b'{'], &frame("{")] {
            assert!(read(Frames::Json, &mut &*junk).is_err(), "{junk:?}");
        }
        assert!(read(Frames::Flat, &mut &b"1\tok"[..]).is_err());
    }

    #[test]
    fn an_answer_needs_an_id_and_an_outcome() {
        for text in [r#"{"ok":1}"#, r#"{"id":1}"#, r#"{"id":1,"err":{"kind":"x"}}"#, "7"] {
            assert!(message(Frames::Json, &frame(text)).unwrap().answer().is_err(), "{text}");
        }
    }
}
