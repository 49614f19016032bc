//! Integers of 1, 2, 4 or 8 bytes: the low 2 bits of the first byte say how many, the value is the little-endian integer
//! shifted right by 2. Only the shortest form is one.

/// The greatest value.
pub(crate) const MAX: u64 = (1 << 62) - 1;

/// Bytes of a value.
pub(crate) const fn size(value: u64) -> usize {
    match value {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    }
}

/// A value as bytes, and how many of them count.
pub(crate) const fn encode(value: u64) -> ([u8; 8], usize) {
    debug_assert!(value <= MAX);
    let size = size(value);
    ((value << 2 | size.trailing_zeros() as u64).to_le_bytes(), size)
}

/// The value at the start of bytes, and how many it takes; nothing if it is cut off or not in its shortest form.
pub(crate) fn decode(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let size = 1 << (first & 3);
    let mut word = [0; 8];
    word[..size].copy_from_slice(bytes.get(..size)?);
    let value = u64::from_le_bytes(word) >> 2;
    (self::size(value) == size).then_some((value, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_their_shortest_form() {
        for value in [0, 1, 63, 64, 16_383, 16_384, (1 << 30) - 1, 1 << 30, MAX] {
            let (bytes, size) = encode(value);
            assert_eq!(decode(&bytes[..size]), Some((value, size)));
            assert_eq!(decode(&bytes[..size - 1]), None, "{value} cut off");
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        assert_eq!(decode(&[1, 0]), None);
        assert_eq!(decode(&[2, 0, 0, 0]), None);
        assert_eq!(decode(&[0b11, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
