"""A check's work in a process of its own, so that an engine that hangs or crashes is told, and ends no test run."""

import faulthandler
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable

from narrate.process import die_with_parent

DEADLINE_S = 120.0
"""For all sentences of one check, or for one sentence in yet another process, from its start."""


def elsewhere(method: str, work: Callable[..., str], *arguments: object, deadline_s: float = DEADLINE_S) -> str:
    """What `work(*arguments)` gives in a process that is started by `method`.

    Raises AssertionError when it gives nothing within `deadline_s` seconds, or ends without an answer.
    """
    context = multiprocessing.get_context(method)
    near, far = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(far, os.getpid(), work, arguments))  # type: ignore[attr-defined]
    process.start()
    far.close()
    try:
        if not near.poll(deadline_s):
            if sys.platform != "win32":
                os.kill(process.pid, signal.SIGABRT)  # it says on stderr where it was
                process.join(1)
            raise AssertionError(f"the engine hangs: no answer within {deadline_s:.0f} s")
        try:
            return str(near.recv())
        except EOFError:
            process.join(1)
            raise AssertionError(f"the engine ended its process, with exit code {process.exitcode}") from None
    finally:
        process.kill()
        process.join()


def _answer(
    line: "multiprocessing.connection.Connection",
    parent: int,
    work: Callable[..., str],
    arguments: tuple[object],
) -> None:
    die_with_parent(parent)
    faulthandler.enable()
    line.send(work(*arguments))
