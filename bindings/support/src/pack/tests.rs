use std::fmt::Debug;

use net_types::base::BaseError;

use super::*;

/// A record as generated code packs it.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    size: u64,
    inner: Option<Box<Self>>,
}

impl Pack for Sample {
    fn pack(&self, w: &mut Writer) {
        w.record(3, |w| {
            self.name.pack(w);
            self.size.pack(w);
            self.inner.pack(w);
        });
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut record = r.record()?;
        Ok(Self { name: record.field()?, size: record.field_or(9)?, inner: record.field_or_else(|| None)? })
    }
}

fn sample(inner: Option<Sample>) -> Sample {
    Sample { name: "a".into(), size: 300, inner: inner.map(Box::new) }
}

#[track_caller]
fn round<T: Pack + PartialEq + Debug>(value: T, bytes: &[u8]) {
    assert_eq!(encode(&value), bytes);
    assert_eq!(decode::<T>(bytes), Ok(value));
}

#[track_caller]
fn refused<T: Pack + PartialEq + Debug>(bytes: &[u8], text: &str) {
    assert_eq!(decode::<T>(bytes).expect_err("must fail").to_string(), format!("codec_decode: {text}"));
}

#[test]
fn numbers() {
    round(true, &[1]);
    round(0x80_u8, &[0x80]);
    round(-1_i8, &[0xff]);
    round(127_u16, &[0x7f]);
    round(300_u32, &[0xac, 2]);
    round(u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    round(-1_i16, &[1]);
    round(1_i32, &[2]);
    round(i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    round(1.5_f64, &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f]);
    for value in (0..64).flat_map(|bit| [1_u64 << bit, (1 << bit) - 1]) {
        assert_eq!(decode(&encode(&value)), Ok(value));
        let signed = value.cast_signed();
        assert_eq!(decode(&encode(&signed)), Ok(signed));
        assert_eq!(decode(&encode(&signed.wrapping_neg())), Ok(signed.wrapping_neg()));
    }
}

#[test]
fn texts_bytes_and_collections() {
    round("hä".to_owned(), &[3, b'h', 0xc3, 0xa4]);
    round(Bytes::from_static(b"xy"), &[2, b'x', b'y']);
    round(vec![7_u8, 8], &[2, 7, 8]);
    round([7_u8, 8], &[7, 8]);
    round(None::<u8>, &[0]);
    round(Some(5_u8), &[1, 5]);
    round(vec![1_u32, 300], &[2, 1, 0xac, 2]);
    round(BTreeMap::from([("b".to_owned(), 1_u8), ("a".to_owned(), 2)]), &[2, 1, b'a', 2, 1, b'b', 1]);
    round((), &[]);
}

#[test]
fn records_and_unions() {
    round(sample(None), &[3, 5, 0, 0, 0, 1, b'a', 0xac, 2, 0]);
    round(
        sample(Some(sample(None))),
        &[3, 15, 0, 0, 0, 1, b'a', 0xac, 2, 1, 3, 5, 0, 0, 0, 1, b'a', 0xac, 2, 0],
    );
    let mut w = Writer::new();
    w.union(2, 1, |w| w.str("x"));
    assert_eq!(w.as_slice(), [2, 1, 2, 0, 0, 0, 1, b'x']);
    let (case, mut fields) = Reader::new(w.as_slice()).union().expect("a union");
    assert_eq!((case, fields.field::<String>()), (2, Ok("x".into())));
}

#[test]
fn errors_with_and_without_fields() {
    let errors: Vec<Error> = vec![
        BaseError::Forked.into(),
        BaseError::HostThrew { detail: "boom".into() }.into(),
        BaseError::Argument { argument: "a".into(), reason: "b".into() }.into(),
    ];
    assert_eq!(decode::<Vec<Error>>(&encode(&errors)).unwrap(), errors);
}

#[test]
fn a_shorter_record_has_defaults_and_a_longer_one_is_skipped() {
    let short = [1, 2, 0, 0, 0, 1, b'a'];
    assert_eq!(decode(&short), Ok(Sample { name: "a".into(), size: 9, inner: None }));
    let long = [4, 8, 0, 0, 0, 1, b'a', 0xac, 2, 0, 9, 9, 9];
    assert_eq!(decode(&long), Ok(sample(None)));
    refused::<Sample>(&[0, 0, 0, 0, 0], "at offset 5: the record ends before a field without default");
}

#[test]
fn borrowed_reads_do_not_copy() {
    let data = encode(&vec!["ab".to_owned(), String::new()]);
    let strs = Reader::new(&data).strs().expect("strings");
    assert_eq!(strs, ["ab", ""]);
    assert_eq!(strs[0].as_ptr(), &raw const data[2]);
    assert_eq!(Reader::new(&data).byte_strs(), Ok(vec![&b"ab"[..], b""]));
    assert_eq!(Reader::new(&[1, 5]).option(Reader::u8), Ok(Some(5)));
}

#[test]
fn malformed_bytes_are_refused_with_their_offset() {
    refused::<bool>(&[2], "at offset 0: 2 is not 0 or 1");
    refused::<bool>(&[], "at offset 0: 1 bytes wanted, 0 left");
    refused::<u8>(&[1, 2, 3], "at offset 1: 2 bytes too many");
    refused::<u16>(&[0x80, 0x80, 4], "at offset 0: more than fits u16");
    refused::<i16>(&[0x80, 0x80, 4], "at offset 0: more than fits i16");
    refused::<u64>(&[0xff; 11], "at offset 0: the number exceeds 64 bits");
    refused::<u64>(&[0xff; 3], "at offset 3: 1 bytes wanted, 0 left");
    refused::<String>(&[1, 0xff], "at offset 0: the string is not UTF-8");
    refused::<Vec<u64>>(
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        "at offset 0: the count 4294967295 exceeds the 0 bytes left",
    );
    refused::<[u8; 4]>(&[1, 2], "at offset 0: 4 bytes wanted, 2 left");
    refused::<Sample>(&[3, 0xff, 0xff, 0xff, 0xff, 0], "at offset 5: 4294967295 bytes wanted, 1 left");
    refused::<Sample>(&[3, 1, 0, 0, 0, 5], "at offset 5: the count 5 exceeds the 0 bytes left");
    assert_eq!(Reader::new(&[]).unknown("tag").to_string(), "codec_decode: at offset 0: unknown tag");
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| (1..levels).fold(sample(None), |inner, _| sample(Some(inner)));
    assert_eq!(decode::<Sample>(&encode(&deep(64))), Ok(deep(64)));
    let error = decode::<Sample>(&encode(&deep(65))).expect_err("must fail").to_string();
    assert!(error.ends_with("records are nested too deep"), "{error}");
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let honest = encode(&vec![sample(Some(sample(None))); 3]);
    for round in 0..40_000 {
        let data = if round % 2 == 0 { random.bytes() } else { random.mutated(&honest) };
        let _ = decode::<Sample>(&data);
        let _ = decode::<Vec<Option<String>>>(&data);
        let _ = decode::<BTreeMap<String, Vec<i64>>>(&data);
        let _ = decode::<Vec<[u8; 3]>>(&data);
        let _ = Reader::new(&data).strs();
        if let Ok(samples) = decode::<Vec<Sample>>(&data) {
            assert_eq!(decode(&encode(&samples)), Ok(samples));
        }
    }
}

/// xorshift64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self) -> Vec<u8> {
        // Small bytes make lengths that hold, which lets a decoder come further.
        let mask = if self.next().is_multiple_of(2) { 0xff } else { 7 };
        (0..self.next() % 40).map(|_| self.next() as u8 & mask).collect()
    }

    fn mutated(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for _ in 0..=self.next() % 3 {
            let at = self.next() as usize % data.len();
            data[at] = self.next() as u8;
        }
        data.truncate(self.next() as usize % 64 + 30);
        data
    }
}
