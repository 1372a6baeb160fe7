"""Speaking where it can do no harm: in a process that may crash, hang or be killed without the book noticing.

A request goes in, the bytes that `work(request)` returns come out, within a deadline. `forks.ForkGuard` has a child
forked for every call; `WorkerGuard` keeps one spawned process, for systems without a safe fork. `insist` tries again
and, in the end, names the sentence.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from narrate.errors import SpeechError
from narrate.process import die_with_parent
from narrate.script import plain

T = TypeVar("T")
Work = Callable[[Any], bytes]

ATTEMPTS = 3
"""How often a sentence is tried. A deterministic engine fails alike each time; a crash for want of memory may not."""

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
    name = named(sentence)
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


def named(sentence: str) -> str:
    """A sentence as errors show it: its first 60 characters, in quotation marks."""
    start = " ".join(plain(sentence[:240]).split())
    return f"“{start[:60]}…”" if len(start) > 60 or len(sentence) > 240 else f"“{start}”"


def silence() -> None:
    """What this process and its libraries print from here on is not seen."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


def message(error: Exception) -> bytes:
    """What `error` says, as it crosses to another process."""
    return (str(error) or type(error).__name__).encode("utf-8", "replace")


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
    die_with_parent(parent)
    silence()
    try:
        work = make()
    except Exception as error:
        line.send_bytes(b"\0" + message(error))
        return
    line.send_bytes(b"\1")
    with contextlib.suppress(EOFError, OSError):
        while True:
            request = line.recv()
            try:
                reply = b"\1" + work(request)
            except Exception as error:
                reply = b"\0" + message(error)
            line.send_bytes(reply)
