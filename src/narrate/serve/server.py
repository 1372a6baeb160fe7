"""The server itself: its socket, its address, and its patience with clients.

In: an application. Out: nothing; it runs until it is told to stop. uvicorn has no deadline for a request's head, nor
for a client that does not read; here both end a connection, so that some hundred idle ones cannot keep all others out.
"""

import asyncio
import errno
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from narrate.errors import OutputError

MOST_CONNECTIONS = 400
"""Each may have a file open, too, and a process often no more than 1024 of both."""

MOST_OF_ONE_ADDRESS = 64
"""Of those, for one client: ten times what a browser opens, and never all that there are."""

HEAD_WAIT_S = 10.0
"""How long a client may take for the head of a request, from connecting or from its first byte on."""

READ_WAIT_S = 180.0
"""How long a client may read nothing of an answer. A player that is paused does so; it asks again when it goes on."""

_IDLE_S = 30
_STOP_S = 2
_LARGEST_HEAD = 16 << 10


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with deadlines, and limits of connections that hold before anything is read."""

    _head_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS or self._of_this_address() > MOST_OF_ONE_ADDRESS:
            transport.abort()
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        """A piece of a request: with the end of its head the deadline is over, with the first byte of the next, on."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._head_timer is None and not self.transport.is_closing():
            self._await_head()

    def on_response_complete(self) -> None:
        """An answer is out: a connection that is idle now is uvicorn's to end."""
        self._stop_waiting()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._read_timer = self.loop.call_later(READ_WAIT_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop_pushing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        self._stop_pushing()
        super().connection_lost(exc)

    def _of_this_address(self) -> int:
        others = [each.client for each in self.connections if isinstance(each, PatientProtocol)]
        return len([each for each in others if each and self.client and each[0] == self.client[0]])

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_WAIT_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_pushing(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at `host`:`port` (0: any free one). Raises OutputError when it cannot be had."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise OutputError(
                f"port {port} is in use", hint="is narrate serve running already? else: --port"
            ) from error
        raise OutputError(f"cannot listen at {host}:{port}: {error}", hint="another port: --port") from error
    return listening


def own_address() -> str:
    """This machine's address in its network, as others reach it. Raises OutputError when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: this only asks the system which way it would go (192.0.2.0/24: RFC 5737, documentation).
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            pass
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except OSError:
        found = set()
    outward = sorted(each for each in found if not each.startswith("127."))
    if not outward:
        raise OutputError("this machine is in no network", hint="connect it, or leave --lan out")
    return outward[0]


def server_of(app: ASGIApp) -> uvicorn.Server:
    """A server of `app` with all limits set, not yet running."""
    settings: dict[str, Any] = {
        "http": PatientProtocol,
        "ws": "none",
        "lifespan": "off",
        "log_level": "error",
        "access_log": False,
        "server_header": False,
        "limit_concurrency": MOST_CONNECTIONS + 1,
        "timeout_keep_alive": _IDLE_S,
        "timeout_graceful_shutdown": _STOP_S,
        "h11_max_incomplete_event_size": _LARGEST_HEAD,
    }
    return uvicorn.Server(uvicorn.Config(app, **settings))


def run(app: ASGIApp, listening: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM, which then take their usual way."""
    server_of(app).run(sockets=[listening])
