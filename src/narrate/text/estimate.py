"""How long a chapter will sound, before a word of it has been spoken. Pure."""

import unicodedata

from narrate.script import ChapterScript, Interlude, Pause, plain

_CHARACTER_S = 0.0522
_UTTERANCE_S = 0.165
"""Seconds of trimmed speech a character and an utterance: a least-squares fit over 158 sentences of an essay, spoken by
espeak-ng 1.51 with its voice `en` at 175 words a minute (986 s in all)."""
_WIDE = 3.0
"""One Chinese, Japanese or Korean sign takes about as long as three Latin letters."""


def estimate_s(script: ChapterScript, *, rate_wpm: int) -> float:
    """Seconds that `script` will last, spoken at `rate_wpm` words a minute, pauses and interludes included."""
    silent = sum(cue.duration_s for cue in script.cues if isinstance(cue, Pause | Interlude))
    spoken = sum(speech_s(plain(utterance.spoken)) for utterance in script.utterances)
    return silent + spoken * 175.0 / max(1, rate_wpm)


def speech_s(spoken: str) -> float:
    """Seconds that one utterance without phonemes lasts at 175 words a minute."""
    return _weight(spoken) * _CHARACTER_S + _UTTERANCE_S


def _weight(spoken: str) -> float:
    if spoken.isascii():
        return float(len(spoken))
    return sum(_WIDE if unicodedata.east_asian_width(char) in "WF" else 1.0 for char in spoken)
