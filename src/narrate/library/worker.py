"""What a Dask worker loads before it works: `dask worker ADDRESS --nthreads 1 --preload narrate.library.worker`.

`narrate library worker` starts such workers, one process a core (`command`). Speech and encoding want a process each:
engines keep state, and a crash takes one task with it.
"""

import os
import re
import sys
from typing import Any

from narrate import work
from narrate.speech import SpeechOptions

PRELOAD = "narrate.library.worker"


def dask_setup(worker: Any) -> None:
    """Called by Dask in a new worker process: a core of its own, and what takes long to load loaded."""
    serial = re.search(r"-(\d+)$", str(worker.name))
    work.settle(int(serial[1]) if serial else 0)
    work.warm(SpeechOptions())


def command(address: str, *, processes: int, memory: str, more: list[str]) -> list[str]:
    """The command that starts `processes` workers for the scheduler at `address`; `memory` is what each may use
    ("2GB", "auto"), `more` further options of `dask worker`."""
    name = f"narrate-{os.uname().nodename if hasattr(os, 'uname') else 'worker'}-{os.getpid()}"
    options = ["--nworkers", str(processes), "--nthreads", "1", "--name", name if processes > 1 else f"{name}-0"]
    options += ["--memory-limit", memory, "--preload", PRELOAD, "--no-dashboard", "--death-timeout", "60"]
    return [sys.executable, "-m", "distributed.cli.dask_worker", address, *options, *more]


def environment() -> dict[str, str]:
    """What the workers' processes inherit."""
    found = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    if sys.platform != "linux":
        # There an engine speaks in a process that the worker spawns, which a daemonic one may not.
        found["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"
    return found
