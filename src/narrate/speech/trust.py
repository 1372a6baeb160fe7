"""Takes that can be trusted: each is listened to, spoken again where it is doubtful, in two parts in the end, and the
least doubtful is kept with what is still odd about it.

What is decided depends on the sentence, the delivery and the engine alone: never on what was spoken before. A voice's
own pace is measured on one fixed sentence, once in each process.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from narrate.errors import NarrateError, SpeechError
from narrate.script import PRONOUNCED, plain
from narrate.speech.engine import BatchEngine, Delivery, Engine
from narrate.speech.guard import named
from narrate.take import Remarks, Take, TakeInfo, Word

if TYPE_CHECKING:
    from narrate.speech.doubts import Doubt
    from narrate.speech.verify import Listener

VERSION = 2
"""Raise when the same takes would be judged otherwise. Part of the fingerprint of engines that vary, and of those that
are verified."""

ATTEMPTS = 3
_SHORTEST_TO_SPLIT = 60  # characters
_JOIN_S = 0.15
_PACES_S = (0.02, 0.2)  # a letter at 175 words a minute; a norm beyond is none
_CLAUSE = re.compile(r"(?<=[,;:.!?…—–])\s+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    take: Take
    doubts: "tuple[Doubt, ...]"
    word_error_rate: float | None

    @property
    def weight(self) -> float:
        return sum(each.weight for each in self.doubts)


class Trust:
    """Speaks with `engine`, and listens. `listener` recognises speech, where somebody asked for it."""

    def __init__(self, engine: Engine, listener: "Listener | None" = None) -> None:
        self._engine = engine
        self._listener = listener
        self._paces: dict[Delivery, float | None] = {}

    def speak(self, spoken: str, delivery: Delivery) -> Take:
        """See `Engine.speak`. An utterance longer than the engine takes at once is spoken in parts."""
        if len(plain(spoken)) > self._engine.traits.longest and (parts := _divided(spoken)):
            return joined([(start, self.speak(part, delivery)) for start, part in parts])
        if not self._engine.traits.varies and self._listener is None:
            return self._said(spoken, delivery)
        return self._best(spoken, delivery)

    def speak_all(self, lines: Sequence[tuple[str, Delivery]]) -> list[Take]:
        """See `BatchEngine.speak_all`. An utterance longer than the engine takes at once is spoken by itself."""
        longest = self._engine.traits.longest
        short = [line for line in lines if len(plain(line[0])) <= longest]
        found = iter(_answered(self._engine, short, partial(cast(BatchEngine, self._engine).speak_all, short)))
        return [next(found) if len(plain(line[0])) <= longest else self.speak(*line) for line in lines]

    def _said(self, spoken: str, delivery: Delivery, attempt: int = 0) -> Take:
        """The engine's own take, which is sound. Raises SpeechError, whatever else an engine may raise."""
        one = [(spoken, delivery)]
        return _answered(self._engine, one, lambda: [self._engine.speak(spoken, delivery, attempt=attempt)])[0]

    def _best(self, spoken: str, delivery: Delivery) -> Take:
        heard: list[_Heard] = []
        for candidate in self._candidates(spoken, delivery):
            try:
                heard.append(self._listened(candidate(), spoken, delivery))
            except SpeechError:
                if not heard:  # the first is the engine's own word on the sentence
                    raise
                continue
            if not heard[-1].doubts:
                break
        best = min(heard, key=lambda each: each.weight)
        said = best.take.info
        remarks = replace(
            said.remarks,
            attempts=len(heard),
            doubt=", ".join(each.what for each in best.doubts),
            word_error_rate=best.word_error_rate,
        )
        return replace(best.take, info=replace(said, remarks=remarks))

    def _candidates(self, spoken: str, delivery: Delivery) -> Iterator[Callable[[], Take]]:
        """Ways to speak it, the best first: at once, anew, and in two parts."""
        if not self._engine.traits.varies:
            yield partial(self._said, spoken, delivery)
            return
        for attempt in range(ATTEMPTS):
            yield partial(self._said, spoken, delivery, attempt)
        if len(plain(spoken)) >= _SHORTEST_TO_SPLIT and (parts := _divided(spoken)):
            yield lambda: joined([(start, self._said(part, delivery)) for start, part in parts])

    def _listened(self, take: Take, spoken: str, delivery: Delivery) -> _Heard:
        from narrate.speech.doubts import Doubt, doubts

        found: tuple[Doubt, ...] = ()
        if self._engine.traits.varies:
            found = doubts(take, spoken, pace=self._pace(delivery), rate_wpm=delivery.rate_wpm)
        rate = None
        if self._listener:
            rate = self._listener.word_error_rate(take, plain(spoken), language=self._language(delivery))
            if rate is not None and rate > self._listener.worst:
                found += (Doubt(what=f"{rate:.0%} of its words heard otherwise", weight=rate / self._listener.worst),)
        return _Heard(take=take, doubts=found, word_error_rate=rate)

    def _pace(self, delivery: Delivery) -> float | None:
        """The voice's own seconds a letter; None where no sentence is known to measure it by, or it cannot say that."""
        from narrate.speech.doubts import CALIBRATION

        if delivery not in self._paces:
            sentence = CALIBRATION.get(self._language(delivery).partition("-")[0].lower(), "")
            self._paces[delivery] = self._measured(sentence, delivery) if sentence else None
        return self._paces[delivery]

    def _measured(self, sentence: str, delivery: Delivery) -> float | None:
        """Seconds a letter in the first take of `sentence` that nothing else is odd about."""
        from narrate.speech.doubts import doubts, pace_of

        least, most = (limit * 175 / delivery.rate_wpm for limit in _PACES_S)
        for attempt in range(ATTEMPTS):
            with suppress(SpeechError):
                take = self._said(sentence, delivery, attempt)
                found = pace_of(take, sentence)
                if least <= found <= most and not doubts(take, sentence, pace=None, rate_wpm=delivery.rate_wpm):
                    return found
        return None

    def _language(self, delivery: Delivery) -> str:
        return self._engine.resolve(delivery.voice, "").language


def _answered(
    engine: Engine, lines: Sequence[tuple[str, Delivery]], speak: Callable[[], Sequence[Take]]
) -> Sequence[Take]:
    """What `speak` gives for `lines`: as many takes, and sound ones. Raises SpeechError, naming the sentence."""
    from narrate.speech.soundness import flaw

    if not lines:
        return []
    try:
        takes = speak()
    except NarrateError:
        raise
    except Exception as error:  # another package's engine
        reason = f"{type(error).__name__}: {error}"
        raise SpeechError(f"cannot speak {named(lines[0][0])}: {engine.name} failed ({reason})") from error
    if len(takes) != len(lines):
        raise SpeechError(f"cannot speak {named(lines[0][0])}: {engine.name} gave {len(takes)} takes of {len(lines)}")
    for (spoken, _), take in zip(lines, takes, strict=True):
        if wrong := flaw(take):
            raise SpeechError(f"cannot speak {named(spoken)}: {engine.name} gave {wrong}")
    return takes


def joined(parts: list[tuple[int, Take]]) -> Take:
    """One take of several of the same voice, a short silence between; each with the character where its words begin."""
    import numpy as np

    rate = parts[0][1].info.sample_rate
    gap = np.zeros((round(_JOIN_S * rate), 1), np.float32)
    pieces: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    words: list[Word] = []
    at = 0
    for character, take in parts:
        if pieces:
            pieces.append(gap)
            at += len(gap)
        pieces.append(take.pcm)
        words += (
            replace(
                word,
                start=word.start + at,
                spoken_start=word.spoken_start + character,
                spoken_end=word.spoken_end + character,
            )
            for word in take.info.words
        )
        at += len(take.pcm)
    remarks = Remarks(
        estimated=any(take.info.remarks.estimated for _, take in parts),
        attempts=max(take.info.remarks.attempts for _, take in parts),
        doubt="; ".join(take.info.remarks.doubt for _, take in parts if take.info.remarks.doubt),
    )
    info = TakeInfo(frame_count=at, sample_rate=rate, words=tuple(words), remarks=remarks)
    return Take(pcm=np.concatenate(pieces), info=info)


def _divided(spoken: str) -> list[tuple[int, str]]:
    """Two parts, each with the character where it begins: at the clause's end, else the space, that is nearest to the
    middle and in no word that carries phonemes. [] where there is none."""
    inside = [found.span() for found in PRONOUNCED.finditer(spoken)]
    for pattern in (_CLAUSE, _SPACE):
        cuts = [found.span() for found in pattern.finditer(spoken)]
        cuts = [
            (start, end)
            for start, end in cuts
            if not any(first < end and start < last for first, last in inside)
            and any(map(str.isalnum, spoken[:start]))
            and any(map(str.isalnum, spoken[end:]))
            and min(start, len(spoken) - end) > len(spoken) // 6
        ]
        if cuts:
            start, end = min(cuts, key=lambda cut: abs(cut[0] - len(spoken) / 2))
            return [(0, spoken[:start]), (end, spoken[end:])]
    return []
