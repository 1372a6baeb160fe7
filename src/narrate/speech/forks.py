"""Speaking in a child that is forked for every request from a process that has never spoken. Linux only.

That process, the *fork server*, is small: it is started anew, not forked, and holds nothing but the engine's library.
A fork then costs 0.7 ms whatever the size of the process that asks; forked from a worker that held 60 MB, children
were a fifth of the CPU time of a book. One server does for a whole build: requests of all workers come in on one
socket, each with the pipe that its answer goes to. It ends when the last process that could ask has ended.
"""

import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from narrate.errors import NarrateError
from narrate.process import die_with_parent, signal_name
from narrate.speech.guard import AttemptError, RefusalError, Work, message

_HEADER = struct.Struct("<BQ")  # a _Status; how many bytes follow
_TRAILER = b"complete"  # a child that died while it answered did not write it
_PIPE_BYTES = 1 << 20  # a sentence fits, so that the child can write it all and be gone
_REQUEST_BYTES = 1 << 16
_SEND_S = 10.0
_START_S = 60.0
"""For the server to start and import what it needs, on a slow disk. On top of a call's own deadline, which the server
keeps: only a server that hangs itself is waited for so long."""


class _Status(IntEnum):
    DONE = 0
    REFUSED = 1  # the engine said no
    LOST = 2  # the child died, or was killed at its deadline
    FAILED = 3  # a NarrateError, pickled


class ForkGuard:
    """A child for every call, killed at its deadline. `make`, importable by name, gives the work, in the server.

    The server is started at once, so that it loads its library while this process does something else. Processes
    forked from this one share it; threads may. One that died is started again, by whoever notices. Raises AttemptError
    when no process can be started.
    """

    def __init__(self, make: Callable[[], Work]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._finish: Callable[[], object] = lambda: None
        self._start()

    def call(self, request: Any, *, deadline_s: float) -> bytes | bytearray:
        """See `Guard.call`. Raises the NarrateError that `make` or the work raised, too."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        try:
            with contextlib.suppress(OSError):  # beyond what this user may have in pipes; a small one will do
                _enlarge(writer)
            try:
                self._send(pickle.dumps((request, deadline_s, os.sched_getaffinity(0))), writer)
            finally:
                os.close(writer)
            return _collect(reader, deadline_s + _START_S)
        finally:
            os.close(reader)

    def close(self) -> None:
        """End the server, if this process started it; it ends by itself when this process does."""
        self._finish()

    def _send(self, data: bytes, writer: int) -> None:
        if len(data) > _REQUEST_BYTES:
            raise RefusalError(f"a request of {len(data)} bytes is too long")
        with self._lock:
            try:
                try:
                    socket.send_fds(self._line, [data], [writer])
                except ConnectionError:  # it has died
                    self._start()
                    socket.send_fds(self._line, [data], [writer])
            except OSError as error:
                raise AttemptError(f"the speaking process takes no request ({error.strerror or error})") from error

    def _start(self) -> None:
        self._finish()
        self._line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(_SEND_S)
        code = f"import sys; sys.path[:] = {sys.path!r}\n"
        code += f"from narrate.speech import forks; forks.serve({far.fileno()}, parent={os.getpid()})"
        try:
            with far:
                null = subprocess.DEVNULL
                command = [sys.executable, "-c", code]  # what it or its children print is not seen
                server = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, pass_fds=[far.fileno()])
            self._finish = weakref.finalize(self, _end, server, self._line, os.getpid())
            self._line.send(pickle.dumps(self._make))
        except OSError as error:
            self._line.close()
            raise AttemptError(f"no process to speak in ({error.strerror})") from error


def _end(server: "subprocess.Popen[bytes]", line: socket.socket, owner: int) -> None:
    line.close()
    if owner == os.getpid():
        server.kill()
        server.wait()


def _enlarge(pipe: int) -> None:
    import fcntl

    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _collect(reader: int, timeout_s: float) -> bytearray:
    """The answer, complete by its own count: another child may hold the pipe's other end open."""
    end = time.monotonic() + timeout_s
    poll = select.poll()
    poll.register(reader, select.POLLIN)

    def take(size: int) -> bytearray:
        data = bytearray(size)
        left = memoryview(data)
        while left:
            left_s = end - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise AttemptError(f"the speaking process gave no answer within {timeout_s:.0f} s")
            if not (count := os.readv(reader, [left])):
                raise AttemptError("the engine ended without an answer")
            left = left[count:]
        return data

    status, length = _HEADER.unpack(take(_HEADER.size))
    payload = take(length)
    if take(len(_TRAILER)) != _TRAILER:
        raise AttemptError("the engine ended in the middle of its answer")
    match status:
        case _Status.DONE:
            return payload
        case _Status.REFUSED:
            raise RefusalError(payload.decode("utf-8", "replace"))
        case _Status.FAILED:
            raise pickle.loads(payload)
    raise AttemptError(payload.decode("utf-8", "replace"))


# --- what runs in the server


def serve(descriptor: int, *, parent: int) -> None:
    """The server's whole life; `descriptor` is its end of the socket, on which `make` arrives first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this one
    die_with_parent(parent)
    line = socket.socket(fileno=descriptor)
    work = _made(pickle.loads(line.recv(_REQUEST_BYTES)))
    gc.collect()
    gc.freeze()
    gc.disable()  # in a child it would look at the server's objects, and so copy their pages
    _Server(line, work).run()


def _made(make: Callable[[], Work]) -> Work:
    """What `make` gives; else work that raises, each time, what it raised."""
    try:
        return make()
    except Exception as error:
        reason = error

    def refuse(_request: Any) -> bytes:
        raise reason

    return refuse


@dataclass(frozen=True, slots=True)
class _Child:
    answer: int
    deadline_s: float
    until: float


class _Server:
    """Forks a child for each request, ends it at its deadline, and says of one that died what it died of."""

    def __init__(self, line: socket.socket, work: Work) -> None:
        self._line = line
        self._work = work
        self._children: dict[int, _Child] = {}
        self._pid = os.getpid()

    def run(self) -> None:
        """Until nobody is left who could ask."""
        woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(self._patience_ms()):
                if descriptor == woken:
                    os.read(woken, 4096)
                    self._reap()
                elif not self._accept():
                    return
            self._end_late_ones()

    def _patience_ms(self) -> float | None:
        if not self._children:
            return None
        return max(0.0, min(child.until for child in self._children.values()) - time.monotonic()) * 1000 + 1

    def _accept(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._line, _REQUEST_BYTES, 1)
        if not data:
            return False
        request, deadline_s, cores = pickle.loads(data)
        answer = descriptors[0]
        if not self._prepared(request, answer):
            return True
        try:
            pid = os.fork()
        except OSError as error:
            _answer_if_heard(answer, f"no process for it ({error.strerror})")
            os.close(answer)
            return True
        if pid == 0:
            self._speak_and_exit(request, answer, cores)
        self._children[pid] = _Child(answer, deadline_s, time.monotonic() + deadline_s)
        return True

    def _prepared(self, request: Any, answer: int) -> bool:
        """Whether the work is ready for `request`: one with a `prepare` loads here what its children then share."""
        prepare: Callable[[Any], None] | None = getattr(self._work, "prepare", None)
        if prepare is None:
            return True
        try:
            prepare(request)
        except Exception as error:
            with contextlib.suppress(OSError):
                _write(answer, _Status.REFUSED, message(error))
            os.close(answer)
            return False
        return True

    def _speak_and_exit(self, request: Any, answer: int, cores: set[int]) -> None:
        """The child's whole life. It never returns, so that none of the server's loop runs twice."""
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent(self._pid)
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, cores)  # where the one who asked waits, so that the sound stays in its cache
            try:
                payload, status = self._work(request), _Status.DONE
            except NarrateError as error:
                payload, status = pickle.dumps(error), _Status.FAILED
            except Exception as error:
                payload, status = message(error), _Status.REFUSED
            _write(answer, status, payload)
        finally:
            os._exit(0)

    def _reap(self) -> None:
        while self._children:
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid)
            if ended:
                _answer_if_heard(child.answer, _obituary(ended))
            os.close(child.answer)

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        for pid, child in [each for each in self._children.items() if each[1].until <= now]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del self._children[pid]
            _answer_if_heard(child.answer, f"no answer within {child.deadline_s:.1f} s")
            os.close(child.answer)


def _write(answer: int, status: _Status, payload: bytes) -> None:
    parts = [memoryview(part) for part in (_HEADER.pack(status, len(payload)), payload, _TRAILER)]
    while parts:
        written = os.writev(answer, parts)
        while parts and written >= len(parts[0]):
            written -= len(parts.pop(0))
        if written:
            parts[0] = parts[0][written:]


def _answer_if_heard(answer: int, text: str) -> None:
    """Say what became of the child, unless the pipe is full or nobody reads it any more."""
    poll = select.poll()
    poll.register(answer, select.POLLOUT)
    with contextlib.suppress(OSError):
        if poll.poll(0):
            _write(answer, _Status.LOST, text.encode())


def _obituary(ended: int) -> str:
    if os.WIFSIGNALED(ended):
        return f"the engine died of {signal_name(os.WTERMSIG(ended))}"
    return "the engine ended without an answer"
