#!/usr/bin/env python3
"""What ten thousand books would take, from what a few take here.

    scripts/scale                              # 4 books, 1 and 2 workers: some minutes on two cores
    scripts/scale --books 12 --workers 1,2,4 --speed 100 --json

Synthetic books, made by a seed, are built (1) in worker processes of this machine and (2) by real `dask` processes on
loopback, with a store in a folder (`file://`); (3) a simulated engine, `--speed` times as fast as speech, and one that
takes no time, show what the scheduler costs. All that goes to and from the scheduler passes through a proxy that counts
it. CPU time is the processes' own (psutil), so a busy machine spoils the throughput but not the cost of a task.
Writes below TMPDIR only, and cleans up.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from bench_inputs import BOOK_SEED, write_book
from scale_report import LIMIT, extrapolated, report

SCRIPTS = Path(__file__).parent
_WAIT_S = 90


class CountingProxy:
    """Hands on every connection to `port`, and counts the bytes that go to and fro."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._socket.accept()
            far = socket.create_connection(("127.0.0.1", self._to))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self.bytes += len(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Processes:
    """A scheduler behind a proxy, and `count` workers; all ended with the block."""

    def __init__(self, count: int, folder: Path) -> None:
        self._count = count
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Processes":
        port = _free_port()
        words = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        self.scheduler = psutil.Process(self._start(words).pid)
        _until(lambda: _answers(port))
        self.proxy = CountingProxy(port)
        self.address = f"tcp://127.0.0.1:{self.proxy.port}"
        worker = ["-m", "narrate", "library", "worker", self.address, "--processes", str(self._count), "--memory", "0"]
        self.worker = psutil.Process(self._start(worker).pid)
        return self

    def __exit__(self, *_: object) -> None:
        for each in reversed(self._started):
            for child in psutil.Process(each.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
            each.kill()
            each.wait()

    def _start(self, words: list[str]) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join([str(SCRIPTS), os.environ.get("PYTHONPATH", "")])
        env = os.environ | {"PYTHONPATH": path, "NARRATE_STORE": str(self._folder / "near")}
        null = subprocess.DEVNULL
        started = subprocess.Popen([sys.executable, *words], env=env, stdin=null, stdout=null, stderr=null)
        self._started.append(started)
        return started

    def cpu_s(self) -> tuple[float, float]:
        """CPU seconds so far: of the scheduler, and of all workers with all that they have started."""
        return _cpu_s(self.scheduler), sum(
            _cpu_s(each) for each in (self.worker, *self.worker.children(recursive=True))
        )

    def wait_for_workers(self) -> None:
        """Until all of them are there."""
        from distributed import Client

        with Client(self.address, timeout=_WAIT_S, set_as_default=False) as client:
            client.wait_for_workers(self._count, timeout=_WAIT_S)


def _cpu_s(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        spent = process.cpu_times()
        return spent.user + spent.system + spent.children_user + spent.children_system
    return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _until(true: Any) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"scale: waited {_WAIT_S} s in vain")
        time.sleep(0.05)


class Nobody:
    """Hears of progress and says nothing, but counts what was worked on."""

    def __init__(self) -> None:
        self.characters = 0

    def planned(self, done: int, total: int) -> None:
        """Nothing."""

    def started(self, books: int, characters: int) -> None:
        """Nothing."""

    def opened(self, name: str, characters: int) -> None:
        """Nothing."""

    def advanced(self, _name: str, characters: int) -> None:
        """Count."""
        self.characters += characters

    def ended(self, entry: Any) -> None:
        """Nothing may fail here."""
        if entry.outcome not in ("built", "unchanged"):
            raise SystemExit(f"scale: {entry.name}: {entry.reason}")


class CountingCrew:
    """Counts the tasks of a build while the block lasts, by a look over the Crew's shoulder."""

    def __enter__(self) -> "CountingCrew":
        from narrate.pool import Crew

        self.tasks = 0
        self._submit = submit = Crew.submit

        def counted(crew: Any, function: Any, task: Any, *, tag: Any) -> None:
            self.tasks += function.__name__ in ("speak", "encode")
            submit(crew, function, task, tag=tag)

        Crew.submit = counted  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        from narrate.pool import Crew

        Crew.submit = self._submit  # type: ignore[method-assign]


def build(books: Path, out: Path, store: Any, *, jobs: int, cluster: Any = None) -> dict[str, float]:
    """Build all of `books`; what that took of wall time, of this process's CPU time, and how many tasks it was."""
    from narrate.library.job import read_job
    from narrate.library.running import Order, build_library

    order = Order(out=out, store=store, jobs=jobs, cluster=cluster)
    with CountingCrew() as counting:
        wall_s, cpu_s = time.monotonic(), time.process_time()
        report = build_library(read_job(books), order, Nobody(), keep=lambda _: None)
        wall_s, cpu_s = time.monotonic() - wall_s, time.process_time() - cpu_s
    return {"wall_s": wall_s, "builder_cpu_s": cpu_s, "audio_s": report.duration_s, "tasks": counting.tasks}


def on_this_machine(books: Path, folder: Path, jobs: int) -> dict[str, float]:
    """`narrate library build` with `jobs` worker processes."""
    return {"workers": jobs, **build(books, folder / "out", folder / "store", jobs=jobs)}


def planning_cpu_s(books: Path, folder: Path) -> float:
    """CPU seconds of reading and planning all of `books`, as a library's build does in workers of its own machine."""
    from narrate.library.job import read_job
    from narrate.library.preparing import PlanTask, plan_book

    job = read_job(books)
    tasks = [PlanTask(book=each, out=folder / "out", store=folder / "store", jobs=1, flags={}) for each in job.books]
    plan_book(tasks[0])  # everything is loaded
    began_s = time.process_time()
    for task in tasks:
        plan_book(task)
    return time.process_time() - began_s


def on_a_cluster(books: Path, folder: Path, count: int) -> dict[str, float]:
    """The same by `count` Dask workers."""
    from narrate.library.cluster import cluster

    with Processes(count, folder) as running:
        running.wait_for_workers()
        scheduler_s, workers_s = running.cpu_s()
        counted = running.proxy.bytes
        found = build(books, folder / "out", f"file://{folder}/store", jobs=1, cluster=cluster(running.address))
        after = running.cpu_s()
        counted = running.proxy.bytes - counted
    stored = sum(path.stat().st_size for path in (folder / "store").rglob("*") if path.is_file())
    return {
        "workers": count,
        **found,
        "scheduler_cpu_s": after[0] - scheduler_s,
        "workers_cpu_s": after[1] - workers_s,
        "scheduler_bytes": counted,
        "store_bytes": stored,
    }


def simulate(folder: Path, count: int, *, speed: float, tasks: int) -> dict[str, float]:
    """`tasks` stretches by a simulated engine on `count` Dask workers."""
    from scale_tasks import SimulatedTask, simulated

    from narrate.library.cluster import cluster
    from narrate.pool import Crew

    work = [SimulatedTask(task=each, speed=speed, serial=number) for number, each in enumerate(_stretches(tasks))]
    with Processes(count, folder) as running:
        running.wait_for_workers()
        site = cluster(running.address)
        with Crew(site.open, room=site.room) as crew:
            crew.submit(simulated, SimulatedTask(task=work[0].task, speed=0, serial=-1), tag=None)
            list(crew.results())  # everything is loaded and connected
            before, counted, wall_s, own_s = running.cpu_s(), running.proxy.bytes, time.monotonic(), time.process_time()
            waiting = iter(work)
            done = 0
            while done < tasks:
                while crew.has_room and (task := next(waiting, None)) is not None:
                    crew.submit(simulated, task, tag=task.serial)
                for each in crew.results():
                    if each.error:
                        raise SystemExit(f"scale: {each.error}")
                    done += 1
            wall_s, own_s, after = time.monotonic() - wall_s, time.process_time() - own_s, running.cpu_s()
            counted = running.proxy.bytes - counted
    audio_s = sum(each.audio_s for each in work)
    ideal_s = audio_s / speed / count if speed else 0.0
    return {
        "workers": count,
        "speed": speed,
        "tasks": tasks,
        "wall_s": wall_s,
        "audio_s": audio_s,
        "busy": ideal_s / wall_s,
        "scheduler_cpu_s": after[0] - before[0],
        "workers_cpu_s": after[1] - before[1],
        # The proxy's threads are in this process: what it costs is an upper bound.
        "builder_cpu_s": own_s,
        "scheduler_bytes": counted,
    }


def _stretches(count: int) -> Iterator[Any]:
    from narrate.mix.options import MixOptions
    from narrate.speech import SpeechOptions
    from narrate.take import Delivery
    from narrate.work import Line, SpeakTask, take_key

    sentence = "The road runs on past the mill, over the hill and down to the river where the lights are."
    delivery = Delivery(voice="pyttsx3:gmw/en-us")
    for number in range(count):
        said = [f"{sentence[:-1]} {number} and {each}." for each in range(24)]
        lines = tuple(Line(key=take_key("simulated", delivery, text), spoken=text, delivery=delivery) for text in said)
        yield SpeakTask(store=Path("nowhere"), speech=SpeechOptions(), lines=lines, profile=MixOptions().profile)


def main() -> None:
    """Parse, measure, print; exit 1 when a task's overhead is over the limit."""
    parser = argparse.ArgumentParser(prog="scripts/scale", description="What ten thousand books would take.")
    parser.add_argument("--books", type=int, default=4, help="synthetic books (4)")
    parser.add_argument(
        "--characters", type=int, default=40_000, help="of each (40,000: about three quarters of an hour)"
    )
    parser.add_argument("--workers", default="1,2", help="how many, one run each (1,2)")
    parser.add_argument("--speed", type=float, default=300, help="of the simulated engine, times speech (300)")
    parser.add_argument("--tasks", type=int, default=300, help="for the simulated engine (300)")
    parser.add_argument("--json", action="store_true", help="one object on stdout, the text on stderr")
    given = parser.parse_args()
    counts = [int(each) for each in given.workers.split(",")]
    found: dict[str, Any] = {"books": given.books, "characters": given.characters, "machine": [], "cluster": []}
    with tempfile.TemporaryDirectory(prefix="narrate-scale-") as name:
        books = Path(name, "books")
        books.mkdir()
        os.environ["NARRATE_STORE"] = f"{name}/own"
        for number in range(given.books):
            text = write_book(given.characters, chapters=max(1, given.characters // 10_000), seed=BOOK_SEED + number)
            (books / f"book-{number}.md").write_text(text.replace("# ", f"# {number}. ", 1), encoding="utf-8")
        for count in counts:
            found["machine"].append(on_this_machine(books, Path(name, f"machine-{count}"), count))
            found["cluster"].append(on_a_cluster(books, Path(name, f"cluster-{count}"), count))
        found["planning_cpu_s"] = planning_cpu_s(books, Path(name, "planned"))
        most = max(counts)
        found["simulated"] = [
            simulate(Path(name), most, speed=0, tasks=given.tasks),
            simulate(Path(name), most, speed=given.speed, tasks=max(20, given.tasks // 5)),
        ]
    found["extrapolated"] = extrapolated(found["cluster"][-1], found["simulated"][0], found["planning_cpu_s"])
    print(report(found), file=sys.stderr if given.json else sys.stdout)
    if given.json:
        print(json.dumps(found))
    if found["extrapolated"]["overhead_share"] > LIMIT:
        raise SystemExit(f"scale: a task's overhead is over {LIMIT:.0%} of its work")


if __name__ == "__main__":
    main()
