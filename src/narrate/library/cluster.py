"""Tasks on many machines, by Dask. In: a scheduler's address. Out: a `Cluster`, whose executor a Crew can use.

Nothing here schedules: which worker does what, what is done again when one dies, how many there are and what a
dashboard shows is Dask's. Tasks go out as `Client.get_executor()` sends them, named by what they make; samples never
do.
"""

import contextlib
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from narrate import __version__
from narrate.errors import ConfigError, NarrateError, OutputError
from narrate.library.running import Cluster
from narrate.pool import KilledError, LostError
from narrate.process import ffmpeg_version

PATIENCE_S = 300
"""How long a scheduler may be away: it is restarted, or its machine is."""

_ADDRESS = re.compile(r"((tcp|tls|ws|wss|ucx)://)?(\[[0-9a-fA-F:.%]+\]|[^\s/:\[\]]+):\d{1,5}")
_CONNECT_S = 10
_RETRIES = 2  # of a task that raised what may not happen again: the store did not answer, say
_LEAST_ROOM = 16  # tasks in the queue before there is any worker: whoever adds workers as they are needed looks at it
_TASKS_A_WORKER = 3
_LOOK_EVERY_S = 2
_REMEMBERED = 10_000  # names of tasks; a library of ten thousand books has millions


def cluster(address: str) -> Cluster:
    """The cluster whose scheduler is at `address` (`tcp://host:8786`).

    Raises ConfigError when that is no address, Dask is not installed or a worker has other versions, NarrateError when
    nobody answers.
    """
    check_address(address)
    try:
        import distributed
    except ImportError as error:
        raise ConfigError("--cluster needs Dask", hint="pip install 'narrate-road[cluster]'") from error
    del distributed
    # What they have to say, we say: a lost worker is in the report, a lost scheduler ends in an error.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    connection = _Connection(address)
    connection.open().shutdown(wait=False)  # better now than when everything is planned
    return Cluster(open=connection.open, room=connection.room, lost=lambda: connection.lost)


def check_address(address: str) -> None:
    """Raises ConfigError when no scheduler can have such an address: Dask would look for it, and then die noisily."""
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(f"{address!r} is no scheduler's address", hint="as `dask scheduler` says it: tcp://host:8786")


class _Connection:
    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._looked = 0.0
        self._room = _LEAST_ROOM
        self.lost = 0

    def open(self) -> Executor:
        """Connect, for as long as PATIENCE_S if need be. Raises NarrateError."""
        import distributed

        new_client: Any = distributed.Client

        deadline = time.monotonic() + (PATIENCE_S if self._client else _CONNECT_S)
        while True:
            try:
                self._client = new_client(self._address, timeout=_CONNECT_S, set_as_default=False)
                break
            except (OSError, TimeoutError, ValueError) as error:
                if time.monotonic() > deadline or isinstance(error, ValueError):
                    reason = " ".join(str(error).split())[:200]
                    hint = "is `dask scheduler` running there?"
                    raise NarrateError(f"no scheduler at {self._address}: {reason}", hint=hint) from error
                time.sleep(1)
        self._client.subscribe_topic("all", self._hear)
        self._check_versions()
        self._looked = 0.0
        self.room()
        return _Tasks(self._client)

    def room(self) -> int:
        """How many tasks keep the workers busy that there are just now."""
        now = time.monotonic()
        if self._client is not None and now - self._looked > _LOOK_EVERY_S:
            self._looked = now
            with contextlib.suppress(Exception):  # a scheduler that is away has no workers; its tasks will say so
                workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
                threads = sum(int(each["nthreads"]) for each in workers)
                self._room = max(_LEAST_ROOM, _TASKS_A_WORKER * threads)
        return self._room

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        said = event[1]
        if isinstance(said, dict) and said.get("action") == "remove-worker" and not said.get("expected"):
            self.lost += len(said.get("processing-tasks", ()))

    def _check_versions(self) -> None:
        for worker, found in self._client.run(_versions, on_error="return").items():
            if isinstance(found, Exception) or found == _versions():
                continue
            told = f"the worker at {worker} has {found}, this machine {_versions()}"
            raise ConfigError(told, hint="install the same versions on every machine")


def _versions() -> str:
    return f"narrate {__version__}, ffmpeg {ffmpeg_version()}"


class _Tasks(Executor):
    """Dask's executor, with its tasks named by their keys, and its bad news in our words."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._inner = client.get_executor(pure=True, retries=_RETRIES)
        self._times: dict[str, int] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future of `fn(task)`, whose `task` has a `key`. Raises KilledError or LostError, in the future."""
        (task,) = args
        name = f"{fn.__name__}-{task.key}"
        # What is asked for again must not be answered from memory: the store has lost it.
        times = self._times[name] = self._times.pop(name, 0) + 1
        if len(self._times) > _REMEMBERED:
            del self._times[next(iter(self._times))]
        outer: Future[Any] = Future()
        outer.set_running_or_notify_cancel()
        try:
            inner = self._inner.submit(_answer, fn, task, key=f"{name}-{times}" if times > 1 else name, **kwargs)
        except Exception as error:  # the connection is closed
            outer.set_exception(LostError(str(error)))
            return outer
        inner.add_done_callback(partial(_hand_over, outer))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the connection; what is running is not wanted any more."""
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic("all")
        with contextlib.suppress(Exception):
            self._inner.shutdown(wait=wait and not cancel_futures)
        with contextlib.suppress(Exception):
            self._client.close(timeout=_CONNECT_S)


def _answer(function: Callable[[Any], Any], task: Any) -> Any:
    """What a worker runs. An error that would come again comes back as an answer; another one, Dask tries again."""
    try:
        return function(task)
    except OutputError as error:
        again: Exception = OutputError(str(error), hint=error.hint)
    except NarrateError as error:
        return error
    except Exception as error:
        again = RuntimeError(f"{type(error).__name__}: {error}")
    # Without its cause and its traceback: Dask's client never hears of an error whose traceback it cannot read.
    raise again


def _hand_over(outer: Future[Any], inner: Future[Any]) -> None:
    from distributed.scheduler import KilledWorker

    if inner.cancelled():
        outer.set_exception(LostError("the scheduler is gone"))
        return
    error = inner.exception()
    if isinstance(error, KilledWorker):
        error = KilledError(str(error))
    elif error is None and isinstance(inner.result(), NarrateError):
        error = inner.result()
    if error is None:
        outer.set_result(inner.result())
    else:
        outer.set_exception(error)
