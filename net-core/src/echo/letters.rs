//! A stream with a name.

use super::lock;
use net_types::{Error, api};
use std::sync::Mutex;

/// The characters of a text, one by one.
#[derive(Debug)]
pub struct LetterStream {
    left: Mutex<String>,
}

impl LetterStream {
    /// A stream of the first characters of a text.
    pub(super) fn over(text: &str, limit: u32) -> Self {
        Self { left: Mutex::new(text[..bytes_of(text, limit as usize)].to_owned()) }
    }

    /// Removes characters from the front.
    fn take(&self, count: usize) -> String {
        let mut left = lock(&self.left);
        let end = bytes_of(&left, count);
        left.drain(..end).collect()
    }
}

impl api::LetterStream for LetterStream {
    fn skip(&self, count: u32) -> Result<(), Error> {
        self.take(count as usize);
        Ok(())
    }

    async fn next(&self, max: u32) -> Result<Vec<String>, Error> {
        Ok(self.take(max.max(1) as usize).chars().map(String::from).collect())
    }

    fn close(&self) {
        lock(&self.left).clear();
    }
}

/// Length in bytes of the first characters of a text.
fn bytes_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::LetterStream as _;
    use futures_util::FutureExt;

    fn next(stream: &LetterStream, max: u32) -> String {
        stream.next(max).now_or_never().unwrap().unwrap().concat()
    }

    #[test]
    fn gives_characters_in_batches() {
        let stream = LetterStream::over("aßc€e", 1000);
        assert_eq!(next(&stream, 2), "aß");
        assert_eq!(next(&stream, 0), "c");
        assert_eq!(next(&stream, 9), "€e");
        assert_eq!(next(&stream, 9), "");
    }

    #[test]
    fn stops_at_its_limit() {
        assert_eq!(next(&LetterStream::over("a€c", 2), 9), "a€");
    }

    #[test]
    fn skips_and_closes() {
        let stream = LetterStream::over("abcdef", 1000);
        stream.skip(2).unwrap();
        assert_eq!(next(&stream, 1), "c");
        stream.close();
        assert_eq!(next(&stream, 1), "");
        stream.skip(9).unwrap();
    }
}
