"""A Dask preload for tests: whoever speaks a sentence with the word “cyanide” in it dies at once, as by a crash."""

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from narrate.speech import Ensemble


def _poisoned(speak_all: Callable[..., Any]) -> Callable[..., Any]:
    def speak_or_die(self: Ensemble, lines: Sequence[tuple[str, Any]]) -> Any:
        if any("cyanide" in spoken for spoken, _ in lines):
            os.kill(os.getpid(), signal.SIGKILL)
        return speak_all(self, lines)

    return speak_or_die


if Ensemble.speak_all.__name__ == "speak_all":  # Dask may run a preload twice
    Ensemble.speak_all = _poisoned(Ensemble.speak_all)  # type: ignore[method-assign]
