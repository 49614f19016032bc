//! Bytes as text: hex and base64.

use crate::{BaseError, Error};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes that hex of either case stands for.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

/// Lowercase hex.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that padded base64 stands for; each sequence of bytes has one text.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Padded base64.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// So many bytes, or the error that a text stands for no such. The error tells nothing of the text, which may be a key.
pub(crate) fn exactly<const N: usize>(bytes: Option<Vec<u8>>, form: &str) -> Result<[u8; N], Error> {
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        let reason = format!("is not {N} bytes in {form}");
        BaseError::Argument { argument: "text".to_owned(), reason }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_length_counts() {
        let read = |text| exactly::<3>(from_hex(text), "hex");
        assert_eq!(read("00ffAb"), Ok([0, 255, 0xab]));
        assert_eq!(to_hex(&[0, 255, 0xab]), "00ffab");
        for wrong in ["", "00ff", "00ffab0", "00ffab00", "0xffab", "00ff+a", "00ff\u{e4}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_is_padded_and_has_one_form() {
        let read = |text| exactly::<4>(from_base64(text), "base64");
        assert_eq!(read("AP+rzQ=="), Ok([0, 255, 0xab, 0xcd]));
        assert_eq!(to_base64(&[0, 255, 0xab, 0xcd]), "AP+rzQ==");
        for wrong in ["", "AP+rzQ", "AP+rzQ=", "AP+rzR==", "AP-rzQ==", "AP+r", "AP+rzQ== ", "AP+rzQ==\n"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
