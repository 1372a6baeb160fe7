"""SIGTERM and SIGHUP as an exception, so that whoever asks us to end gets a clean end and an exit code of its own.

Changes the handlers of this process. Imports next to nothing: it comes before all that takes time to load.
"""

import signal
from types import FrameType

INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """Somebody asked this process to end (SIGTERM), or closed its terminal (SIGHUP)."""


def listen() -> None:
    """From now on raise Terminated."""
    signal.signal(signal.SIGTERM, _terminate)
    hangup = getattr(signal, "SIGHUP", None)
    if hangup and signal.getsignal(hangup) is not signal.SIG_IGN:  # `nohup` wants it ignored
        signal.signal(hangup, _terminate)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated
