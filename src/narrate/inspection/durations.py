"""How long takes are for their texts, against the book's own norm: which are odd.

In: every utterance of a book, as its timeline has it. Out: those that are far too short or too long. Pure; two numbers
and a text are kept of each.

A take's expected length grows with its text by a fixed rule (`text.estimate`), at the most with all digits, signs and
capitals spelt out, at the least with none. How fast a voice really is, the book tells: the median over its takes in the
chapter (a chapter may have been regenerated at another rate), or in the book where the chapter has few.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from narrate.text.estimate import speech_s

ODD = 2.5
"""So many times as long as expected, or as short. Of an essay's takes by espeak-ng the oddest came to 1.3."""

_SHOWN = 80
_LEAST_S = 1.0
"""A difference smaller than this is no fault, however short the text."""
_ENOUGH = 5
_SPELT = re.compile(r"\d|[^\w\s.,;:!?'’\"“”()…–—-]|[.:-](?=\w)|[A-ZÀ-Þ](?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ])[A-ZÀ-Þ]|(.)(?=\1\1)")
_SAID = " seven "


@dataclass(frozen=True, kw_only=True, slots=True)
class Odd:
    """A take that is not as long as its text: where, how long it is, how long it should be, in seconds."""

    file: str
    at_s: float
    duration_s: float
    expected_s: float
    spoken: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Take:
    file: str
    at_s: float
    duration_s: float
    voice: str
    spoken: str
    least_s: float
    most_s: float


class Durations:
    """The takes of a book."""

    def __init__(self) -> None:
        self._takes: list[_Take] = []

    def add(self, file: str, at_s: float, duration_s: float, *, voice: str, spoken: str) -> None:
        """One take of `voice`, `at_s` in the chapter's `file`."""
        self._takes.append(
            _Take(
                file=file,
                at_s=at_s,
                duration_s=duration_s,
                voice=voice,
                spoken=spoken[:_SHOWN],
                least_s=speech_s(spoken),
                most_s=speech_s(_SPELT.sub(_SAID, spoken)),
            )
        )

    def odd(self) -> Iterator[Odd]:
        """Those that are far from the norm, in the order of the book."""
        here: dict[tuple[str, str], list[float]] = defaultdict(list)
        anywhere: dict[str, list[float]] = defaultdict(list)
        for take in self._takes:
            ratio = take.duration_s / take.least_s
            here[take.file, take.voice].append(ratio)
            anywhere[take.voice].append(ratio)
        norms = {key: median(ratios) for key, ratios in here.items() if len(ratios) >= _ENOUGH}
        wide = {voice: median(ratios) for voice, ratios in anywhere.items() if len(ratios) >= _ENOUGH}
        for take in self._takes:
            norm = norms.get((take.file, take.voice)) or wide.get(take.voice)
            if norm is None:
                continue
            expected_s = norm * min(max(take.least_s, take.duration_s / norm), take.most_s)
            away = take.duration_s / expected_s
            if not 1 / ODD <= away <= ODD and abs(take.duration_s - expected_s) > _LEAST_S:
                yield Odd(
                    file=take.file,
                    at_s=take.at_s,
                    duration_s=take.duration_s,
                    expected_s=expected_s,
                    spoken=take.spoken,
                )
