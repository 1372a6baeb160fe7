"""What a language must say of itself so that numbers, signs and abbreviations can be read in it. Data and small rules.

Numbers that an engine reads well stay digits. A field that is empty, or a function that returns None, leaves what is
written to the engine: better plain than wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

Form = tuple[str, str]
"""One, and many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Currency:
    """A currency's names; `cent` is empty where its parts have no name of their own."""

    name: Form
    cent: Form = ("", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """How one language reads what is not written as words.

    - `decimal` and `thousands` are the signs inside numbers (`thousands` may be several).
    - `to` stands between the ends of a range, `ratio` in "3:1", `per` in "€/kg", `number` for "#5" and "№ 5", `at` in
      addresses.
    - `one(name)` is the number before a unit or currency of which there is one; `half(whole, noun)` says "½ cup" and
      "1½ hours" (`whole` is "" for the first), with the noun.
    - `singular_after` are patterns of what stands before and behind an amount where its unit is singular ("a $5 bill").
    - `numeral(n, before, after)` reads a roman numeral that counts what stands behind it: "XXI century".
    - `letters` are words in capitals that are read letter by letter, though an engine would make a word of them.
    - `magnitudes` are words and letters after an amount ("million", "bn") with what is said for them before a
      currency's name, for one and for many; `minor` joins `units` ("5 dollars") to their `part` (20) or `cents`
      ("20 cents").
    - `before_number`, `before_name` and `anywhere` are abbreviations with their words, for the places where they are
      sure: before a digit, before a capital letter, everywhere.
    - `year(n)` is None where the number itself is right. `clock(hour, minute, rest)` says a time of day, `rest` being
      what is written behind it ("pm", "Uhr", ""). `date(day, month, year, before)`: `year` is 0 where there is none,
      `before` the words before it. `day_first` is None where 3/4/2020 could be either.
    - `regnal(name, n, before)` reads the number after a monarch's name.
    """

    code: str
    decimal: str
    thousands: str
    to: str
    ratio: str
    per: str
    plus: str
    number: str
    at: str
    hashtag: str
    signs: Mapping[str, str]
    currencies: Mapping[str, Currency]
    magnitudes: Mapping[str, Form]
    minor: str
    units: Mapping[str, Form]
    months: tuple[str, ...]
    short_months: Mapping[str, int]
    before_number: Mapping[str, str]
    before_name: Mapping[str, str]
    anywhere: Mapping[str, str]
    fractions: Mapping[tuple[int, int], str]
    mixed: str
    year: Callable[[int], str | None]
    clock: Callable[[int, int, str], str | None]
    clock_rest: str
    date: Callable[[int, int, int, str], str | None]
    day_first: bool | None = True
    year_cues: str = ""
    year_stops: str = ""
    plural_after: str = ""
    roman_cues: tuple[str, ...] = ()
    monarchs: frozenset[str] = frozenset()
    regnal: Callable[[str, int, str], str | None] = field(default=lambda _name, _number, _before: None)
    singular_after: tuple[tuple[str, str], ...] = ()
    one: Callable[[str], str] = field(default=lambda _name: "1")
    numeral: Callable[[int, str, str], str | None] = field(default=lambda _number, _before, _after: None)
    half: Callable[[str, str], str | None] = field(default=lambda _whole, _noun: None)
    letters: frozenset[str] = frozenset()


def alike(words: Mapping[str, str]) -> dict[str, Form]:
    """Forms that are the same for one and for many."""
    return {written: (said, said) for written, said in words.items()}


def spelled(number: int, language: str, ruleset: str) -> str:
    """`number` in words, by CLDR's rules for `language` and the name of one of its rule sets."""
    said = _engine(language).format_number(number, ruleset_names=[ruleset]).text_by_ruleset[ruleset]
    return said.replace("\u00ad", "")


@lru_cache
def _engine(language: str) -> "RbnfEngine":
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language(language)
