"""A Dask preload for tests: whoever speaks a sentence with the word “cyanide” in it dies at once, as by a crash."""

import os
import signal
from collections.abc import Callable
from typing import Any

from narrate.speech import Ensemble


def _poisoned(speak: Callable[..., Any]) -> Callable[..., Any]:
    def speak_or_die(self: Ensemble, spoken: str, *arguments: Any) -> Any:
        if "cyanide" in spoken:
            os.kill(os.getpid(), signal.SIGKILL)
        return speak(self, spoken, *arguments)

    return speak_or_die


if Ensemble.speak.__name__ == "speak":  # Dask may run a preload twice
    Ensemble.speak = _poisoned(Ensemble.speak)  # type: ignore[method-assign]
