//! Requests and answers: the number of bytes as a little-endian `u32`, and so many bytes of JSON.

use std::io::{self, ErrorKind, Read as _, Write as _};

use anyhow::Result;
use serde_json::Value;

/// The next request; none at the end of the input.
pub(crate) fn receive() -> Result<Option<Value>> {
    let mut input = io::stdin().lock();
    let mut head = [0; 4];
    match input.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut body = vec![0; u32::from_le_bytes(head) as usize];
    input.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes an answer.
pub(crate) fn send(value: &Value) -> Result<()> {
    let body = serde_json::to_vec(value)?;
    let mut output = io::stdout().lock();
    output.write_all(&u32::try_from(body.len())?.to_le_bytes())?;
    output.write_all(&body)?;
    Ok(output.flush()?)
}
