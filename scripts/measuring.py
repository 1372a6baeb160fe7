"""The program under test, its processes, and what they cost: shared by `bench` and `torture`.

A checkout comes in, a compiled copy of it goes into a folder, so that nobody's editing disturbs a long run. A command
comes in, its wall time (monotonic, around the whole process), its CPU time (`wait4`'s, of the process and all that it
waited for, and of what it left behind) and the peak of its tree's memory (summed PSS) go out. Reads /proc; elsewhere
than on Linux memory is 0.
"""

import ctypes
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Program:
    """A compiled copy of this checkout's package below `folder`, and the environment that it is run in."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        shutil.copytree(ROOT / "src/narrate", self.source / "narrate", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "audio", folder / "audio")
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(self.source)], check=True)
        drop = ("PYTHONDONTWRITEBYTECODE", "NARRATE_STORE")
        self.env = {name: value for name, value in os.environ.items() if name not in drop}
        self.env["PYTHONPATH"] = str(self.source)

    def command(self, *arguments: str | Path) -> list[str]:
        """`narrate` with these arguments."""
        return [sys.executable, "-m", "narrate", *map(str, arguments)]


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that live; none when it is gone. Linux only."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_bytes().split())
    return found


def tree(pid: int) -> Iterator[int]:
    """`pid` and all that descend from it."""
    yield pid
    for child in children(pid):
        yield from tree(child)


class Watch(threading.Thread):
    """Samples the memory of a process tree until `stop`: `peak_mb`, and `share`, the part of a core that this took."""

    EVERY_S = 0.05
    MOST_SHARE = 0.02

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self._peak_kb = 0
        self.cpu_s = 0.0

    def run(self) -> None:
        while not self._over.is_set():
            began = time.thread_time()
            self._peak_kb = max(self._peak_kb, sum(_pss_kb(pid) for pid in tree(self._pid)))
            took = time.thread_time() - began
            self.cpu_s += took
            self._over.wait(max(self.EVERY_S, took / self.MOST_SHARE))

    def stop(self) -> float:
        """The peak in MB (1e6 bytes); 0 where there is no /proc."""
        self._over.set()
        self.join()
        return self._peak_kb * 1024 / 1e6


def _pss_kb(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/smaps_rollup").read_bytes().split(b"\nPss:", 1)[1].split(None, 1)[0])
    except (OSError, ValueError, IndexError):
        return 0  # it has ended meanwhile


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One run of one command. `others` is how many cores were busy with anything else meanwhile."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    others: float
    watching: float
    code: int
    out: str
    err: str


def measure(command: Sequence[str], *, env: dict[str, str], deadline_s: float) -> Measured:
    """Run `command` in a process group of its own, killed after `deadline_s`, and measure it."""
    _adopt(True)
    mine = set(children(os.getpid()))
    os.sync()  # what the case before has left to be written is not this one's cost
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        busy, began = _busy_s(), time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, start_new_session=True
        )
        watch = Watch(process.pid)
        watch.start()
        alarm = threading.Timer(deadline_s, _kill_group, [process.pid])
        alarm.daemon = True  # it must not keep an interrupted bench waiting
        alarm.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _kill_group(process.pid)
            raise
        wall_s = time.monotonic() - began
        busy = _busy_s() - busy
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu_s = usage.ru_utime + usage.ru_stime + _adopted_cpu_s(mine)
        _adopt(False)
        peak_mb = watch.stop()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
    return Measured(
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_mb=peak_mb,
        others=max(0.0, busy - cpu_s - watch.cpu_s) / wall_s,
        watching=watch.cpu_s / wall_s,
        code=process.returncode,
        out=said[0],
        err=said[1],
    )


def _adopt(yes: bool) -> None:
    """Whether processes that a command leaves behind become this one's children. Linux only."""
    pr_set_child_subreaper = 36
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl:
        prctl(pr_set_child_subreaper, int(yes), 0, 0, 0)


def _adopted_cpu_s(mine: set[int], deadline_s: float = 5) -> float:
    """CPU seconds of what outlived the command by a moment, the server that a long book's workers were forked by: of
    all children but `mine`, which were there before. What has not ended by the deadline is not counted."""
    found, until = 0.0, time.monotonic() + deadline_s
    while (adopted := set(children(os.getpid())) - mine) and time.monotonic() < until:
        for pid in adopted:
            with suppress(ChildProcessError):
                ended, _, usage = os.wait4(pid, os.WNOHANG)
                found += usage.ru_utime + usage.ru_stime if ended else 0.0
        time.sleep(0.01)
    return found


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _busy_s() -> float:
    """CPU seconds that all processes of this machine have used since it started; 0 where there is no /proc."""
    try:
        counts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq = map(int, counts)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def in_child(function: Callable[..., Any], *arguments: object, deadline_s: float) -> Any:
    """What `function(*arguments)` returns in a fresh process, which may hang or crash: then SystemExit."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not mine.poll(deadline_s):
            raise SystemExit(f"bench: {function.__name__} did not end within {deadline_s:.0f} s")
        return mine.recv()
    except EOFError:
        raise SystemExit(f"bench: {function.__name__} ended without an answer") from None
    finally:
        process.kill()
        process.join()


def _answer(line: Any, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    line.send(function(*arguments))
