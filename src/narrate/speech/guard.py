"""Speaking where it can do no harm: in a process that may crash, hang or be killed without the book noticing.

A request goes in, the bytes that `work(request)` returns come out, within a deadline. `ForkGuard` forks a child for
every call from a process that stays as it is; `WorkerGuard` keeps one spawned process, for systems without a safe
fork. `insist` tries again and, in the end, names the sentence.
"""

import contextlib
import ctypes
import gc
import os
import select
import signal
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from narrate.errors import SpeechError

T = TypeVar("T")
Work = Callable[[Any], bytes]

ATTEMPTS = 3
"""How often a sentence is tried. A deterministic engine fails alike each time; a crash for want of memory may not."""

_HEADER = struct.Struct("<BQ")  # did it work; how many bytes follow
_PIPE_BYTES = 1 << 20  # a sentence fits, so that the child can write it all and be gone
# The parent's handlers of the first three would clean up after the parent; of the others, faulthandler would print.
_DEFAULT_SIGNALS = [
    int(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
    if hasattr(signal, name)
]
_START_S = 60.0  # for a worker to import what it needs, on a slow disk


class AttemptError(Exception):
    """One attempt came to nothing: a hang, a crash, half a reply, an implausible sound. Another may succeed."""


class RefusalError(Exception):
    """The engine itself said no; it will again."""


class Guard(Protocol):
    """What an engine needs of either guard."""

    def call(self, request: Any, *, deadline_s: float) -> bytes | bytearray:
        """The bytes that the guarded work returns for `request`.

        Raises AttemptError after `deadline_s` seconds (the process is dead by then) or when the process died,
        RefusalError with the message of whatever the work itself raised.
        """


def insist(attempt: Callable[[], T], *, sentence: str) -> T:
    """What `attempt` returns at the first of ATTEMPTS times that it meets no AttemptError.

    Raises SpeechError, naming the sentence by its first 60 characters, when there is none or at a RefusalError.
    """
    start = " ".join(sentence[:240].split())
    name = f"“{start[:60]}…”" if len(start) > 60 or len(sentence) > 240 else f"“{start}”"
    reason: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except AttemptError as mishap:
            reason = mishap
        except RefusalError as refusal:
            raise SpeechError(f"cannot speak {name}: {refusal}") from refusal
    raise SpeechError(
        f"cannot speak {name}: {reason}, {ATTEMPTS} times",
        hint="change that sentence or take another voice; `narrate doctor` tries the engine",
    ) from reason


class ForkGuard:
    """A child for every call, forked from this process and killed after it. Linux only.

    `work` must not have been called in this process if its result depends on what it did before. A call costs
    1.3 ms, and another 1 ms for every 30 MB that this process holds: keep finished sound elsewhere.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._libc = ctypes.CDLL(None)  # here, because loading it costs every child 0.25 ms

    def call(self, request: Any, *, deadline_s: float) -> bytes | bytearray:
        """See `Guard.call`. The child dies with this process's calling thread, and prints nothing."""
        parent = os.getpid()
        reader, writer = os.pipe()
        child = -1
        try:
            with contextlib.suppress(OSError):  # beyond what this user may have in pipes; a small one will do
                _enlarge(writer)
            child = _fork()
            if child == 0:
                _speak_and_exit(self._work, request, (reader, writer), parent, self._libc)
            os.close(writer)
            writer = -1
            return _collect(reader, deadline_s, child)
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)
            if child > 0:
                _end(child)


def _fork() -> int:
    try:
        if sys.version_info < (3, 12):
            return os.fork()
        with warnings.catch_warnings():
            # numpy's and the progress line's threads do not run in the child, which takes none of their locks; if
            # it should wait for one all the same, the deadline ends it.
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()
    except OSError as error:
        raise AttemptError(f"no process for it ({error.strerror})") from error


def _enlarge(pipe: int) -> None:
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _speak_and_exit(work: Work, request: Any, pipe: tuple[int, int], parent: int, libc: Any) -> None:
    """The child's whole life. It never returns, so that none of the parent's clean-up runs twice."""
    try:
        gc.disable()  # a collection would finalise the parent's objects and copy their pages
        _die_with_parent(parent, libc)
        for number in _DEFAULT_SIGNALS:
            libc.signal(number, None)  # SIG_DFL
        os.close(pipe[0])
        _silence()
        try:
            payload, good = work(request), 1
        except Exception as error:
            payload, good = _message(error), 0
        for data in (_HEADER.pack(good, len(payload)), payload):
            left = memoryview(data)
            while left:
                left = left[os.write(pipe[1], left) :]
    finally:
        os._exit(0)


def _die_with_parent(parent: int, libc: Any) -> None:
    libc.prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(0)


def _silence() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


def _message(error: Exception) -> bytes:
    return (str(error) or type(error).__name__).encode("utf-8", "replace")


def _collect(reader: int, deadline_s: float, child: int) -> bytearray:
    """The child's reply, complete by its own count: another thread's child may hold the pipe's other end open."""
    end = time.monotonic() + deadline_s
    poll = select.poll()
    poll.register(reader, select.POLLIN)

    def take(size: int) -> bytearray:
        data = bytearray(size)
        left = memoryview(data)
        while left:
            left_s = end - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise AttemptError(f"no answer within {deadline_s:.1f} s")
            if not (count := os.readv(reader, [left])):
                raise AttemptError(_obituary(child))
            left = left[count:]
        return data

    good, length = _HEADER.unpack(take(_HEADER.size))
    payload = take(length)
    if not good:
        raise RefusalError(payload.decode("utf-8", "replace"))
    return payload


def _obituary(child: int) -> str:
    """How the child ended, which is left for `_end` to reap."""
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if ended is not None and ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
        with contextlib.suppress(ValueError):
            return f"the engine died of {signal.Signals(ended.si_status).name}"
    return "the engine ended without an answer"


def _end(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # the program ignores SIGCHLD: the system has reaped it
        os.waitpid(child, 0)


class WorkerGuard:
    """One spawned process for all calls, which `make()` tells what to do. Killed on a hang, begun again on demand.

    `make` must be importable by name. Threads take turns. A process forked from this one gets a worker of its own.
    """

    def __init__(self, make: Callable[[], Work], *, start_s: float = _START_S) -> None:
        self._make = make
        self._start_s = start_s
        self._lock = threading.Lock()
        self._owner = 0
        self._process: Any = None
        self._line: Any = None

    def call(self, request: Any, *, deadline_s: float) -> bytes | bytearray:
        """See `Guard.call`."""
        with self._lock:
            done = False
            try:
                if self._owner != os.getpid() or self._process is None:
                    self._start()
                self._line.send(request)
                good, payload = self._receive(deadline_s)
                done = True
            except (EOFError, OSError) as error:
                raise AttemptError("the engine ended without an answer") from error
            finally:
                if not done:
                    self._stop()
        if not good:
            raise RefusalError(payload.decode("utf-8", "replace"))
        return payload

    def close(self) -> None:
        """End the worker. It also ends by itself when this process does."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        self._line, far = context.Pipe()
        self._owner = os.getpid()
        self._process = context.Process(target=_serve, args=(far, self._make, os.getpid()), daemon=True)
        self._process.start()
        far.close()
        good, reason = self._receive(self._start_s)
        if not good:
            raise RefusalError(reason.decode("utf-8", "replace"))

    def _receive(self, deadline_s: float) -> tuple[bool, bytes]:
        if not self._line.poll(deadline_s):
            raise AttemptError(f"no answer within {deadline_s:.1f} s")
        reply = self._line.recv_bytes()
        return bool(reply[0]), reply[1:]

    def _stop(self) -> None:
        process, line, owner = self._process, self._line, self._owner
        self._process = self._line = None
        if process is None or owner != os.getpid():
            return
        line.close()
        process.kill()
        process.join()
        process.close()


def _serve(line: Any, make: Callable[[], Work], parent: int) -> None:
    """The worker's whole life: it says that it is ready, then answers until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this one
    if sys.platform == "linux":
        _die_with_parent(parent, ctypes.CDLL(None))
    _silence()
    try:
        work = make()
    except Exception as error:
        line.send_bytes(b"\0" + _message(error))
        return
    line.send_bytes(b"\1")
    with contextlib.suppress(EOFError, OSError):
        while True:
            request = line.recv()
            try:
                reply = b"\1" + work(request)
            except Exception as error:
                reply = b"\0" + _message(error)
            line.send_bytes(reply)
