"""Which engine speaks, and on what: the speech stage's options."""

from dataclasses import dataclass
from typing import Literal, get_args

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = get_args(Device)

UNMARKED = "pyttsx3"
"""The engine whose voices go without its name."""

_ALIASES = {"espeak": UNMARKED, "espeak-ng": UNMARKED}


def engine_name(written: str) -> str:
    """The name of the engine that a person means: in any case, espeak for the one that is known as pyttsx3."""
    name = written.strip().lower()
    return _ALIASES.get(name, name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verify:
    """Takes are heard by the speech recogniser whose model is in the folder `model`; one of which more than the share
    `worst` of its words is heard otherwise is spoken again."""

    model: str
    worst: float = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechOptions:
    """`engine` is the one that voices without an engine's name are looked for in first, and whose default voice speaks.

    `device` is where neural voices are computed; "auto" takes CUDA when ONNX Runtime offers it.
    `verify` has takes heard by a speech recogniser; None leaves that out.
    """

    engine: str = UNMARKED
    device: Device = "auto"
    verify: Verify | None = None
