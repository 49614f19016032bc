//! What the targets have in common: a decoder takes any bytes, and what it takes has one form.

use net_support::pack::{Pack, Reader, Writer};
use net_types::Error;

/// Something that takes any bytes.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]),
}

/// What a layout decodes is encoded to the same bytes, at the second time even if they are those of an older version.
pub(crate) fn layout<T>(
    data: &[u8],
    decode: fn(&[u8]) -> Result<T, Error>,
    encode: fn(&T) -> Result<Vec<u8>, Error>,
    has_one_form: bool,
) {
    let Ok(value) = decode(data) else { return };
    let bytes = encode(&value).expect("what is decoded can be encoded");
    assert!(!has_one_form || bytes == data, "{data:02x?} is encoded as {bytes:02x?}");
    let again = decode(&bytes).expect("what is encoded can be decoded");
    assert_eq!(encode(&again).expect("it can be encoded again"), bytes);
}

/// The same of a layout that is a text.
pub(crate) fn text_layout<T>(
    data: &[u8],
    decode: fn(&str) -> Result<T, Error>,
    encode: fn(&T) -> Result<String, Error>,
    _has_one_form: bool,
) {
    let Some(text) = text(data) else { return };
    let Ok(value) = decode(text) else { return };
    assert_eq!(encode(&value).expect("what is parsed can be printed"), text);
}

/// What is unpacked is packed to bytes that unpack to the same.
pub(crate) fn pack<T: Pack>(data: &[u8]) {
    let Ok(value) = T::unpack(&mut Reader::new(data)) else { return };
    let bytes = packed(&value);
    let mut reader = Reader::new(&bytes);
    let again = T::unpack(&mut reader).expect("what is packed can be unpacked");
    reader.finish().expect("all of it is read");
    assert_eq!(packed(&again), bytes);
}

/// The text that the bytes are, if they are one.
pub(crate) fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn packed<T: Pack>(value: &T) -> Vec<u8> {
    let mut writer = Writer::default();
    value.pack(&mut writer);
    writer.as_slice().to_vec()
}
