//! The driver's end of the testee: messages with their lengths, on standard input and output.

use serde_json::Value;
use std::io::{self, ErrorKind, Read, Write};

/// Reads a message; none at the end of the input.
pub(crate) fn receive() -> io::Result<Option<Value>> {
    let mut length = [0; 4];
    match io::stdin().read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    io::stdin().read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes a message.
pub(crate) fn send(message: &Value) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut output = io::stdout().lock();
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&body)?;
    output.flush()
}
