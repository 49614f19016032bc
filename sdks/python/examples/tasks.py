"""Tasks on disk.

`tasks write FOLDER` makes one after the other and prints their ids until it is killed; `tasks read
FOLDER` prints how many there are, and the last id.
"""

import itertools
import sys

from net_sdk import NetDb


def main(way: str, folder: str) -> None:
    # region net_db
    options = {"with_tasks": True, "persistent_dir": folder, "persistent": True}
    with NetDb.open(origin_hash=1, **options) as db:
        tasks = db.tasks
        assert tasks is not None, "the state was opened with tasks"
        if way == "write":
            for number in itertools.count():
                tasks.create(number, "survive", number)
                print(number, flush=True)
        newest = tasks.list_tasks(order_by="id_desc", limit=1)
        print(tasks.count(), newest[0].id if newest else 0)
    # endregion


if __name__ == "__main__":
    main(*sys.argv[1:])
