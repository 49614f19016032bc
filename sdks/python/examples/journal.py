"""Several writers, one append-only file on disk. However the program is ended, what it has said to be there is there again.

python journal.py DIRECTORY WRITERS       prints what is there; then appends, and prints what was acknowledged, until it is ended
python journal.py DIRECTORY WRITERS lazy  the same, with the bytes left to the system: a loss of power may cost some of them
python journal.py DIRECTORY 0             prints what is there
"""

import itertools
import sys
import threading

from net_sdk import Redex, RedexFile, open_file_cm


def journal(directory: str, writers: int, fsync_every_n: int | None) -> None:
    # region open_file
    redex = Redex(directory)
    with open_file_cm(redex, "journal", persistent=True, fsync_every_n=fsync_every_n) as file:
        run = file.next_seq()
        for event in file.read_range(0, run):
            if event.skipped == 0:
                say(f"entry {event.seq} {event.payload.decode()}")
            else:
                say(f"skipped {event.seq} {event.skipped}")
        say(f"next {run}")
        # endregion
        threads = [
            threading.Thread(target=write, args=(file, run, each)) for each in range(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def write(file: RedexFile, run: int, writer: int) -> None:
    """Appends one entry, two, three, and so on in turn."""
    for step in itertools.count():
        dots = "." * (step % 64)
        entries = [f"{run}.{writer}.{step}.{part}{dots}".encode() for part in range(step % 3 + 1)]
        say(f"wrote {file.append_batch(entries)} {writer} {step}")


def say(line: str) -> None:
    """Prints a line at once and whole, whichever thread it comes from."""
    print(line + "\n", end="", flush=True)


match sys.argv[1:]:
    case [directory, writers]:
        journal(directory, int(writers), 1)
    case [directory, writers, "lazy"]:
        journal(directory, int(writers), None)
    case _:
        sys.exit(__doc__)
