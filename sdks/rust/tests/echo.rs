//! Every construct of the interface language, through the echo module.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use futures_util::{StreamExt, stream};
use net_mesh::echo::*;
use net_mesh::{BaseError, Bytes, Date, Error, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn label(text: &str) -> Label {
    Label { text: text.to_owned(), color: Color::Red }
}

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn constants() {
    assert_eq!(ECHO_LIMIT, 4096);
    assert_eq!(ECHO_GREETING, "hello \"net\"\n");
    assert_eq!(ECHO_PRIMES, [2, 3, 5, 7]);
}

/// Each value comes back as it was.
fn same<T: Clone + std::fmt::Debug + PartialEq>(echo: impl Fn(T) -> Result<T, Error>, values: &[T]) {
    for value in values {
        assert_eq!(echo(value.clone()).as_ref(), Ok(value));
    }
}

#[test]
fn numbers_of_every_width() {
    same(echo_bool, &[true, false]);
    same(echo_u8, &[0, u8::MAX]);
    same(echo_u16, &[0, u16::MAX]);
    same(echo_u32, &[0, u32::MAX]);
    same(echo_i8, &[i8::MIN, i8::MAX]);
    same(echo_i16, &[i16::MIN, i16::MAX]);
    same(echo_i32, &[i32::MIN, i32::MAX]);
    same(echo_f64, &[0.5, f64::MAX, f64::INFINITY]);
    assert!(echo_f64(f64::NAN).unwrap().is_nan());
    assert!(echo_f64(-0.0).unwrap().is_sign_negative());
    same(echo_size, &[0, u64::MAX]);
}

#[test]
fn scalars() {
    assert_eq!(echo_u64(u64::MAX), Ok(u64::MAX));
    assert_eq!(echo_i64(i64::MIN), Ok(i64::MIN));
    assert_eq!(echo_duration(Duration::from_millis(5)), Ok(Duration::from_millis(5)));
    assert_eq!(echo_instant(Timestamp(u64::MAX)), Ok(Timestamp(u64::MAX)));
    assert_eq!(echo_date(Date(-1)), Ok(Date(-1)));
    assert_eq!(echo_number(EchoId(255)).unwrap().to_string(), "0x00000000000000ff");
    assert_eq!(echo_key_of([7; 8].into()), Ok(EchoKey([7; 8])));
    assert_eq!(echo_sum_of("ab", [0x63, 0, 0xff]), Ok(EchoSum(4_381_587_066_545_409_795)));
    assert_eq!(echo_print_of([0]).unwrap().0[..4], [0xf1, 0x1b, 0x61, 0xf1]);
    assert_eq!(echo_mark_of("hello").unwrap().0[..4], [0x19, 0x21, 0x3b, 0xac]);
    let seal: EchoSeal = "++++ABEiM0RVZg==".parse().unwrap();
    assert_eq!(seal.0[..4], [0xfb, 0xef, 0xbe, 0]);
    assert_eq!(echo_seal_of(seal).unwrap().to_string(), "++++ABEiM0RVZg==");
    let error = "++++".parse::<EchoSeal>().unwrap_err();
    assert_eq!(error.to_string(), "argument: text: is not 10 bytes in base64");
}

#[test]
fn texts_and_bytes() {
    assert_eq!(echo_string("a\0€").unwrap(), "a\0€");
    assert_eq!(echo_bytes([0, 255]).unwrap(), [0, 255].as_slice());
    assert_eq!(echo_bytes("text").unwrap(), "text");
}

#[test]
fn enums_and_flags() {
    assert_eq!(echo_color(None), Ok(Color::Red));
    assert_eq!(echo_color(Color::DarkGreen), Ok(Color::DarkGreen));
    assert_eq!("green".parse::<Color>(), Ok(Color::DarkGreen));
    assert!("Green".parse::<Color>().is_err());
    assert_eq!(echo_level(Level::High).unwrap().tag(), 500);
    let access = Access::READ | Access::CHANGE_ALL;
    assert_eq!(echo_access(access).unwrap().texts().collect::<Vec<_>>(), ["read", "change_all"]);
    same(echo_mood, &[Mood::Calm, Mood::Angry]);
    same(echo_rights, &[Rights::ENTER | Rights::LEAVE]);
}

#[test]
fn optional_arguments() {
    assert_eq!(echo_optional(None, None, None), Ok(None));
    assert_eq!(echo_optional(7, "x", label("y")).unwrap().unwrap(), "7/x/y.red");
    assert_eq!(echo_optional(Some(7), Some("x"), None).unwrap().unwrap(), "7/x/");
    assert_eq!((echo_maybe(None), echo_maybe(3)), (Ok(None), Ok(Some(3))));
}

#[test]
fn lists_and_maps() {
    assert_eq!(echo_list([3, 1, 2]).unwrap(), [3, 1, 2]);
    assert_eq!(echo_strings(&["b", "a"]).unwrap(), ["b", "a"]);
    assert_eq!(echo_chunks(&[vec![1], vec![]]).unwrap(), [Bytes::from_static(&[1]), Bytes::new()]);
    let map = BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), -1)]);
    assert_eq!(echo_map(map.clone()), Ok(map));
    assert_eq!(sum_all(1, [2, 3]), Ok(6));
    assert_eq!(sum_all(1, []), Ok(1));
}

#[test]
fn records() {
    let pair = VersionPair { major: 1, minor: 2 };
    assert_eq!(echo_pair(pair.clone()), Ok(pair));
    let page = echo_page_of("[1,2]").unwrap();
    assert_eq!(page.raw_bytes(), b"[1,2]");
    assert_eq!(page.parse::<Vec<u8>>().unwrap(), [1, 2]);
    assert_eq!(page.parse::<String>().unwrap_err().kind_text(), "codec_decode");
}

fn gauge() -> Gauge {
    Gauge {
        truth: true,
        tiny: u8::MAX,
        small: u16::MAX,
        medium: u32::MAX,
        large: u64::MAX,
        itiny: i8::MIN,
        ismall: i16::MIN,
        imedium: i32::MIN,
        range: i64::MIN,
        real: 0.25,
        span: Duration::from_millis(5),
        moment: Timestamp(6),
        day: Date(-7),
        weight: 8,
        id: EchoId(9),
        color: Color::Blue,
        level: Level::High,
        access: Access::WRITE,
    }
}

fn everything() -> Everything {
    let gauge = gauge();
    let scalars = Scalars {
        truth: gauge.truth,
        tiny: gauge.tiny,
        small: gauge.small,
        medium: gauge.medium,
        large: gauge.large,
        itiny: gauge.itiny,
        ismall: gauge.ismall,
        imedium: gauge.imedium,
        ilarge: gauge.range,
        real: gauge.real,
        span: gauge.span,
        moment: gauge.moment,
        day: gauge.day,
        weight: gauge.weight,
        id: gauge.id,
        key: EchoKey([1; 8]),
        fixed: [2; 4],
        color: gauge.color,
        level: gauge.level,
        access: gauge.access,
    };
    Everything {
        text: "text".into(),
        data: Bytes::from_static(b"data"),
        scalars,
        maybe: Some(0),
        maybe_not: None,
        maybe_rec: Some(label("there")),
        numbers: vec![3, 1],
        labels: vec![label("one")],
        chunks: vec![Bytes::new(), Bytes::from_static(b"x")],
        table: BTreeMap::from([("k".into(), -1)]),
        nested: BTreeMap::from([("n".into(), vec![label("two"), label("")])]),
        shape: Shape::Circle { radius: 0.5 },
        shapes: vec![Shape::Empty, Shape::Named { text: "n".into(), color: Color::Blue }],
        tree: Tree::Branch { children: vec![Tree::Leaf { value: 1 }] },
    }
}

#[test]
fn records_in_records() {
    assert_eq!(echo_everything(everything()), Ok(everything()));
    assert_eq!(echo_gauge(gauge()), Ok(gauge()));
    assert_eq!((echo_gauge_maybe(gauge()), echo_gauge_maybe(None)), (Ok(Some(gauge())), Ok(None)));
}

#[test]
fn spans_in_lists_and_maps() {
    let pauses = vec![Duration::ZERO, Duration::from_millis(1_500)];
    let limits = BTreeMap::from([("day".to_owned(), Duration::from_secs(86_400))]);
    assert_eq!(echo_pauses(pauses.clone()), Ok(pauses.clone()));
    assert_eq!(echo_limits(limits.clone()), Ok(limits.clone()));
    let timetable = Timetable { pauses, limits };
    assert_eq!(echo_timetable(timetable.clone()), Ok(timetable));
}

#[test]
fn methods_of_records() {
    let (first, last) = (VersionPair { major: 4, minor: 0 }, VersionPair { major: 5, minor: 0 });
    assert_eq!((first.is_before(last.clone()), last.precedes(first.clone())), (Ok(true), Ok(false)));
    assert_eq!((first.text(None).unwrap(), first.text("::").unwrap()), ("4.0".into(), "4::0".into()));
    assert_eq!(VersionPair { major: 0, minor: 0 }.is_first(), Ok(true));
    assert_eq!(VersionPair { major: 4, minor: 2 }.shown().as_deref(), Ok("4.2"));
    assert_eq!(VersionPair::parse("7.8"), Ok(VersionPair { major: 7, minor: 8 }));
    assert_eq!(VersionPair::parse("7").unwrap_err().kind_text(), "odd text");
    let options = EchoOptions { tags: vec!["a".into()], ..Default::default() };
    assert_eq!((options.has_tag("a"), options.has_tag("b")), (Ok(true), Ok(false)));
    let wrong = EchoOptions { count: 101, ..options };
    assert_eq!(message(wrong.has_tag("a")), "argument: count: 101 is above 100");
}

#[test]
fn functions_with_several_signatures() {
    assert_eq!((doubled("ab"), doubled_number(4)), (Ok("abab".into()), Ok(8)));
}

#[test]
fn unions() {
    let tree = Tree::Branch { children: vec![Tree::Leaf { value: -1 }, Tree::Branch { children: vec![] }] };
    assert_eq!(echo_tree(tree.clone()), Ok(tree));
    for shape in [
        Shape::Empty,
        Shape::Circle { radius: 0.5 },
        Shape::Rectangle { width: 2, height: 3 },
        Shape::Named { text: "n".into(), color: Color::Blue },
    ] {
        assert_eq!(echo_shape(shape.clone()), Ok(shape));
    }
}

#[test]
fn unions_in_themselves_have_a_depth() {
    let branch = |child| Tree::Branch { children: vec![Tree::Leaf { value: 0 }, child] };
    let deepest = (0..15).fold(Tree::Leaf { value: 1 }, |tree, _| branch(tree));
    assert_eq!(echo_tree(deepest.clone()), Ok(deepest.clone()));
    let refused = "argument: children: is nested deeper than 16";
    assert_eq!(message(echo_tree(branch(deepest.clone()))), refused);
    assert_eq!(message(echo_everything(Everything { tree: branch(deepest), ..everything() })), refused);
}

#[test]
fn options() {
    let echoed = echo_with_options(None).unwrap();
    assert_eq!((echoed.count, echoed.ratio, echoed.loud, echoed.color), (3, 0.5, true, Color::Blue));
    assert_eq!((echoed.pause, echoed.limit), (Duration::from_millis(250), None));
    let settings = EchoSettings { count: 100, r#type: Some("x".into()), ..Default::default() };
    assert_eq!(echo_with_options(settings.clone()), Ok(settings));
    let refused = echo_with_options(EchoOptions { count: 101, ..Default::default() });
    assert_eq!(message(refused), "argument: count: 101 is above 100");
    let small = EchoStyle { size: 0, ..EchoStyle::new(1) };
    let refused = echo_with_setup(EchoSetup { style: Some(small.clone()), ..Default::default() });
    assert_eq!(message(refused), "argument: size: 0 is below 1");
    let refused = echo_with_setup(EchoSetup { more: vec![EchoStyle::new(1), small], ..Default::default() });
    assert_eq!(message(refused), "argument: size: 0 is below 1");
}

#[tokio::test]
async fn what_is_held_while_a_function_runs() {
    let door = EchoDoor::new().unwrap();
    let inside = || door.inside().unwrap();
    let run = |_: EchoPass| async { Ok::<_, Error>(inside()) };
    assert_eq!(door.through(run).await, Ok(1));
    let failed = door.through_later(|_| async { Err::<(), _>(Own("lost".to_owned())) }).await;
    assert_eq!(failed.unwrap_err().0, "lost");
    assert_eq!((inside(), door.tally().unwrap()), (0, "1/1".to_owned()));
    // What is left already does not hide what the function answers with; where that is fine, it is the answer.
    let leaves = |held: EchoVisit| async move { held.leave(true).await };
    assert_eq!(message(door.through_later(leaves).await), "echo: odd text: gone already");
    let fails = |held: EchoVisit| async move {
        held.leave(true).await?;
        fail("busy", None)
    };
    assert_eq!(message(door.through_later(fails).await), "echo: busy: try again");
    let _all = [door.enter().unwrap(), door.enter().unwrap(), door.enter().unwrap()];
    assert_eq!(message(door.enter_later().await.map(drop)), "echo: busy: try again");
    let never = |_: EchoPass| async { panic!("it runs though nobody is let in") };
    assert_eq!(message(door.through::<(), Error, _, _>(never).await), "echo: busy: try again");
}

/// An error of a program.
#[derive(Debug)]
struct Own(String);

impl From<Error> for Own {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

#[tokio::test]
async fn what_a_build_leaves_out() {
    let absent = "unsupported: left-out";
    assert_eq!(echo_hook(7), Ok(7));
    let own = EchoError::Unsupported { feature: "left-out".into() };
    assert_eq!(echo_left_out(1, "a"), Err(own.into()));
    assert_eq!(message(EchoAnnex::new().map(drop)), absent);
    assert_eq!(message(EchoAnnex::open("a").await.map(drop)), absent);
    let cell = EchoBox::new("a").unwrap();
    assert_eq!(message(cell.weight()), absent);
    assert_eq!(message(cell.weigh(&cell).await), absent);
    let extras = EchoExtras { size: 4, gilded: true, ..Default::default() };
    assert_eq!(echo_with_extras(extras.clone()), Ok(extras));
    for asked in [
        EchoExtras { carved: true, ..Default::default() },
        EchoExtras { plain: false, ..Default::default() },
        EchoExtras { depth: 3, ..Default::default() },
        EchoExtras { motto: Some(String::new()), ..Default::default() },
    ] {
        assert_eq!(message(echo_with_extras(asked)), absent);
    }
}

#[test]
fn open_enums() {
    for reason in [Reason::Damaged, Reason::Unknown(8), Reason::Unknown(u16::MAX)] {
        assert_eq!(echo_reason(reason), Ok(reason));
        assert_eq!(reason.to_string().parse(), Ok(reason));
    }
    assert_eq!(echo_grade(Grade::Unknown(200)), Ok(Grade::Unknown(200)));
    let reasons = [Reason::None, Reason::Unknown(8)];
    assert_eq!(echo_reasons(reasons).unwrap(), reasons);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    y: i32,
    x: i32,
}

#[test]
fn json() {
    assert_eq!(echo_json(&Point { y: 2, x: 1 }).unwrap(), Point { y: 2, x: 1 });
    let cell = TypedCell::<Point>::new().unwrap();
    assert_eq!(cell.take(), Ok(None));
    cell.put(&Point { y: 1, x: 2 }).unwrap();
    assert_eq!(cell.clone().take().unwrap(), Some(Point { y: 1, x: 2 }));
}

#[tokio::test]
async fn errors() {
    assert_eq!(fail("busy", None), Err(EchoError::Busy.into()));
    assert!(fail("busy", "x").unwrap_err().retry());
    assert_eq!(message(fail("rejected", None)), "echo: rejected: number=5 reason=asked");
    assert_eq!(message(fail("status", "ab")), "echo:status:0x0002");
    assert_eq!(message(fail_later("part").await), "echo: part: missing: later");
    let rejected = EchoError::Rejected { number: 3, reason: "why".into() };
    assert_eq!(fail("rejected", "why"), Err(rejected.into()));
    assert_eq!(fail("odd text", "free"), Err(EchoError::Odd { detail: "free".into() }.into()));
    let status = fail("status", "ab").unwrap_err();
    assert!(matches!(status, Error::Echo(EchoError::Status { status: 2, body, .. }) if body == "ab"));
    assert!(matches!(fail("bad-frame", "x"), Err(Error::Echo(EchoError::BadFrame { .. }))));
    assert_eq!(fail("part", "wheel"), Err(EchoPartError::Missing { part: "wheel".into() }.into()));
    let error = EchoError::TooLarge { size: 2, limit: Some(1) };
    assert_eq!(describe_error(error).unwrap(), "echo/too-large: echo: too-large: 2 bytes, the limit is 1");
}

#[tokio::test]
async fn panics() {
    let internal = |detail: &str| Err(BaseError::Internal { detail: detail.into() }.into());
    assert_eq!(panic_now(), internal("asked to panic"));
    assert_eq!(panic_later().await, internal("asked to panic later"));
}

#[tokio::test]
async fn objects() {
    let one = EchoBox::new("a").unwrap();
    assert_eq!(EchoCell::new(None).unwrap().text().unwrap(), "empty");
    assert!(one.clone().set("ab").unwrap().push("c").unwrap());
    assert_eq!((one.length(), one.text().unwrap().as_str()), (Ok(3), "abc"));
    assert_eq!(one.itself().serial(), one.serial());
    assert_eq!(one.read().await.unwrap(), "abc");
    let other = EchoBox::of_number(7).await.unwrap();
    assert_eq!(one.pair(&other).unwrap().text().unwrap(), "abc7");
    assert_eq!(EchoBox::merged(&[other, one.clone()]).unwrap().text().unwrap(), "7abc");
    assert_eq!(one.find("bc").unwrap().unwrap().text().unwrap(), "bc");
    assert!(one.find("x").unwrap().is_none());
    let options = EchoOptions { count: 9, ..Default::default() };
    assert_eq!(message(EchoBox::open("fail", options).await), "echo: rejected: number=9 reason=echo");
}

#[tokio::test]
async fn objects_and_streams_in_records() {
    let made = EchoBox::of_bytes("a").unwrap();
    assert_eq!(EchoBox::of_bytes([0xff]).unwrap_err().kind_text(), "odd text");
    let more = vec![EchoBox::new("b").unwrap(), made.clone()];
    let kit = EchoKit { label: label("kit"), first: made.clone(), spare: None, more };
    let echoed = echo_kit_of(kit).unwrap();
    assert_eq!(kit_text(echoed.clone()).unwrap(), "kit a b a");
    made.set("changed").unwrap();
    assert_eq!(echoed.first.text().unwrap(), "changed");
    let watch = made.watch(3).await.unwrap();
    assert_eq!(watch.pause, Duration::from_millis(250));
    assert_eq!(watch.numbers.map(Result::unwrap).collect::<Vec<_>>().await, [0, 1, 2]);
    assert!(kit_text_later(watch.kit, echoed).await.unwrap().ends_with("kit changed b changed"));
    assert!(made.boxed(label("")).unwrap().is_none());
    assert_eq!(made.boxed(label("x")).unwrap().unwrap().first.text().unwrap(), "changed");
}

#[test]
fn a_call_that_blocks_waits_for_another_thread() {
    let gate = EchoGate::new().unwrap();
    assert_eq!(gate.enter(Duration::ZERO), Ok(false));
    std::thread::scope(|scope| {
        scope.spawn(|| gate.open().unwrap());
        assert_eq!(gate.enter(Duration::from_secs(600)), Ok(true));
    });
}

#[tokio::test]
async fn records_that_are_tuples_elsewhere() {
    let spot = EchoSpot { name: "a".into(), place: 1, pause: Duration::from_millis(5), note: None };
    assert_eq!(echo_spot_of(spot.clone()).as_ref(), Ok(&spot));
    assert_eq!(echo_spot_maybe(None), Ok(None));
    let long = EchoSpot { pause: Duration::from_millis(60_001), ..spot.clone() };
    assert_eq!(echo_spot_of(long.clone()).unwrap_err().kind_text(), "argument");
    assert_eq!(pull([long], 0).unwrap_err().kind_text(), "argument");
    let twins = EchoTwins { elder: EchoBox::new("a").unwrap(), younger: EchoBox::new("b").unwrap() };
    assert_eq!(echo_twins_of(twins).unwrap().elder.text().unwrap(), "b");
    let pulled = pull([spot.clone()], 3).unwrap();
    assert_eq!(pulled.spots, [spot]);
    assert_eq!(pulled.numbers.map(Result::unwrap).collect::<Vec<_>>().await, [0, 1, 2]);
}

#[test]
fn metrics_are_printed_for_scrapers() {
    let rooms = vec![EchoRoom { name: "a".into(), weight: 1, color: Color::Red }];
    let meter = EchoMeter { calls: 2, depth: -3, rooms, kinds: [("x".to_owned(), 4)].into() };
    let text = meter_text(meter).unwrap();
    assert!(text.contains("\nnet_echo_calls_total 2\n") && text.ends_with("{kind=\"x\"} 4\n"), "{text}");
}

#[test]
fn calls_that_do_nothing() {
    let floor = Floor::new().unwrap();
    assert_eq!((floor.nothing(), floor.text("a"), floor.data("b")), (Ok(true), Ok(true), Ok(true)));
    assert_eq!((floor.data_key("a", "k"), floor.data_hash("a", 1)), (Ok(true), Ok(true)));
    assert_eq!(Floor::signed("a", "b", "c"), Ok(true));
    let zeros = Mark { place: 0, at: 0 };
    assert_eq!(
        (floor.text_key("a", None).as_ref(), floor.value_key(&1, "k").as_ref()),
        (Ok(&zeros), Ok(&zeros))
    );
    assert_eq!((floor.texts_key(&["a", "b"], None), floor.chunks_key(&[b"a"], "k")), (Ok(2), Ok(1)));
}

#[tokio::test]
async fn waiting_ends_when_it_is_given_up_or_shut() {
    let one = EchoBox::new(None).unwrap();
    let waiting = {
        let one = one.clone();
        tokio::spawn(async move { one.wait().await })
    };
    tokio::select! {
        biased;
        result = one.wait() => panic!("{result:?}"),
        () = tokio::task::yield_now() => {}
    }
    one.shut().await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn named_streams() {
    let one = EchoBox::new("abcdef").unwrap();
    let mut letters = one.letters(5).unwrap();
    LetterStream::skip(&letters, 1).unwrap();
    assert_eq!(letters.next_batch(2).await.unwrap(), ["b", "c"]);
    assert_eq!(letters.next().await, Some(Ok("d".into())));
    letters.close();
    assert_eq!(letters.next().await, None);
    let all = one.letters(None).unwrap().map(Result::unwrap).collect::<String>().await;
    assert_eq!(all, "abcdef");
}

#[tokio::test]
async fn plain_streams() {
    let mut numbers = count_up(200).unwrap();
    assert_eq!(numbers.next().await, Some(Ok(0)));
    assert_eq!(message(numbers.next_batch(0).await), "argument: max: 0 is below 1");
    assert_eq!(numbers.next_batch(2).await.unwrap(), [1, 2]);
    assert_eq!(sum_stream(numbers).await, Ok((3..200).sum()));
    let mut closed = count_up(200).unwrap();
    closed.next().await.unwrap().unwrap();
    closed.close();
    assert!(closed.next_batch(1).await.unwrap().is_empty());
}

#[tokio::test]
async fn streams_of_the_caller() {
    let labels: Vec<_> = ["a", "b", "c"].map(label).to_vec();
    let echoed = echo_stream(stream::iter(labels.clone()).map(Ok)).unwrap();
    assert_eq!(echoed.map(Result::unwrap).collect::<Vec<_>>().await, labels);
    let failing = stream::iter([Ok(1), Err(net_mesh::threw("broken")), Ok(2)]);
    assert_eq!(message(sum_stream(failing).await), "host_threw: broken");
}

#[tokio::test]
async fn streams_of_the_caller_are_pulled_as_they_are_read() {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let given = stream::unfold(receiver, async |mut receiver| Some((Ok(receiver.recv().await?), receiver)));
    let mut echoed = echo_stream(given).unwrap();
    sender.send(label("a")).unwrap();
    assert_eq!(echoed.next().await, Some(Ok(label("a"))));
    echoed.close();
    assert_eq!(echoed.next().await, None);
    assert!(sender.is_closed());
}

#[tokio::test]
async fn closures_of_the_caller() {
    assert_eq!(map_numbers([1, 2], |value: i64| Ok(value * 10)).await.unwrap(), [10, 20]);
    let handler = |request: Label, data: Bytes| async move {
        if data.is_empty() { Err(EchoError::Busy.into()) } else { Ok(request.text.into()) }
    };
    assert_eq!(ask(handler, label("x"), "data", 3).await.unwrap(), "x");
    assert_eq!(ask(handler, label("x"), "", None).await, Err(EchoError::Busy.into()));
    let panics = |_: i64| -> Result<i64, Error> { panic!("oh") };
    assert_eq!(message(map_numbers([1], panics).await), "host_threw: oh");
}

struct Doubler;

impl EchoHandler for Doubler {
    async fn handle(&self, request: Label, data: Bytes) -> Result<Bytes, Error> {
        Ok([request.text.as_bytes(), &data, &data].concat().into())
    }
}

#[tokio::test]
async fn handlers_of_the_caller_may_be_objects() {
    assert_eq!(ask(Doubler, label("x"), "ab", None).await.unwrap(), "xabab");
}

#[tokio::test(start_paused = true)]
async fn slow_handlers_time_out() {
    let slow = |_: Label, _: Bytes| std::future::pending();
    assert_eq!(ask(slow, label(""), "", None).await, Err(BaseError::HostTimeout.into()));
}

#[derive(Clone, Default)]
struct Shelf {
    kept: Arc<Mutex<BTreeMap<String, Bytes>>>,
    erases: bool,
}

impl EchoStore for Shelf {
    fn name(&self) -> Option<String> {
        Some("shelf".into())
    }

    async fn put(&self, key: String, value: Bytes) -> Result<(), Error> {
        self.kept.lock().unwrap().insert(key, value);
        Ok(())
    }

    async fn get(&self, key: String) -> Result<Option<Bytes>, Error> {
        Ok(self.kept.lock().unwrap().get(&key).filter(|value| **value != "lost").cloned())
    }

    fn erase(&self, key: String) -> Result<bool, Error> {
        Ok(self.kept.lock().unwrap().remove(&key).is_some())
    }

    fn has_erase(&self) -> bool {
        self.erases
    }
}

#[tokio::test]
async fn objects_of_the_caller() {
    for erases in [false, true] {
        let shelf = Shelf { erases, ..Default::default() };
        EchoBox::new("text").unwrap().save(shelf.clone(), "key").await.unwrap();
        assert_eq!(shelf.kept.lock().unwrap().contains_key("key"), !erases);
    }
    let lost = EchoBox::new("lost").unwrap().save(Shelf::default(), "key").await;
    assert_eq!(message(lost), "echo: odd text: shelf gave back another value for `key`");
}
