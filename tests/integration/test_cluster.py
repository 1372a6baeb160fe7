"""A library on a cluster, with real processes: a Dask scheduler, workers, an S3 server; and all of them failing."""

import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from running import NARRATE, environment, narrate, until

TESTS = Path(__file__).parents[1]
WORDS = ["road", "river", "engine", "night", "rain", "window", "mill", "bridge", "morning", "signal", "lorry", "valley"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def process(command: list[str], log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, ended with all that it has started."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
        )
    try:
        yield running
    finally:
        family = [running, *descendants(running.pid)]
        for each in family:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                each.kill()
        running.wait()


def descendants(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


class Place:
    """A scheduler, two workers and an S3 server on loopback, and a folder of books."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.s3_port, self.scheduler_port = free_port(), free_port()
        self.env = environment(
            AWS_ACCESS_KEY_ID="x",
            AWS_SECRET_ACCESS_KEY="x",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{self.s3_port}",
            DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1",
            NARRATE_STORE=str(folder / "near"),
        )
        self.open = contextlib.ExitStack()
        self.scheduling = self.open.enter_context(contextlib.ExitStack())

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.scheduler_port}"

    def start(self, *, failing: float) -> None:
        server = [sys.executable, str(TESTS / "flaky_s3.py"), str(self.s3_port), str(failing)]
        self.open.enter_context(process(server, self.folder / "s3.log", self.env))
        self.start_scheduler()
        worker = [*NARRATE, "library", "worker", self.address, "--processes", "2"]
        worker += ["--memory", "0", "--", "--preload", str(TESTS / "poison.py")]
        self.workers = self.open.enter_context(process(worker, self.folder / "workers.log", self.env))
        until(lambda: answers(self.s3_port), within_s=60)
        import boto3

        s3 = boto3.client("s3", endpoint_url=self.env["AWS_ENDPOINT_URL"], region_name="us-east-1",
                          aws_access_key_id="x", aws_secret_access_key="x")  # fmt: skip
        s3.create_bucket(Bucket="shelf")
        self.s3: Any = s3

    def start_scheduler(self) -> None:
        self.scheduling.close()
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
        command += ["--port", str(self.scheduler_port), "--no-dashboard"]
        self.scheduling.enter_context(process(command, self.folder / "scheduler.log", self.env))
        until(lambda: answers(self.scheduler_port), within_s=60)

    def kill_a_worker(self, chance: random.Random) -> None:
        """One of the processes that work, without a word."""
        found = [each for each in descendants(self.workers.pid) if _is_worker(each)]
        if found:
            with contextlib.suppress(psutil.Error):
                chance.choice(found).send_signal(signal.SIGKILL)

    def published(self) -> dict[str, bytes]:
        """Every object below `books/` but the report's."""
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket="shelf", Prefix="books/"):
            for entry in page.get("Contents", []):
                body = self.s3.get_object(Bucket="shelf", Key=entry["Key"])["Body"].read()
                found[entry["Key"].removeprefix("books/")] = body
        return {name: data for name, data in found.items() if not name.startswith("library.")}


def _command(each: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return each.cmdline()
    return []


def _is_worker(each: psutil.Process) -> bool:
    """Whether it is the parent of a process that speaks."""
    with contextlib.suppress(psutil.Error):
        return any("forks.serve" in word for child in each.children() for word in _command(child))
    return False


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    with place.open:
        yield place


def write_books(folder: Path, *, count: int, poisoned: int = 0) -> None:
    """Short books of two chapters; the last ones with a sentence that kills its speaker."""
    folder.mkdir()
    chance = random.Random(7)
    for number in range(count + poisoned):
        lines = [f"# Book {number}\n"]
        for chapter in range(2):
            lines.append(f"\n## Part {chapter + 1}\n")
            lines += [f"\nThe {' '.join(chance.choices(WORDS, k=9))}, and on.\n" for _ in range(10)]
            if number >= count and chapter == 1:
                lines.append("\nHere is cyanide.\n")
        (folder / f"book-{number}.md").write_text("".join(lines))


def test_a_library_comes_out_whole_whatever_dies_and_the_poisoned_book_is_named(place: Place) -> None:
    write_books(place.folder / "books", count=4, poisoned=1)
    place.start(failing=0.05)
    command = [*NARRATE, "library", "build", str(place.folder / "books"), "--json"]
    command += ["--store", "s3://shelf/store", "--out", "s3://shelf/books", "--cluster", place.address]
    errors = place.folder / "build.log"
    with errors.open("wb") as err:
        build = subprocess.Popen(command, env=place.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
    ended = threading.Event()
    restarted = threading.Event()

    def trouble() -> None:
        chance = random.Random(3)
        until(lambda: ended.is_set() or stored(place) > 5, within_s=200)
        place.kill_a_worker(chance)
        until(lambda: ended.is_set() or stored(place) > 25, within_s=200)
        if not ended.is_set():
            place.start_scheduler()
            restarted.set()
        until(lambda: ended.is_set() or stored(place) > 50, within_s=200)
        place.kill_a_worker(chance)

    thread = threading.Thread(target=trouble)
    thread.start()
    try:
        out, _ = build.communicate(timeout=300)
    finally:
        ended.set()
        build.kill()
        build.communicate()
        thread.join()
    assert build.returncode == 11, errors.read_text()[-3000:]
    report = json.loads(out)
    outcomes = {each["source"]: each["outcome"] for each in report["entries"]}
    assert outcomes == {f"book-{number}.md": "built" for number in range(4)} | {"book-4.md": "quarantined"}
    assert "dying" in report["entries"][4]["reason"]
    assert report["retries"] > 0
    assert restarted.is_set(), "the scheduler was not restarted while there was work"

    (place.folder / "books" / "book-4.md").unlink()
    alone = narrate("library", "build", place.folder / "books", "--out", place.folder / "shelf",
                    "--store", place.folder / "store", "--quiet")  # fmt: skip
    assert alone.code == 0, alone
    assert place.published() == shelf(place.folder / "shelf")


def stored(place: Place) -> int:
    """How many entries the shared store has."""
    pages = place.s3.get_paginator("list_objects_v2").paginate(Bucket="shelf", Prefix="store/")
    with contextlib.suppress(Exception):
        return sum(page["KeyCount"] for page in pages)
    return 0


def shelf(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in files if not path.name.startswith("library.")
    }
