"""Where tasks run: in this process for a short book, else in worker processes, over any `concurrent.futures.Executor`.

A worker that dies (killed for its memory, crashed in a library) breaks the whole pool by the standard library's
rules; a Crew opens a new one and gives every unfinished task another try.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

from narrate import work
from narrate.errors import NarrateError
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


@dataclass(slots=True)
class _Job:
    function: Callable[[Any], Any]
    task: object
    tag: object
    tries: int = field(default=1)


class Crew:
    """Tasks side by side, `room` of them at most, running or next in line. Submit while it `has_room`, then take
    `results`; leave the `with` block to end it."""

    def __init__(self, open_executor: Callable[[], Executor], *, room: int) -> None:
        self._open = open_executor
        self._executor: Executor | None = None
        self.room = room
        self._running: dict[Future[Any], _Job] = {}

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            if self._running:
                self._kill()
            self._executor.shutdown(wait=True, cancel_futures=True)

    @property
    def has_room(self) -> bool:
        """Whether another task would start soon rather than stand in a queue."""
        return len(self._running) < self.room

    @property
    def is_idle(self) -> bool:
        """Whether nothing is running."""
        return not self._running

    def submit(self, function: Callable[[Any], Any], task: object, *, tag: object) -> None:
        """Run `function(task)` somewhere; its result comes back with `tag`."""
        self._start(_Job(function, task, tag))

    def results(self) -> Iterator[tuple[object, Any]]:
        """Wait until at least one task is done; yields (tag, result) of each that is.

        Raises what the task raised, or NarrateError when workers keep dying or nothing finishes within STALL_S.
        """
        done, _ = wait(self._running, timeout=STALL_S, return_when=FIRST_COMPLETED)
        if not done:
            raise NarrateError(
                f"no task finished within {STALL_S} s", hint="please report this; what was spoken is kept"
            )
        broken = []
        for future in done:
            job = self._running.pop(future)
            try:
                result = future.result()
            except BrokenProcessPool:
                broken.append(job)
                continue
            yield job.tag, result
        if broken:
            self._start_anew(broken)

    def _start(self, job: _Job) -> None:
        if self._executor is None:
            self._executor = self._open()
        try:
            future = self._executor.submit(job.function, job.task)
        except BrokenProcessPool:
            self._start_anew([job])
            return
        self._running[future] = job

    def _start_anew(self, broken: list[_Job]) -> None:
        unfinished = [*broken, *self._running.values()]
        self._running.clear()
        self._kill()
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = None
        for job in unfinished:
            job.tries += 1
            if job.tries > TRIES:
                raise NarrateError(
                    "worker processes keep dying",
                    hint="the machine may be out of memory: try --jobs 1; what was spoken so far is kept",
                )
        for job in unfinished:
            self._start(job)

    def _kill(self) -> None:
        # The standard library offers no way to stop a running task before Python 3.14.
        processes = getattr(self._executor, "_processes", None) or {}
        for process in list(processes.values()):
            with contextlib.suppress(OSError, ValueError):
                process.kill()
