"""What a Dask worker loads before it works: `dask worker ADDRESS --nthreads 1 --preload narrate.library.worker`.

`narrate library worker` starts such workers, one process a core (`work_for`). Speech and encoding want a process each:
engines keep state, and a crash takes one task with it.
"""

import os
import platform
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from typing import Any

from narrate import work
from narrate.errors import NarrateError
from narrate.speech import SpeechOptions

PRELOAD = "narrate.library.worker"
LOOK_S = 60
"""How long a worker looks for its scheduler."""

_TRIES = 3  # of workers in one place that end badly before they have begun
_CONNECT_S = 5
_LOOK_EVERY_S = 0.5
_ENDING_S = 20
_HINT = "is a scheduler there? dask scheduler"


def dask_setup(worker: Any) -> None:
    """Called by Dask in a new worker process: a core of its own, and what takes long to load loaded."""
    serial = re.search(r"-(\d+)$", str(worker.name))
    work.settle(int(serial[1]) if serial else 0)
    work.warm(SpeechOptions())


def command(address: str, *, serial: int, memory: str, more: list[str]) -> list[str]:
    """The command that starts the `serial`-th worker (from 0) for the scheduler at `address`; `memory` is what it may
    use ("2GB", "auto"), `more` further options of `dask worker`."""
    name = f"narrate-{platform.node()}-{os.getpid()}-{serial}"
    options = ["--nworkers", "1", "--nthreads", "1", "--name", name, "--memory-limit", memory]
    options += ["--preload", PRELOAD, "--no-dashboard", "--death-timeout", str(LOOK_S)]
    return [sys.executable, "-m", "distributed.cli.dask_worker", address, *options, *more]


def work_for(address: str, *, processes: int, memory: str, more: list[str]) -> None:
    """Keep `processes` workers at work until this process is told to end. One that was killed is replaced, and one
    whose scheduler went away looks for it again.

    Raises NarrateError when there is none for LOOK_S seconds, or when workers cannot even start.
    """
    with ExitStack() as stack:
        running: dict[int, subprocess.Popen[bytes]] = {}
        stack.callback(_end, running)
        posts = [_Post(address) for _ in range(processes)]
        while True:
            for serial, post in enumerate(posts):
                code = running[serial].poll() if serial in running else 0
                if code is not None:
                    post.ended(code)
                    words = command(address, serial=serial, memory=memory, more=more)
                    running[serial] = subprocess.Popen(words, env=environment())
            time.sleep(_LOOK_EVERY_S)


class _Post:
    """What became of the workers that had one place after the other."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._began = time.monotonic()
        self._failures = 0

    def ended(self, code: int) -> None:
        """One has ended, and another one follows. Raises NarrateError where that is of no use."""
        lived_s, self._began = time.monotonic() - self._began, time.monotonic()
        if code <= 0:  # in good order, or killed, for want of memory as a rule
            return
        has_looked = lived_s > LOOK_S / 2
        self._failures = 1 if has_looked else self._failures + 1
        if self._failures >= _TRIES or (has_looked and not _answers(self._address)):
            raise NarrateError(f"no work for {self._address}: dask worker ended with {code}", hint=_HINT)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition("/")[2].rpartition(":")
    with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S):
        return True
    return False


def _end(running: dict[int, "subprocess.Popen[bytes]"]) -> None:
    for each in running.values():
        each.terminate()
    deadline = time.monotonic() + _ENDING_S
    for each in running.values():
        with suppress(subprocess.TimeoutExpired):
            each.wait(timeout=max(0.1, deadline - time.monotonic()))
        each.kill()
        each.wait()


def environment() -> dict[str, str]:
    """What the workers' processes inherit."""
    found = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    if sys.platform != "linux":
        # There an engine speaks in a process that the worker spawns, which a daemonic one may not.
        found["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"
    return found
