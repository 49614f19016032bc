"""Append-only files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import net.aio
import net_sdk
from conftest import run_script
from net import Redex, RedexError

pytestmark = pytest.mark.usefixtures("no_leaks")


def test_a_file_outlasts_its_closing(tmp_path: Path) -> None:
    redex = Redex(persistent_dir=str(tmp_path))
    with redex.open_file("a/b", persistent=True, fsync_every_n=1) as file:
        assert file.append(b"one") == 0
        assert file.append_batch([b"two", b"three"]) == 1
        assert file.append_batch([]) is None
        file.sync()
    with redex.open_file("a/b", persistent=True) as file:
        assert (file.len(), file.next_seq()) == (3, 3)
        assert [event.payload for event in file.read_range(1, 9)] == [b"two", b"three"]
        (report,) = redex.verify()
        assert (report.name, report.events, report.damages) == ("a/b", 3, [])


def test_a_file_for_a_with_statement(tmp_path: Path) -> None:
    redex = Redex(str(tmp_path))
    with net_sdk.open_file_cm(redex, "a", persistent=True) as file:
        assert (len(file), file.append(b"one"), len(file)) == (0, 0, 1)
    with pytest.raises(RedexError, match="file closed"):
        file.append(b"two")
    with net_sdk.open_file_cm(redex, "a", persistent=True) as file:
        assert len(file) == 1


def test_a_file_that_is_being_closed_is_opened_anew(tmp_path: Path) -> None:
    async def run() -> None:
        redex = net.aio.Redex(str(tmp_path))
        file = redex.open_file("a", persistent=True)
        file.append(b"one")
        closing = asyncio.ensure_future(file.close())
        await asyncio.sleep(0)
        again = redex.open_file("a", persistent=True)
        assert again.append(b"two") == 1
        await closing
        assert again.append(b"three") == 2
        await again.close()

    asyncio.run(run())


def test_a_tail_gives_what_was_there_and_what_comes() -> None:
    with Redex().open_file("a") as file:
        file.append(b"0")
        seen = []
        for event in file.tail():
            seen.append(event.payload)
            if len(seen) == 5:
                break
            file.append(str(len(seen)).encode())
        assert seen == [b"0", b"1", b"2", b"3", b"4"]


def test_appends_that_wait_share_the_way_to_the_disk(tmp_path: Path) -> None:
    async def run() -> None:
        redex = net.aio.Redex(persistent_dir=str(tmp_path))
        file = redex.open_file("a", persistent=True, fsync_every_n=1)
        seqs = await asyncio.gather(*(file.append_async(b"event") for _ in range(256)))
        assert sorted(seqs) == list(range(256))
        await file.close()

    asyncio.run(run())


def test_refusals_are_errors_of_their_kind() -> None:
    redex = Redex()
    with pytest.raises(RedexError, match="invalid channel name"):
        redex.open_file("No")
    with pytest.raises(RedexError, match="no_directory"):
        redex.open_file("a", persistent=True)
    with pytest.raises(RedexError, match="mutually exclusive"):
        redex.open_file("a", fsync_every_n=1, fsync_interval_ms=5)
    with redex.open_file("b", max_bytes=10) as full, pytest.raises(RedexError, match="full"):
        full.append(bytes(11))


# Stands between the library and the disk: once armed, the first sync of a segment goes on when so many threads have written to it.
DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t written = PTHREAD_COND_INITIALIZER;
static int awaited, writers;
static __thread int has_written;
int syncs;

void arm(int threads) { awaited = threads; }

static int counts(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = awaited ? readlink(link, path, sizeof path) : 0;
  return length > 4 && memcmp(path + length - 4, ".seg", 4) == 0;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) {
  ssize_t done = ((ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, data, size, offset);
  if (counts(fd) && !has_written) {
    has_written = 1;
    pthread_mutex_lock(&lock);
    writers++;
    pthread_cond_broadcast(&written);
    pthread_mutex_unlock(&lock);
  }
  return done;
}

int fdatasync(int fd) {
  if (counts(fd)) {
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 30;
    pthread_mutex_lock(&lock);
    syncs++;
    while (writers < awaited && pthread_cond_timedwait(&written, &lock, &limit) == 0) {}
    pthread_mutex_unlock(&lock);
  }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""

APPENDS = """
import ctypes, sys, threading
from net import Redex

disk = ctypes.CDLL("{disk}")
file = Redex("{folder}").open_file("a", persistent=True, fsync_every_n=1)
file.append(b"first")
disk.arm(8)
threads = [threading.Thread(target=file.append, args=(b"more",)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(file), ctypes.c_int.in_dll(disk, "syncs").value)
file.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and fdatasync are of Linux")
def test_threads_that_append_share_a_sync(tmp_path: Path) -> None:
    disk = tmp_path / "disk.so"
    build = ["cc", "-shared", "-fPIC", "-o", str(disk), "-x", "c", "-", "-ldl", "-lpthread"]
    subprocess.run(build, input=DISK, text=True, check=True)
    script = APPENDS.format(disk=disk, folder=tmp_path / "logs")
    done = run_script(script, timeout=300, LD_PRELOAD=str(disk))
    count, syncs = map(int, done.stdout.split() or pytest.fail(done.stderr))
    # The thread that syncs first has written before others may have; one more sync is for all of them.
    assert (count, syncs <= 2) == (9, True)
