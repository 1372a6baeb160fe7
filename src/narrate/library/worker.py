"""What a Dask worker loads before it works: `dask worker ADDRESS --nthreads 1 --preload narrate.library.worker`.

`narrate library worker` starts such workers, one process a core (`work_for`). Speech and encoding want a process each:
engines keep state, and a crash takes one task with it.
"""

import os
import platform
import re
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
    """Keep `processes` workers at work until this process is told to end; one whose scheduler went away looks for it
    again. Raises NarrateError when there is none for LOOK_S seconds."""
    with ExitStack() as stack:
        running: dict[int, subprocess.Popen[bytes]] = {}
        stack.callback(_end, running)
        while True:
            for serial in range(processes):
                code = running[serial].poll() if serial in running else 0
                if code:
                    raise NarrateError(f"no work for {address}: dask worker ended with {code}", hint=_HINT)
                if code == 0:
                    words = command(address, serial=serial, memory=memory, more=more)
                    running[serial] = subprocess.Popen(words, env=environment())
            time.sleep(_LOOK_EVERY_S)


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
