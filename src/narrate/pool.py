"""Where tasks run: in this process for a short book, else in worker processes, over any `concurrent.futures.Executor`.

A worker that dies (killed for its memory, crashed in a library) breaks the whole pool by the standard library's
rules; a Crew opens a new one and gives every unfinished task another try. Nobody knows then which of them did it: each
is tried alone, and the one that goes on killing workers when nothing else runs is found out, and given up.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

from narrate import work
from narrate.errors import NarrateError, WorkersDiedError
from narrate.process import die_with_parent, give_back_memory
from narrate.speech import SpeechOptions

STALL_S = 900
"""No task takes this long: each guards its own sentences and encodes by shorter deadlines."""

TRIES = 3
"""A task that has seen this many workers die is itself the likeliest cause."""


class Inline(Executor):
    """Runs each task at once, in this process: for books too short to be worth a pool, and for one core."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The finished future of `fn(*args, **kwargs)`."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def workers(jobs: int, options: SpeechOptions, *, apart: bool = False) -> Executor:
    """`jobs` worker processes, forked where that is safe, so that what is loaded is loaded once: from this process, or
    `apart` from it, by a server that does not hold the document (0.2 s of CPU time more)."""
    method = _start_method(apart)
    context: Any = multiprocessing.get_context(method)
    if method == "fork":
        work.warm(options)
        # Looking for garbage writes into every object: a document would be copied into each worker.
        gc.freeze()
        give_back_memory()
    elif method == "forkserver":
        context.set_forkserver_preload(list(work.HEAVY))
    serial = context.Value("i", 0)
    parent = 0 if apart else os.getpid()
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(parent, serial, options))


def _start_method(apart: bool) -> str:
    if sys.platform != "linux":
        return "spawn"
    return "forkserver" if apart else "fork"


def _start_worker(parent: int, serial: Any, options: SpeechOptions) -> None:
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The executor ends the others by it when one has died; the parent's handler, inherited, would have them complain.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if parent:
        die_with_parent(parent)
    else:
        # A server's child, and the server lives as long as its children do: the build itself must be watched.
        die_with_parent(os.getppid())
        threading.Thread(target=_end_with_build, daemon=True).start()
    with serial.get_lock():
        work.settle(serial.value)
        serial.value += 1
    work.warm(options)


def _end_with_build() -> None:
    build = multiprocessing.parent_process()
    if build is not None:
        build.join()
        os.kill(os.getpid(), signal.SIGKILL)


class KilledError(Exception):
    """What an executor raises for a task whose workers have died, several times, where it knows which task that is."""


class LostError(Exception):
    """What an executor raises for a task that was lost with the executor itself, through no fault of the task."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A task that has ended: its `tag`, what it returned or the `error` that it raised, and how often it was tried."""

    tag: Any
    result: Any = None
    error: Exception | None = None
    tries: int = 1


@dataclass(slots=True)
class _Job:
    function: Callable[[Any], Any]
    task: object
    tag: object
    deaths: int = field(default=0)
    tries: int = field(default=1)


class Crew:
    """Tasks side by side, `room` of them at most, running or next in line. Submit while it `has_room`, then take
    `results`; leave the `with` block to end it. `room` may be a function, where workers come and go."""

    def __init__(self, open_executor: Callable[[], Executor], *, room: int | Callable[[], int]) -> None:
        self._open = open_executor
        self._executor: Executor | None = None
        self._room = room
        self._running: dict[Future[Any], _Job] = {}
        self._suspects: deque[_Job] = deque()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            if self._running:
                self._kill()
            self._executor.shutdown(wait=True, cancel_futures=True)

    @property
    def room(self) -> int:
        """How many tasks should be under way, so that no worker waits for its next one."""
        return self._room if isinstance(self._room, int) else self._room()

    @property
    def has_room(self) -> bool:
        """Whether another task would start soon rather than stand in a queue."""
        return not self._suspects and len(self._running) < self.room

    @property
    def is_idle(self) -> bool:
        """Whether nothing is running, nor waits for its turn."""
        return not self._running and not self._suspects

    def submit(self, function: Callable[[Any], Any], task: object, *, tag: object) -> None:
        """Run `function(task)` somewhere; what became of it comes back with `tag`."""
        self._start(_Job(function, task, tag))

    def results(self) -> Iterator[Done]:
        """Wait until at least one task is done; yields each that is, also one that failed or was given up.

        Raises NarrateError when nothing finishes within STALL_S.
        """
        if not self._running and self._suspects:
            self._start(self._suspects.popleft())
        done, _ = wait(self._running, timeout=STALL_S, return_when=FIRST_COMPLETED)
        if not done:
            raise NarrateError(f"no task finished within {STALL_S} s", hint="what was spoken is kept; is a worker up?")
        broken: list[_Job] = []
        lost: list[_Job] = []
        for future in done:
            job = self._running.pop(future)
            try:
                result = future.result()
            except BrokenProcessPool:
                broken.append(job)
            except (LostError, CancelledError):
                lost.append(job)
            except KilledError:
                job.deaths += TRIES - 1  # several workers have died of it already
                yield from self._suspect([job])
            except Exception as error:
                yield Done(tag=job.tag, error=error, tries=job.tries)
            else:
                yield Done(tag=job.tag, result=result, tries=job.tries)
        if broken:
            broken += self._take_back()
            for job in broken:
                job.deaths += 1
            yield from self._suspect(broken + lost)
        elif lost:
            for job in [*lost, *self._take_back()]:
                job.tries += 1
                self._start(job)

    def _suspect(self, jobs: list[_Job]) -> Iterator[Done]:
        for job in jobs:
            if job.deaths >= TRIES:
                error = WorkersDiedError(
                    "worker processes keep dying of this task, the last time with nothing else to do",
                    hint="the machine may be out of memory: try --jobs 1; what was spoken so far is kept",
                )
                yield Done(tag=job.tag, error=error, tries=job.tries)
            else:
                job.tries += 1
                self._suspects.append(job)

    def _start(self, job: _Job) -> None:
        if self._executor is None:
            self._executor = self._open()
        try:
            future = self._executor.submit(job.function, job.task)
        except BrokenProcessPool:
            self._suspects.extend([job, *self._take_back()])
            return
        self._running[future] = job

    def _take_back(self) -> list[_Job]:
        """All that is running, from an executor that is broken and ended."""
        unfinished = list(self._running.values())
        self._running.clear()
        self._kill()
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = None
        return unfinished

    def _kill(self) -> None:
        # The standard library offers no way to stop a running task before Python 3.14.
        processes = getattr(self._executor, "_processes", None) or {}
        for process in list(processes.values()):
            with contextlib.suppress(OSError, ValueError):
                process.kill()
