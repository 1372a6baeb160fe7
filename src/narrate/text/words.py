"""The words for signs, by language. Data. The frames around what is described are in `phrases`.

A language that is not here has its signs in English.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One language's words. Those with braces are filled with `str.format`."""

    ampersand: str
    less: str
    greater: str
    dot: str
    times: Callable[[str, int], str]
    note: str
    to_do: str  # before what is not ticked off a list
    done: str


def _times(word: str) -> Callable[[str, int], str]:
    return lambda name, count: f"{name}, {count} {word}"


_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBER_WORDS = _NUMBERS.split()


def _english_times(name: str, count: int) -> str:
    return f"{name}, {_NUMBER_WORDS[count] if count < len(_NUMBER_WORDS) else count} times"


_ENGLISH = Words(
    ampersand="and",
    less="less than",
    greater="greater than",
    dot="dot",
    times=_english_times,
    note="Note",
    to_do="To do:",
    done="Done:",
)
_FRENCH = Words(
    ampersand="et",
    less="inférieur à",
    greater="supérieur à",
    dot="point",
    times=_times("fois"),
    note="Note",
    to_do="À faire :",
    done="Fait :",
)
_GERMAN = Words(
    ampersand="und",
    less="kleiner als",
    greater="größer als",
    dot="Punkt",
    times=_times("Mal"),
    note="Anmerkung",
    to_do="Offen:",
    done="Erledigt:",
)
_SPANISH = Words(
    ampersand="y",
    less="menor que",
    greater="mayor que",
    dot="punto",
    times=_times("veces"),
    note="Nota",
    to_do="Pendiente:",
    done="Hecho:",
)
_ITALIAN = Words(
    ampersand="e",
    less="minore di",
    greater="maggiore di",
    dot="punto",
    times=_times("volte"),
    note="Nota",
    to_do="Da fare:",
    done="Fatto:",
)
_BY_LANGUAGE = {"en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "es": _SPANISH, "it": _ITALIAN}


def words_for(language: str) -> Words:
    """The words of a BCP 47 language, by its primary tag."""
    return _BY_LANGUAGE.get(language.split("-")[0].lower(), _ENGLISH)
