//! Tests of the functions, one construct each.

use super::*;
use api::EchoFunctions;
use futures_util::FutureExt;
use net_types::{BoxFuture, base::BaseError};
use std::sync::atomic::{AtomicU32, Ordering};

fn now<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    future.now_or_never().expect("ready at once")
}

fn label(text: &str) -> Label {
    Label { text: text.to_owned(), color: Color::DarkGreen }
}

fn everything() -> Everything {
    let scalars = Scalars {
        truth: true,
        tiny: u8::MAX,
        small: u16::MAX,
        medium: u32::MAX,
        large: u64::MAX,
        itiny: i8::MIN,
        ismall: i16::MIN,
        imedium: i32::MIN,
        ilarge: i64::MIN,
        real: -0.5,
        span: Duration::from_millis(7),
        moment: Timestamp(8),
        day: Date(-9),
        weight: 10,
        id: EchoId(11),
        key: EchoKey([12; 8]),
        fixed: [13; 4],
        color: Color::Blue,
        level: Level::High,
        access: Access::READ | Access::CHANGE_ALL,
    };
    Everything {
        text: "text".into(),
        data: Bytes::from_static(b"\0\xff"),
        scalars,
        maybe: Some(1),
        maybe_not: None,
        maybe_rec: Some(label("maybe")),
        numbers: vec![3, 1, 2],
        labels: vec![label("a"), label("b")],
        chunks: vec![Bytes::new(), Bytes::from_static(b"c")],
        table: BTreeMap::from([("k".into(), -1)]),
        nested: BTreeMap::from([("n".into(), vec![label("x")])]),
        shape: Shape::Empty,
        shapes: vec![Shape::Circle { radius: 1.5 }, Shape::Rectangle { width: 2, height: 1 }],
        tree: Tree::Branch { children: vec![Tree::Leaf { value: 4 }] },
    }
}

#[test]
fn scalars_come_back() {
    assert_eq!(Functions::echo_bool(true), Ok(true));
    assert_eq!(Functions::echo_u64(u64::MAX), Ok(u64::MAX));
    assert_eq!(Functions::echo_i64(i64::MIN), Ok(i64::MIN));
    assert!(Functions::echo_f64(f64::NAN).unwrap().is_nan());
    assert_eq!(Functions::echo_duration(Duration::from_millis(3)), Ok(Duration::from_millis(3)));
    assert_eq!(Functions::echo_date(Date(-1)), Ok(Date(-1)));
    assert_eq!(Functions::echo_number(EchoId(9)), Ok(EchoId(9)));
}

#[test]
fn texts_and_bytes_come_back() {
    assert_eq!(Functions::echo_string("a\0€").unwrap(), "a\0€");
    assert_eq!(Functions::echo_bytes(b"\0\xff").unwrap(), &b"\0\xff"[..]);
    assert_eq!(Functions::echo_strings(&["b", "a"]).unwrap(), ["b", "a"]);
    assert_eq!(Functions::echo_chunks(&[b"b", b""]).unwrap(), [&b"b"[..], b""]);
    assert_eq!(Functions::echo_json("{\"a\":1}".into()).unwrap(), "{\"a\":1}");
    assert_eq!(Functions::echo_page_of("[]").unwrap().raw, "[]");
}

#[test]
fn records_come_back() {
    assert_eq!(Functions::echo_everything(everything()), Ok(everything()));
    assert_eq!(Functions::echo_with_options(EchoOptions::default()), Ok(EchoOptions::default()));
    let pair = VersionPair { major: 1, minor: 2 };
    assert_eq!(Functions::echo_pair(pair.clone()), Ok(pair));
}

#[test]
fn optional_parts_are_joined() {
    let join = |number, text, part| Functions::echo_optional(number, text, part).unwrap();
    assert_eq!(join(None, None, None), None);
    assert_eq!(join(Some(7), None, None).unwrap(), "7//");
    assert_eq!(join(None, Some(""), None).unwrap(), "//");
    assert_eq!(join(Some(7), Some("t"), Some(label("l"))).unwrap(), "7/t/l.darkGreen");
}

#[test]
fn long_lists_are_refused() {
    let limit = ECHO_LIMIT as usize;
    assert_eq!(Functions::echo_list(vec![1; limit]).unwrap().len(), limit);
    let error = Functions::echo_list(vec![1; limit + 1]).unwrap_err();
    assert_eq!(error.to_string(), "argument: values: 4097 items are more than 4096");
    assert!(Functions::echo_strings(&vec![""; limit + 1]).is_err());
    assert!(Functions::echo_chunks(&vec![&b""[..]; limit + 1]).is_err());
    assert!(Functions::echo_map((0..=limit).map(|n| (n.to_string(), 0)).collect()).is_err());
}

#[test]
fn sums_stay_within_64_bits() {
    assert_eq!(Functions::sum_all(1, vec![2, -5]), Ok(-2));
    assert_eq!(Functions::sum_all(i64::MAX, vec![1, -1]), Ok(i64::MAX));
    let error = Functions::sum_all(i64::MIN, vec![-1]).unwrap_err();
    let limit = Some(i64::MAX as u64);
    assert_eq!(error, EchoError::TooLarge { size: (1 << 63) + 1, limit }.into());
}

#[test]
fn fails_as_asked() {
    assert_eq!(Functions::fail("busy", ""), Err(EchoError::Busy.into()));
    let later = now(Functions::fail_later("part".into()));
    assert_eq!(later, Err(EchoPartError::Missing { part: "later".into() }.into()));
}

#[test]
fn describes_errors() {
    let error = EchoError::TooLarge { size: 5, limit: None };
    let text = Functions::describe_error(error.into()).unwrap();
    assert_eq!(text, "echo/too-large: echo: too-large: 5 bytes");
}

#[test]
#[should_panic(expected = "asked to panic")]
fn panics_at_once() {
    let _ = Functions::panic_now();
}

#[test]
#[should_panic(expected = "asked to panic later")]
fn panics_when_polled() {
    let _ = now(Functions::panic_later());
}

/// Doubles numbers below ten and refuses others.
struct Double;

impl EchoMapper for Double {
    fn map(&self, value: i64) -> BoxFuture<'_, Result<i64, Error>> {
        let mapped = if value < 10 { Ok(value * 2) } else { Err(EchoError::Busy.into()) };
        Box::pin(std::future::ready(mapped))
    }
}

#[test]
fn maps_with_the_host() {
    assert_eq!(now(Functions::map_numbers(vec![3, -1], Arc::new(Double))), Ok(vec![6, -2]));
    assert_eq!(now(Functions::map_numbers(vec![3, 10], Arc::new(Double))), Err(EchoError::Busy.into()));
}

/// Answers when all of so many calls are under way, each with its number.
struct Meet {
    expected: u32,
    arrived: AtomicU32,
    all: tokio::sync::Notify,
}

impl EchoHandler for Meet {
    fn handle(&self, request: Label, data: Bytes) -> BoxFuture<'_, Result<Bytes, Error>> {
        Box::pin(async move {
            let all = self.all.notified();
            let number = self.arrived.fetch_add(1, Ordering::SeqCst) + 1;
            if number == self.expected {
                self.all.notify_waiters();
            } else {
                all.await;
            }
            Ok(format!("{number}{}{}", request.text, data.len()).into())
        })
    }
}

#[tokio::test]
async fn asks_at_once() {
    let meet = |expected| Arc::new(Meet { expected, arrived: AtomicU32::new(0), all: Default::default() });
    let ask = |handler, times| Functions::ask(handler, label("x"), Bytes::from_static(b"ab"), times);
    assert_eq!(ask(meet(3), 3).await.unwrap(), "3x2");
    let none = BaseError::Argument { argument: "times".into(), reason: "0 is below 1".into() };
    assert_eq!(ask(meet(1), 0).await, Err(none.into()));
    assert!(ask(meet(1), ECHO_LIMIT + 1).await.is_err());
}

#[test]
fn streams_count_and_add_up() {
    let numbers = Functions::count_up(100).unwrap();
    assert_eq!(now(Functions::sum_stream(numbers)), Ok(4950));
}
