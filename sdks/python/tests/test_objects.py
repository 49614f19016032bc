"""Objects behind handles, and what ends them."""

from __future__ import annotations

import gc
import pickle
import sys
import threading
from typing import Any, cast

import pytest

import net
from net import HandleError
from net.gen import echo

pytestmark = pytest.mark.usefixtures("no_leaks")


def test_construction_and_methods() -> None:
    box = echo.EchoBox()
    assert box.text == "empty"
    assert box.set("one").set("two") is box
    assert (box.text, box.length(), box.size_of()) == ("two", 3, 3)
    assert box.push(b"!") is True
    assert box.push(b"\xff") is False
    assert box.itself is box
    assert box.serial == box.serial
    assert echo.EchoBox().serial > box.serial
    assert echo.EchoCell is echo.EchoBox


def test_named_constructors_and_overloads() -> None:
    assert echo.EchoBox.open("text").text == "text"
    assert echo.EchoBox.open("text", 5, loud=False).text == "text"
    assert echo.EchoBox.open(12).text == "12"
    assert echo.EchoBox.open(number=12).text == "12"
    assert echo.EchoBox.of_number(7).text == "7"
    assert echo.EchoBox("text").text == "text"
    assert echo.EchoBox(b"\xc3\xbc").text == "ü"
    assert echo.EchoBox(data=bytearray(b"data")).text == "data"
    assert echo.EchoBox.of_bytes(b"data").text == "data"
    assert echo.doubled("ab") == "abab"
    assert echo.doubled(4) == echo.doubled(number=4) == echo.doubled_number(4) == 8
    with pytest.raises(echo.EchoError, match="rejected"):
        echo.EchoBox.open("fail")
    with pytest.raises(echo.EchoError, match="odd"):
        echo.EchoBox(b"\xff")


def test_a_call_that_blocks_lets_other_threads_run() -> None:
    gate, ready = echo.EchoGate(), threading.Event()

    def opened() -> None:
        ready.wait()
        gate.open()

    opener = threading.Thread(target=opened)
    opener.start()
    interval = sys.getswitchinterval()
    # From here on a thread runs only when another one lets it.
    sys.setswitchinterval(1000)
    try:
        ready.set()
        assert gate.enter(60_000) is True
    finally:
        sys.setswitchinterval(interval)
    opener.join()


def test_metrics_are_printed_for_scrapers() -> None:
    room = echo.EchoRoom("a", 1, "red")
    text = echo.meter_text(echo.EchoMeter(calls=2, depth=-3, rooms=[room], kinds={"x": 4}))
    assert "\nnet_echo_calls_total 2\n" in text
    assert text.endswith('\nnet_echo_kinds_total{kind="x"} 4\n')


def test_a_record_is_shown_as_its_text() -> None:
    pair = echo.VersionPair(4, 2)
    assert str(pair) == f"{pair}" == pair.shown() == "4.2"
    assert repr(pair) == "VersionPair(major=4, minor=2)"
    token = net.WriteToken(0xAB, 7)
    assert str(token) == token.to_string() == "00000000000000ab:7"


def test_tuples() -> None:
    spot = echo.echo_spot_of(("a", 1, 5, None))
    assert type(spot) is echo.EchoSpot
    assert spot == ("a", 1, 5, None)
    assert spot == echo.EchoSpot("a", 1, 5) == echo.EchoSpot(name="a", place=1, pause_ms=5)
    assert echo.echo_spot_of(echo.EchoSpot("a", 1)).pause_ms == 20
    assert pickle.loads(pickle.dumps(spot)) == spot
    assert repr(spot) == "EchoSpot(name='a', place=1, pause_ms=5, note=None)"
    assert echo.echo_spot_maybe() is None
    spots, numbers = echo.pull([spot, ("b", 2, 20, "n")], 3)
    assert [place for _, place, *_ in spots] == [1, 2]
    assert list(numbers) == [0, 1, 2]
    one, two = echo.EchoBox("one"), echo.EchoBox("two")
    elder, younger = echo.echo_twins_of((one, two))
    assert (elder.text, younger.text) == ("two", "one")


@pytest.mark.parametrize(
    ("spot", "reason"),
    [
        (("a", 1), "has 4 parts, not 2"),
        (["a", 1, 5, None], "EchoSpot is needed, not list"),
        (("a", -1, 5, None), "is out of range"),
        (("a", 1, 60_001, None), "60001 is above 60000"),
    ],
)
def test_what_is_no_such_tuple_is_refused(spot: Any, reason: str) -> None:
    with pytest.raises(net.ArgumentError, match=reason):
        echo.echo_spot_of(spot)
    with pytest.raises(net.ArgumentError, match="EchoTwins is needed, not str"):
        echo.echo_twins_of(cast("Any", "twins"))


def test_objects_and_streams_in_records() -> None:
    one, two = echo.EchoBox("one"), echo.EchoBox("two")
    label = echo.Label("kit")
    kit = echo.echo_kit_of(echo.EchoKit(label, one, [two, two]))
    assert isinstance(kit.first, echo.EchoBox)
    assert (kit.first.text, kit.spare, [box.text for box in kit.more]) == ("one", None, ["two"] * 2)
    assert echo.kit_text(kit) == "kit one two two"
    one.set("changed")
    assert kit.first.text == "changed"
    watch = one.watch(3)
    assert list(watch.numbers) == [0, 1, 2]
    assert watch.pause_ms == 250
    assert echo.kit_text_later(watch.kit, kit).endswith("kit changed two two")
    wrong: Any = "no box"
    with pytest.raises(net.ArgumentError, match="kit: EchoKit is needed"):
        echo.kit_text(wrong)
    with pytest.raises(net.ArgumentError, match=r"kit\.first"):
        echo.kit_text(echo.EchoKit(label, wrong, []))
    assert one.boxed(echo.Label("")) is None


def test_what_stands_for_an_object() -> None:
    one = echo.EchoBox("one")
    assert one.pair(b"!").text == "one!"
    assert echo.EchoBox.merged([one, bytearray(b"?")]).text == "one?"
    kit = echo.echo_kit_of(echo.EchoKit(echo.Label("kit"), one, []))
    assert kit.first.text == "one"
    with pytest.raises(echo.EchoError, match="odd"):
        one.pair(b"\xff")
    wrong: Any = "text"
    with pytest.raises(net.ArgumentError, match="other"):
        one.pair(wrong)


def test_objects_as_arguments_and_results() -> None:
    one, two = echo.EchoBox("one"), echo.EchoBox("two")
    assert one.pair(two).text == "onetwo"
    found = one.find("n")
    assert found is not None
    assert found.text == "n"
    assert one.find("x") is None
    assert echo.EchoBox.merged([one, two, one]).text == "onetwoone"


def test_a_box_that_is_shut() -> None:
    with echo.EchoBox("x") as box:
        assert box.read() == "x"
    box.shut()


def test_use_after_close() -> None:
    cell: echo.TypedCell[int] = echo.TypedCell()
    cell.close()
    cell.close()
    for call in (lambda: cell.put(1), cell.take):
        with pytest.raises(HandleError, match="handle: closed") as caught:
            call()
        assert isinstance(caught.value, RuntimeError)


def test_collecting_an_object_releases_it() -> None:
    before = net.live_handles()
    boxes = [echo.EchoBox(str(number)) for number in range(10)]
    assert net.live_handles() == before + 10
    del boxes
    gc.collect()
    assert net.live_handles() == before


def test_objects_of_another_type_are_refused() -> None:
    with pytest.raises(HandleError, match="of another type"):
        echo.EchoBox("x").pair(echo.TypedCell())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="LetterStream"):
        echo.LetterStream()


def test_typed_cells() -> None:
    cell: echo.TypedCell[dict[str, int]] = echo.TypedCell()
    cell.put({"a": 1})
    assert cell.take() == {"a": 1}
    assert cell.take() is None
    with echo.TypedCell(lambda value: echo.Label(value["text"])) as labels:
        labels.put({"text": "x"})  # type: ignore[arg-type]
        assert labels.take() == echo.Label("x")
