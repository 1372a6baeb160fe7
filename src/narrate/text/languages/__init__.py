"""languages: how numbers, signs and abbreviations are read, a module a language. To add one: its module, and a line."""

from dataclasses import replace
from functools import cache

from narrate.text.languages.base import Language
from narrate.text.languages.english import ENGLISH
from narrate.text.languages.french import FRENCH
from narrate.text.languages.german import GERMAN
from narrate.text.languages.italian import ITALIAN
from narrate.text.languages.spanish import SPANISH

__all__ = ["Language", "language_for"]

_BY_CODE = {each.code: each for each in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN)}


_MONTH_FIRST = frozenset({"US", "PH"})


@cache
def language_for(tag: str) -> Language | None:
    """The language of a BCP 47 tag, by its primary subtag; None for one whose numbers are left to the engine.

    In English 3/4/2020 is March in the United States, April elsewhere, and either where no region is given.
    """
    code, *rest = tag.split("-")
    found = _BY_CODE.get(code.lower())
    region = next((each.upper() for each in rest if len(each) == 2), "")
    if found and region and found.day_first is None:
        return replace(found, day_first=region not in _MONTH_FIRST)
    return found
