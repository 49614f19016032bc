"""Every type of value, there and back."""

from __future__ import annotations

import copy
import hashlib
import math
import pickle
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timezone
from typing import Any

import pytest

import net
import net_sdk
from net import ArgumentError
from net.gen import echo

LABEL = echo.Label("hi", "blue")


def scalars(**changed: Any) -> echo.Scalars:
    values: dict[str, Any] = {
        "truth": True,
        "tiny": 255,
        "small": 65_535,
        "medium": 2**32 - 1,
        "large": 2**64 - 1,
        "itiny": -128,
        "ismall": -(2**15),
        "imedium": -(2**31),
        "ilarge": -(2**63),
        "real": 0.1,
        "span_ms": 1500,
        "moment": 1_700_000_000_000_000_001,
        "day": datetime(2024, 2, 29, 12, 0, 0, 5000, tzinfo=UTC),
        "weight_bytes": 2**40,
        "id": 7,
        "key": b"12345678",
        "fixed": b"abcd",
        "color": echo.Color.DARK_GREEN,
        "level": echo.Level.HIGH,
        "access": ["read", "change_all"],
    }
    return echo.Scalars(**(values | changed))


def everything(tree: echo.Tree | None = None) -> echo.Everything:
    return echo.Everything(
        text="text",
        data=b"\0\xff",
        scalars=scalars(),
        numbers=[1, 2],
        labels=[LABEL],
        chunks=[b"", b"x"],
        table={"b": 1, "a": -1},
        nested={"x": [LABEL, LABEL]},
        shape=echo.Shape.circle(0.5),
        shapes=[echo.Shape.empty(), echo.Shape.rectangle(3)],
        tree=tree or echo.Tree.leaf(1),
        maybe=2**63,
    )


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (echo.echo_bool, [True, False]),
        (echo.echo_u8, [0, 255]),
        (echo.echo_u16, [0, 65_535]),
        (echo.echo_u32, [0, 2**32 - 1]),
        (echo.echo_u64, [0, 2**53 + 1, 2**64 - 1]),
        (echo.echo_i8, [-128, 127]),
        (echo.echo_i16, [-(2**15), 2**15 - 1]),
        (echo.echo_i32, [-(2**31), 2**31 - 1]),
        (echo.echo_i64, [-(2**63), 2**63 - 1]),
        (echo.echo_f64, [0.0, 0.1, -1e300, math.inf, -math.inf]),
        (echo.echo_string, ["", "a\0b", "ünï €", "\U0001f600"]),
        (echo.echo_bytes, [b"", bytes(range(256))]),
        (echo.echo_duration, [0, 2**40]),
        (echo.echo_instant, [0, 2**63]),
        (echo.echo_size, [0, 2**64 - 1]),
        (echo.echo_number, [0, 2**64 - 1]),
        (echo.echo_maybe, [None, 0, 7]),
        (echo.echo_list, [[], [1, 2, 3]]),
        (echo.echo_strings, [[], ["a", "", "ü"]]),
        (echo.echo_chunks, [[], [b"", b"\xff"]]),
        (echo.echo_map, [{}, {"a": 1, "b": -(2**63)}]),
        (echo.echo_color, list(echo.Color)),
        (echo.echo_level, list(echo.Level)),
        (echo.echo_access, [[], [echo.Access.READ, echo.Access.CHANGE_ALL]]),
        (echo.echo_shape, [echo.Shape.empty(), echo.Shape.named("x", color="blue")]),
        (echo.echo_pair, [echo.VersionPair(1, 2)]),
    ],
)
def test_values_come_back(function: Callable[[Any], Any], values: Sequence[Any]) -> None:
    for value in values:
        assert function(value) == value
        assert type(function(value)) is type(value)


def test_floats_keep_their_bits() -> None:
    assert math.isnan(echo.echo_f64(math.nan))
    assert math.copysign(1, echo.echo_f64(-0.0)) == -1


def test_bytes_are_taken_from_any_buffer() -> None:
    assert echo.echo_bytes(bytearray(b"abc")) == b"abc"
    assert echo.echo_bytes(memoryview(b"abcd")[::2]) == b"ac"


def test_dates_are_utc() -> None:
    date = datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert echo.echo_date(date) == date
    assert echo.echo_date(date).tzinfo is UTC
    with pytest.raises(ArgumentError, match="time zone"):
        echo.echo_date(datetime(2024, 1, 1))  # noqa: DTZ001
    assert echo.echo_date(date.astimezone(timezone.max)) == date


def test_maps_come_back_in_byte_order() -> None:
    assert list(echo.echo_map({"b": 1, "ä": 2, "a": 3})) == ["a", "b", "ä"]


def test_keys_are_bytes_or_hex_and_come_back_as_hex() -> None:
    assert echo.echo_key_of(b"\x01\x02\x03\x04\x05\x06\x07\x08") == "0102030405060708"
    assert echo.echo_key_of("0102030405060aFF") == "0102030405060aff"
    for wrong in ("01", "xx02030405060708", b"short"):
        with pytest.raises(ArgumentError, match="value"):
            echo.echo_key_of(wrong)


def test_seals_are_bytes_or_base64_and_come_back_as_base64() -> None:
    data = b"\xfb\xef\xbe\x00\x11\x22\x33\x44\x55\x66"
    assert echo.echo_seal_of(data) == "++++ABEiM0RVZg=="
    assert echo.echo_seal_of("++++ABEiM0RVZg==") == "++++ABEiM0RVZg=="
    for wrong in ("++++ABEiM0RVZg", "++++ABEiM0RVZh==", "----ABEiM0RVZg==", "++++", "ä", b"short"):
        with pytest.raises(ArgumentError, match="value"):
            echo.echo_seal_of(wrong)


def test_what_is_derived_is_the_same_everywhere() -> None:
    assert echo.echo_sum_of("ab", b"\x63\x00\xff") == 4381587066545409795
    assert echo.echo_print_of(b"\x00").hex() == "f11b61f14c886e35afa03673"
    assert echo.echo_mark_of("hello") == hashlib.blake2s(b"hello").hexdigest()


def test_enums_are_texts_and_their_older_texts_are_taken() -> None:
    assert echo.echo_color("darkGreen") is echo.Color.DARK_GREEN
    assert echo.echo_color("green") is echo.Color.DARK_GREEN
    assert echo.Color("green") is echo.Color.DARK_GREEN
    assert echo.echo_color() is echo.Color.RED
    assert echo.echo_level(500) is echo.Level.HIGH
    with pytest.raises(ArgumentError, match="`pink` is none of red, darkGreen, blue"):
        echo.echo_color("pink")
    with pytest.raises(ArgumentError, match="none of 1, 500"):
        echo.echo_level(2)
    with pytest.raises(ArgumentError, match=r"value.*`fly`"):
        echo.echo_access(["read", "fly"])


def test_optional_arguments() -> None:
    assert echo.echo_optional() is None
    assert echo.echo_optional(number=3, label=LABEL) is not None


def test_a_record_with_everything() -> None:
    value = everything()
    back = echo.echo_everything(value)
    assert back == value
    assert back.scalars.day == value.scalars.day
    assert back.scalars.color is echo.Color.DARK_GREEN
    assert back.maybe_not is None
    assert back.nested["x"][1].text == "hi"
    assert [shape.kind for shape in back.shapes] == ["empty", "rectangle"]


def test_records_are_values() -> None:
    assert echo.Label("a") == echo.Label(text="a", color=echo.Color.RED)
    assert echo.Label("a") != echo.Label("b")
    assert echo.Label("a") != "a"
    assert repr(echo.Label("a", "blue")) == "Label(text='a', color=<Color.BLUE: 'blue'>)"
    with pytest.raises(AttributeError):
        LABEL.text = "b"  # type: ignore[misc]
    match LABEL:
        case echo.Label(text, color):
            assert (text, color) == ("hi", echo.Color.BLUE)


@pytest.mark.parametrize(
    "value",
    [
        LABEL,
        scalars(),
        everything(echo.tree_of_branch(echo.tree_of_leaf(1), echo.tree_of_branch())),
        echo.EchoOptions(7, tags=["a"], from_="me"),
        echo.EchoSetup("t", echo.EchoStyle(3, pause_ms=4)),
        echo.VersionPair(3, 4),
        echo.Shape.empty(),
        echo.Shape.rectangle(3, 4),
        echo.Reason("unknown:9"),
        net.PollRequest(limit=7),
        net_sdk.SubscribeOpts(timeout=0.25),
        net.RedisOptions("redis://a", prefix="p"),
        net.Transport.redis("redis://a", pool_size=2),
    ],
)
def test_values_are_pickled_and_copied(value: object) -> None:
    for version in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, version)) == value
    assert copy.copy(value) == value
    assert copy.deepcopy([value, value]) == [value, value]


def test_a_page_of_events_is_pickled() -> None:
    with net.NetNode(shards=1) as node:
        node.emit_raw("[1]")
        page = node.poll()
    back = pickle.loads(pickle.dumps(page))
    assert back == page
    assert [event.raw for event in back] == ["[1]"]


def test_what_is_open_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="Handle"):
        pickle.dumps(echo.EchoBox("a"))


def test_open_enums_have_values_without_a_name() -> None:
    assert echo.echo_reason("damaged") is echo.Reason.DAMAGED
    unknown = echo.echo_reason("unknown:8")
    assert isinstance(unknown, echo.Reason)
    assert (unknown, unknown.value, unknown.name) == ("unknown:8", "unknown:8", "unknown:8")
    assert echo.Reason("unknown:8") == unknown
    assert echo.echo_reasons([unknown, echo.Reason.NONE]) == ["unknown:8", "none"]
    for wrong in ("unknown:65536", "unknown:-1", "unknown:07", "unknown:", "other"):
        with pytest.raises(ArgumentError, match="value"):
            echo.echo_reason(wrong)
    grade = echo.echo_grade(200)
    assert isinstance(grade, echo.Grade)
    assert (grade, grade.name) == (200, "unknown:200")
    assert echo.echo_grade(2) is echo.Grade.SECOND
    with pytest.raises(ArgumentError, match="value"):
        echo.echo_grade(256)
    with pytest.raises(ValueError, match="other"):
        echo.Reason("other")


def gauge() -> echo.Gauge:
    return echo.Gauge(
        truth=True,
        tiny=255,
        small=65_535,
        medium=2**32 - 1,
        large=2**64 - 1,
        itiny=-128,
        ismall=-(2**15),
        imedium=-(2**31),
        range=-(2**63),
        real=0.25,
        span_ms=5,
        moment=6,
        day=datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        weight_bytes=8,
        id=9,
        color="blue",
        level=500,
        access=["write"],
    )


def test_records_of_numbers_or_nothing() -> None:
    assert echo.echo_gauge(gauge()) == gauge()
    assert (echo.echo_gauge_maybe(gauge()), echo.echo_gauge_maybe()) == (gauge(), None)


def test_spans_of_time_in_lists_and_maps() -> None:
    assert echo.echo_pauses([0, 1500]) == [0, 1500]
    assert echo.echo_limits({"day": 86_400}) == {"day": 86_400}
    timetable = echo.Timetable([5], {"a": 1})
    assert echo.echo_timetable(timetable) == timetable


def test_unknown_values_have_an_error_of_their_own() -> None:
    assert echo.echo_mood("angry") is echo.Mood.ANGRY
    assert echo.echo_rights(["enter", "leave"]) == ["enter", "leave"]
    calls: list[Callable[[], Any]] = [
        lambda: echo.echo_mood("furious"),
        lambda: echo.echo_rights(["fly"]),
    ]
    for call in calls:
        with pytest.raises(echo.EchoError) as caught:
            call()
        assert caught.value.kind == "odd text"


def test_calls_that_do_nothing() -> None:
    floor = echo.Floor()
    assert (floor.nothing(), floor.text("a"), floor.data(b"x")) == (True, True, True)
    assert (floor.data_key(b"x", "k"), floor.data_hash(b"x", 1)) == (True, True)
    assert echo.Floor.signed(b"a", b"b", b"c") is True
    zeros = echo.Mark(0, 0)
    assert (floor.text_key("a"), floor.value_key(1, "k")) == (zeros, zeros)
    assert (floor.texts_key(["a", "b"]), floor.chunks_key([b"x"], "k")) == (2, 1)


def test_an_object_is_held_while_a_function_runs() -> None:
    door = echo.EchoDoor()
    assert door.through(lambda held: (type(held), door.inside)) == (echo.EchoPass, 1)
    lost = LookupError("lost")

    def fails(_: object) -> int:
        raise lost

    with pytest.raises(LookupError) as caught:
        door.through_later(fails)
    assert caught.value is lost
    assert (door.inside, door.tally) == (0, "1/1")
    # What is left already does not hide what the function raises; where it raises nothing, it is the answer.
    with pytest.raises(echo.EchoError, match="gone already"):
        door.through_later(lambda held: held.leave(True))

    def leaves(held: echo.EchoVisit) -> int:
        held.leave(failed=True)
        raise lost

    with pytest.raises(LookupError):
        door.through_later(leaves)
    with door.enter(), door.enter(), door.enter_later():
        with pytest.raises(echo.EchoBusyError):
            door.through(fails)
    assert door.inside == 0


def test_what_a_build_leaves_out() -> None:
    assert echo.echo_hook(7) == 7
    with pytest.raises(echo.EchoError, match="^echo: unsupported: left-out$") as caught:
        echo.echo_left_out(1, "a")
    assert caught.value.feature == "left-out"
    box = echo.EchoBox("a")
    calls: list[Callable[[], object]] = [
        echo.EchoAnnex,
        lambda: echo.EchoAnnex.open("a"),
        lambda: box.weight,
        lambda: box.weigh(box),
        lambda: echo.echo_with_extras(carved=True),
        lambda: echo.echo_with_extras(plain=False),
        lambda: echo.echo_with_extras(depth=3),
        lambda: echo.echo_with_extras(motto=""),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError, match="^unsupported: left-out$"):
            call()
    assert echo.echo_with_extras(4, gilded=True) == echo.EchoExtras(4, gilded=True)


def test_options_within_options_by_their_fields() -> None:
    style = echo.EchoStyle(3, "serif")
    assert echo.echo_with_setup("t", style_size=3, style_font="serif").style == style
    assert echo.echo_with_setup(style=style).style == style
    assert echo.echo_with_setup().style is None
    with pytest.raises(ArgumentError, match="style: is given whole"):
        echo.echo_with_setup(style=style, style_size=3)
    refused: list[dict[str, Any]] = [{"style_size": 0}, {"style_size": "3"}, {"style_font": "a"}]
    for wrong in refused:
        with pytest.raises(ArgumentError) as caught:
            echo.echo_with_setup(**wrong)
        assert caught.value.argument == "style_size"
    with pytest.raises(ArgumentError, match="size: 0 is below 1"):
        echo.EchoStyle(0)


def test_a_record_may_stand_for_its_first_field() -> None:
    assert echo.VersionPair(3, 4).__index__() == 3
    assert list(range(5))[echo.VersionPair(3, 4)] == 3


def test_records_have_methods() -> None:
    pair = echo.VersionPair(4, 0)
    assert pair.is_before(echo.VersionPair(5, 0))
    assert not echo.VersionPair(5, 0).precedes(pair)
    assert (pair.text(), pair.text("::"), pair.text(separator="-")) == ("4.0", "4::0", "4-0")
    assert echo.VersionPair(0, 0).is_first
    assert echo.VersionPair.parse("7.8") == echo.VersionPair(7, 8)
    with pytest.raises(echo.EchoError) as caught:
        echo.VersionPair.parse("7")
    assert caught.value.kind == "odd text"
    options = echo.EchoOptions(tags="a")
    assert (options.has_tag("a"), options.has_tag("b")) == (True, False)
    with pytest.raises(ArgumentError, match="tag"):
        options.has_tag(3)  # type: ignore[arg-type]


def test_views_show_a_field_in_another_type() -> None:
    page = echo.echo_page_of('{"text":"é"}')
    assert page.raw_bytes == '{"text":"é"}'.encode()
    assert page.parse() == {"text": "é"}
    assert page.parse(lambda value: value["text"]) == "é"


def test_unions() -> None:
    shape = echo.Shape.rectangle(3)
    assert (shape.kind, shape.width, shape.height, shape.radius) == ("rectangle", 3, 1, None)
    assert repr(shape) == "Shape.rectangle(width=3, height=1)"
    assert echo.Shape.named(text="x").color is echo.Color.RED
    assert echo.shapes.rectangle(3) == shape
    tree = echo.tree_of_branch(echo.tree_of_leaf(1), echo.tree_of_branch())
    assert echo.echo_tree(tree) == tree
    assert echo.tree_of_branch([echo.tree_of_leaf(1), echo.tree_of_branch()]) == tree
    assert tree.children is not None
    assert [child.type for child in tree.children] == ["leaf", "branch"]


def test_trees_are_bounded() -> None:
    tree = echo.tree_of_leaf(1)
    for _ in range(15):
        tree = echo.tree_of_branch(tree)
    assert echo.echo_tree(tree) == tree
    with pytest.raises(ArgumentError, match="is nested deeper than 16") as caught:
        echo.tree_of_branch(tree)
    assert caught.value.argument == "children"


def test_options_one_by_one_or_whole() -> None:
    defaults = echo.echo_with_options()
    assert (defaults.count, defaults.ratio, defaults.loud, defaults.name) == (3, 0.5, True, "echo")
    assert (defaults.color, defaults.access) == (echo.Color.BLUE, [echo.Access.READ])
    assert (defaults.pause_ms, defaults.limit_bytes, defaults.tags) == (250, None, [])
    assert (defaults.from_, defaults.type) == (None, None)
    assert echo.echo_with_options(7, loud=False, from_="me").count == 7
    assert echo.echo_with_options(number=8) == echo.EchoOptions(8)
    assert echo.echo_with_options(echo.EchoOptions(tags="one")).tags == ["one"]
    assert echo.EchoSettings is echo.EchoOptions
    with pytest.raises(ArgumentError, match="whole"):
        echo.echo_with_options(echo.EchoOptions(), loud=False)


def test_limits_are_checked_where_the_record_is_made() -> None:
    for wrong in (0, 101):
        with pytest.raises(ArgumentError, match="count") as caught:
            echo.EchoOptions(wrong)
        assert caught.value.argument == "count"


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: echo.echo_u8(256), "value"),
        (lambda: echo.echo_u8(-1), "value"),
        (lambda: echo.echo_u64(2**64), "value"),
        (lambda: echo.echo_u32(10**400), "value"),
        (lambda: echo.echo_u32(math.nan), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_u32(1.0), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_u32("1"), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_bool(1), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_f64("1"), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_string(b"x"), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_string("\ud800"), "value"),
        (lambda: echo.echo_bytes("x"), "value"),  # type: ignore[arg-type]
        (lambda: echo.echo_list([1, -1]), "values[1]"),
        (lambda: echo.echo_strings("abc"), "values"),
        (lambda: echo.echo_map({"a": "b"}), 'values["a"]'),  # type: ignore[dict-item]
        (lambda: echo.echo_everything(3), "value"),  # type: ignore[arg-type]
        (lambda: echo.Label(3), "text"),  # type: ignore[arg-type]
        (lambda: scalars(small=-1), "small"),
        (lambda: scalars(fixed=b"abc"), "fixed"),
        (lambda: echo.EchoBox(3), "text"),  # type: ignore[call-overload]
        (lambda: echo.EchoBox("a").pair("b"), "other"),  # type: ignore[arg-type]
        (lambda: echo.EchoBox.merged([3]), "boxes[0]"),  # type: ignore[list-item]
        (lambda: echo.map_numbers([1], 3), "mapper"),  # type: ignore[arg-type]
        (lambda: echo.sum_stream(3), "values"),  # type: ignore[arg-type]
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], argument: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == argument
    assert isinstance(caught.value, ValueError)


def test_any_number_of_values() -> None:
    assert echo.sum_all(1) == 1
    assert echo.sum_all(1, 2, 3) == 6
    assert echo.sum_all(1, [2, 3]) == 6


def test_json_keeps_its_value_and_is_compact() -> None:
    value = {"b": [1, 2.5, None, "é"], "a": {}}
    assert echo.echo_json(value) == value
    assert echo.echo_json([1], model=lambda items: tuple(items)) == (1,)
    assert echo.echo_json({"a": 1}, parse=lambda text: text) == '{"a":1}'
    with pytest.raises(ValueError, match="value"):
        echo.echo_json(object())
    with pytest.raises(ValueError, match="value"):
        echo.echo_json(math.nan)


def test_constants() -> None:
    assert echo.ECHO_LIMIT == 4096
    assert echo.ECHO_GREETING == 'hello "net"\n'
    assert echo.ECHO_PRIMES == [2, 3, 5, 7]
