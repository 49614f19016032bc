//! Write tokens as texts.

use net_types::{
    Error,
    cortex::{CortexError, WriteToken},
    identity::OriginHash,
    wire,
};

/// The text of a token.
pub fn print_token(token: &WriteToken) -> Result<String, Error> {
    wire::cortex::WriteTokenText { origin_hash: token.origin_hash, seq: token.seq }.encode()
}

/// The token of a text, whose letters may be capitals, and in which zeros may stand before the number.
pub fn parse_token(text: &str) -> Result<WriteToken, Error> {
    let parts = text.split_once(':').filter(|(origin, _)| origin.len() == 16);
    let token = parts.and_then(|(origin, seq)| {
        let is_plain = |text: &str, is: fn(char) -> bool| text.chars().all(is);
        let (hex, decimal) =
            (is_plain(origin, |c| c.is_ascii_hexdigit()), is_plain(seq, |c| c.is_ascii_digit()));
        let origin_hash = OriginHash(u64::from_str_radix(origin, 16).ok().filter(|_| hex)?);
        Some(WriteToken { origin_hash, seq: seq.parse().ok().filter(|_| decimal)? })
    });
    let detail = || "it is not 16 hex digits, a colon and a number".to_owned();
    Ok(token.ok_or_else(|| CortexError::InvalidToken { detail: detail() })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_are_written() {
        for (origin, seq) in [(0, 0), (0xabcd_ef01, 42), (u64::MAX, u64::MAX)] {
            let token = WriteToken { origin_hash: OriginHash(origin), seq };
            let text = print_token(&token).expect("a text");
            assert_eq!(text, format!("{origin:016x}:{seq}"));
            assert_eq!(parse_token(&text), Ok(token));
        }
        let token = WriteToken { origin_hash: OriginHash(0xab), seq: 7 };
        assert_eq!(parse_token("00000000000000AB:007"), Ok(token));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ":", "ab:1", "00000000000000ab", "00000000000000ab:", "00000000000000ab:-1"] {
            assert!(parse_token(text).is_err(), "{text}");
        }
        let beyond = "00000000000000ab:18446744073709551616";
        for text in ["+0000000000000ab:1", "00000000000000ab:+1", "00000000000000ab:1 ", beyond] {
            assert!(parse_token(text).is_err(), "{text}");
        }
    }
}
