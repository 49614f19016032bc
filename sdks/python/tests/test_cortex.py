"""Tasks and memories."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import net.aio
import net_sdk
from net import (
    ArgumentError,
    CortexError,
    FoldAdapter,
    MemoriesAdapter,
    NetDb,
    NetDbError,
    NetDbOpenConfig,
    Redex,
    RedexEvent,
    Tasks,
    TasksAdapter,
    TaskStatus,
    WriteToken,
)

pytestmark = pytest.mark.usefixtures("no_leaks")


def test_tasks_outlast_their_closing(tmp_path: Path) -> None:
    redex = Redex(persistent_dir=str(tmp_path))
    with TasksAdapter.open(redex, 0xABCDEF01, persistent=True) as tasks:
        tasks.create(1, "write docs", 100)
        tasks.create(2, title="ship", now_ns=101)
        tasks.wait_for_seq(tasks.complete(1, 102).seq)
        (done,) = tasks.list_tasks(status=TaskStatus.COMPLETED)
        assert (done.title, done.created_ns, done.updated_ns) == ("write docs", 100, 102)
    with pytest.raises(CortexError, match="closed"):
        tasks.delete(1)
    assert tasks.count() == 2
    with Tasks.open(redex, origin_hash=0xABCDEF01, persistent=True) as tasks:
        assert tasks.origin_hash == 0xABCDEF01
        listed = tasks.list_tasks(order_by="created_desc", limit=1)
        assert [task.title for task in listed] == ["ship"]


def test_a_receipt_stands_for_its_number() -> None:
    with TasksAdapter.open(Redex(), 7) as tasks:
        receipt = tasks.create(1, "a", 1)
        assert range(9)[receipt] == 0
        text = receipt.token.to_string()
        assert text == "0000000000000007:0"
        tasks.wait_for_token(WriteToken.from_string(text), 60_000)
        with pytest.raises(CortexError, match="wrong_origin"):
            tasks.wait_for_token(WriteToken(8, 0))
        with pytest.raises(CortexError) as caught:
            tasks.wait_for_seq(9, deadline_ms=1)
        assert caught.value.kind == "timeout"
        with pytest.raises(ValueError, match="invalid_token"):
            WriteToken.from_string("7:0")


def test_a_burst_that_nobody_waits_for_is_taken_whole() -> None:
    with TasksAdapter.open(Redex(), 7) as tasks:
        receipts = [tasks.create(number, "a", number) for number in range(20_000)]
        tasks.wait_for_seq(receipts[-1].seq)
        assert tasks.count() == 20_000
        stats = tasks.stats()
        assert (stats.next_seq, stats.behind, stats.skipped) == (20_000, 0, 0)


def test_a_watch_gives_what_a_list_becomes() -> None:
    with TasksAdapter.open(Redex(), 7) as tasks:
        tasks.wait_for_seq(tasks.create(1, "a", 1).seq)
        snapshot, updates = tasks.snapshot_and_watch_tasks(status="pending")
        assert [task.title for task in snapshot] == ["a"]
        tasks.complete(1, 2)
        assert next(updates) == []
        plain = tasks.watch_tasks(title_contains="A")
        assert [task.status for task in next(plain)] == ["completed"]
    assert list(plain) == []


def test_memories_are_found_by_their_tags_and_saved() -> None:
    with MemoriesAdapter.open(Redex(), 7) as memories:
        memories.store(1, "the door is blue", ["home"], "me", 1)
        memories.store(2, "the bus leaves at 7", ["work", "bus"], "me", 2)
        memories.wait_for_seq(memories.pin(2, 3).seq)
        found = memories.list_memories(any_tag=["bus"], pinned=True)
        assert [memory.id for memory in found] == [2]
        saved = memories.snapshot()
        assert saved.last_seq == 2
        state_bytes, last_seq = memories.snapshot()
        assert (state_bytes, last_seq) == saved
        with MemoriesAdapter.open_from_snapshot(Redex(), 7, saved) as other:
            assert other.list_memories() == memories.list_memories()
        with MemoriesAdapter.open_from_snapshot(Redex(), 7, (state_bytes, last_seq)) as other:
            assert other.count() == 2
        with MemoriesAdapter.open_from_snapshot(Redex(), 7, state_bytes, last_seq) as other:
            assert other.count() == 2
        with MemoriesAdapter.open_from_snapshot(Redex(), 7, state_bytes=state_bytes) as other:
            assert other.count() == 2
        with pytest.raises(CortexError, match="last_seq"):
            MemoriesAdapter.open_from_snapshot(Redex(), 7, state_bytes, 1)
        with pytest.raises(CortexError, match="bad_snapshot"):
            TasksAdapter.open_from_snapshot(Redex(), 7, saved)


def test_waiting_in_a_loop_ends_with_its_task() -> None:
    async def run() -> None:
        tasks = await net.aio.TasksAdapter.open(net.aio.Redex(), 7)
        waiting = asyncio.ensure_future(tasks.wait_for_seq(0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        await tasks.wait_for_seq(tasks.create(1, "a", 1).seq)
        assert [task.id for task in tasks.list_tasks()] == [1]
        await tasks.close()

    asyncio.run(run())


def test_both_states_are_saved_together(tmp_path: Path) -> None:
    folder = str(tmp_path)
    with NetDb.open(
        origin_hash=7, with_tasks=True, with_memories=True, persistent_dir=folder, persistent=True
    ) as db:
        assert db.tasks is not None
        assert db.memories is not None
        db.tasks.wait_for_seq(db.tasks.create(1, "a", 1).seq)
        db.memories.wait_for_seq(db.memories.store(1, "c", ["t"], "s", 1).seq)
        bundle = db.snapshot()
        assert db.snapshot() == bundle
    with NetDb.open(7, with_tasks=True, persistent_dir=folder, persistent=True) as db:
        assert db.memories is None
        assert db.tasks is not None
        assert [task.title for task in db.tasks.list_tasks()] == ["a"]
        alone = db.snapshot()
    both = NetDbOpenConfig(7, with_tasks=True, with_memories=True)
    with NetDb.open_from_snapshot(both, bundle) as db:
        assert db.tasks is not None
        assert db.tasks.count() == 1
    with pytest.raises(NetDbError, match="missing_model"):
        NetDb.open_from_snapshot(alone.state_bytes, both)
    with pytest.raises(NetDbError, match="decode snapshot bundle"):
        NetDb.open_from_snapshot(b"none", origin_hash=7, with_tasks=True)


class Sum:
    """Adds numbers up."""

    def __init__(self) -> None:
        self.total = 0

    def apply(self, events: list[RedexEvent]) -> None:
        self.total += sum(int(event.payload) for event in events)

    def snapshot(self) -> bytes:
        return str(self.total).encode()

    def restore(self, state: bytes) -> None:
        self.total = int(state)


def test_a_program_folds_a_file_and_finds_its_state_again(tmp_path: Path) -> None:
    redex = Redex(persistent_dir=str(tmp_path))
    with redex.open_file("a/b", persistent=True) as file:
        file.append_batch([b"1", b"2"])
        fold = Sum()
        with FoldAdapter.open(redex, "a/b", fold, persistent=True) as state:
            assert fold.total == 3
            state.wait_for_seq(file.append(b"3"))
            assert fold.total == 6
        file.append(b"4")
        again = Sum()
        with FoldAdapter.open(redex, "a/b", again, persistent=True) as state:
            assert (again.total, state.stats().next_seq) == (10, 4)
            saved = state.snapshot()
    other = Sum()
    with FoldAdapter.open_from_snapshot(Redex(), "c", other, saved) as state:
        assert (other.total, state.stats().next_seq) == (10, 0)


def test_a_fold_that_throws_stops_and_leaves_the_file_to_its_writers() -> None:
    redex = Redex()
    with redex.open_file("a") as file, FoldAdapter.open(redex, "a", Sum()) as state:
        seq = file.append(b"x")
        with pytest.raises(CortexError, match="fold_failed.*invalid literal") as caught:
            state.wait_for_seq(seq)
        assert caught.value.seq == 0
        with pytest.raises(CortexError, match="fold_failed"):
            state.snapshot()
        assert (state.is_running(), file.append(b"1")) == (False, 1)


def test_a_fold_of_coroutines_is_asked_in_its_loop() -> None:
    class Count:
        events = 0

        async def apply(self, events: list[RedexEvent]) -> None:
            await asyncio.sleep(0)
            self.events += len(events)

    async def run() -> None:
        redex = net.aio.Redex()
        file = redex.open_file("a")
        fold = Count()
        state = await net.aio.FoldAdapter.open(redex, "a", fold)
        await state.wait_for_seq(file.append(b"event"))
        assert fold.events == 1
        with pytest.raises(CortexError, match="the fold has no snapshot"):
            await state.snapshot()
        await state.close()
        await file.close()

    asyncio.run(run())


def test_states_are_closed_at_the_end_of_a_with_statement(tmp_path: Path) -> None:
    redex = Redex(str(tmp_path))
    with net_sdk.tasks_cm(redex, channel="team/tasks", origin_hash=7, persistent=True) as tasks:
        tasks.wait_for_seq(tasks.create(1, "a", 1).seq)
    assert not tasks.is_running()
    with net_sdk.memories_cm(redex, channel="team/memories", origin_hash=7) as memories:
        memories.wait_for_seq(memories.store(1, "c", ["t"], "s", 1).seq)
    assert not memories.is_running()
    with net_sdk.netdb_cm(redex, origin_hash=7, with_tasks=True, persistent=True) as db:
        assert db.memories is None
        assert db.tasks is not None
        assert db.tasks.count() == 0
    with net_sdk.tasks_cm(Redex(str(tmp_path)), "team/tasks", 7, persistent=True) as again:
        assert [task.title for task in again.list_tasks()] == ["a"]
    with pytest.raises(ArgumentError, match="persistent_dir"):
        net_sdk.netdb_cm(redex, origin_hash=7, persistent_dir=str(tmp_path))
