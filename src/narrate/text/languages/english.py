"""English."""

import re

from narrate.text.languages.base import Language, alike, spelled
from narrate.text.languages.english_words import ANYWHERE, BEFORE_NAME, BEFORE_NUMBER, CURRENCIES, UNITS

_MONTHS = "January February March April May June July August September October November December"  # fmt: skip
_SHORT = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Sept": 9, "Oct": 10}

_MONARCHS = (
    "Adrian Albert Alexander Alfonso Amenhotep Baldwin Benedict Boniface Catherine Charles Christian Clement "
    "Constantine Cyrus Darius David Edward Elizabeth Emmanuel Ferdinand Francis Frederick Frederik George Gregory "
    "Gustav Haakon Harald Henry Innocent Ivan James John Juan Julius Leo Leopold Louis Ludwig Margrethe Mary "
    "Mehmed Murad Napoleon Nicholas Olav Otto Paul Pedro Peter Philip Philippe Pius Ptolemy Ramesses Ramses "
    "Richard Robert Rudolf Selim Sixtus Suleiman Thutmose Umberto Urban Victor Wilhelm William Xerxes"
)


_NUMBERED = re.compile(r"\s(?:[Cc]entur(?:y|ies)|Olympi\w+|[Dd]ynasty|Corps|Legion|Amendment|Congress)\b")
_NO_NOUNS = (
    "that|which|who|what|he|she|it|they|we|you|i|was|were|is|are|be|had|has|have|do|does|did|in|into|for|from|to|of|a|an|"
    "the|on|at|by|per|and|or|but|as|with|without|worth|would|could|will|can|may|might|must|should|spent|paid|lost|won|"
    "made|left|due|each|more|less|so|if|when|if|while|than|then|not|over|under|after|before|between|during|apart|ago|"
    "went|came|goes|comes|long|wide|high|deep|tall|away|above|below|north|south|east|west"
)
"""Behind "the $5" these are no noun that it says something about: "the $5 he owed"."""


def _year(number: int) -> str | None:
    """ "nineteen oh-five"; the first years of a thousand are read as the number that they are."""
    if not 1000 < number < 2100 or number // 10 in (100, 200) or number == 2000:
        return None
    return spelled(number, "en", "spellout-numbering-year")


def _clock(hour: int, minute: int, rest: str) -> str | None:
    half = re.sub(r"\W", "", rest).upper()  # "AM", which no engine takes for an article and a letter
    if minute:
        return f"{hour} {'oh ' if minute < 10 else ''}{minute} {half}".rstrip()
    if half:
        return f"{hour} {half}"
    if not hour:
        return None
    return f"{hour} o'clock" if hour <= 12 else f"{hour} hundred"


def _date(day: int, month: int, year: int, before: str) -> str:
    ordinal = spelled(day, "en", "spellout-ordinal")
    name = ENGLISH.months[month - 1]
    tail = f", {_year(year) or year}" if year else ""
    if before == "month first":
        return f"{name} {ordinal}{tail}"
    the = "" if before.lower().endswith("the ") else "the "
    return f"{the}{ordinal} of {name}{tail}"


def _numeral(number: int, _before: str, after: str) -> str | None:
    return spelled(number, "en", "spellout-ordinal") if _NUMBERED.match(after) else None


def _regnal(_name: str, number: int, _before: str) -> str:
    return f"the {spelled(number, 'en', 'spellout-ordinal').capitalize()}"


ENGLISH = Language(
    code="en",
    decimal=".",
    thousands=",",
    to="to",
    ratio="to",
    per="per",
    plus="plus",
    number="number",
    at="at",
    hashtag="hashtag",
    signs={
        "×": "times",
        "÷": "divided by",
        "±": "plus or minus",
        "≤": "is at most",
        "≥": "is at least",
        "≠": "is not equal to",
        "≈": "is about",
        "=": "equals",
        "+": "plus",
        "→": "to",
        "←": "from",
        "⇒": "therefore",
        "↔": "to and from",
        "√": "the square root of",
        "∞": "infinity",
        "∈": "in",
        "∑": "the sum of",
        "°": "degrees",
        "−": "minus",
        "§": "section",
        "§§": "sections",
        "¶": "paragraph",
        "©": "copyright",
        "‰": "per thousand",
        "¢": "cents",
        "~": "about",
    },
    currencies=CURRENCIES,
    magnitudes=alike(
        {word: word for word in ("hundred", "thousand", "million", "billion", "trillion", "lakh", "crore")}
        | {"k": "thousand", "K": "thousand"}
        | dict.fromkeys(("m", "M", "mn", "mln", "mm", "MM"), "million")
        | dict.fromkeys(("b", "bn", "B", "bln"), "billion")
        | dict.fromkeys(("tn", "trn", "T"), "trillion")
    ),
    minor="{units} and {cents}",
    singular_after=(
        (r"\b(?:[Aa]n?|per|every|each|another)\s$", r"[\s-][a-z]"),
        (
            r"\b(?:[Tt]he|[Tt]his|[Tt]hat|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Oo]ur|[Mm]y|[Yy]our|first|new|[Oo]ne)\s$",
            rf"\s(?!(?:{_NO_NOUNS})\b|[a-z]+(?:ed|ing|ly)\b)[a-z]",
        ),
    ),
    units=UNITS,
    months=tuple(_MONTHS.split()),
    short_months=_SHORT | {"Nov": 11, "Dec": 12},
    before_number=BEFORE_NUMBER,
    before_name=BEFORE_NAME,
    anywhere=ANYWHERE,
    fractions={
        (1, 2): "one half",
        (1, 3): "one third",
        (2, 3): "two thirds",
        (1, 4): "one quarter",
        (3, 4): "three quarters",
        (1, 5): "one fifth",
        (2, 5): "two fifths",
        (3, 5): "three fifths",
        (4, 5): "four fifths",
        (1, 6): "one sixth",
        (5, 6): "five sixths",
        (1, 8): "one eighth",
        (3, 8): "three eighths",
        (5, 8): "five eighths",
        (7, 8): "seven eighths",
        (1, 10): "one tenth",
    },
    mixed="{} and {}",
    year=_year,
    clock=_clock,
    clock_rest=r"[ap]\.?\s?m\b\.?|[AP]\.?M\b\.?",
    date=_date,
    day_first=None,
    year_cues=(
        r"in|since|by|until|till|from|during|before|after|around|circa|c\.|ca\.|year|spring|summer|autumn|fall|winter|"
        r"early|late|mid|between|january|february|march|april|may|june|july|august|september|october|november|"
        r"december|ad|anno|of|and|to|christmas|easter|born|died|b\.|d\.|©"
    ),
    year_stops=(
        r"pages?|pp?\.|nos?\.|numbers?|lines?|rooms?|flight|chapter|ch\.|section|verse|figs?\.|figure|table|vol\.|"
        r"volume|lot|psalm|hymn|route|highway|channel|suite|apartment|apt\.|box|model|extension|bus|train|platform|"
        r"article|rule|item|step|episode|mile|nearly|almost|roughly|approximately|only|than|least|most|some|another|"
        r"number|about|over|under|up to|exactly|all|these|those|equals|is|are|of the|an?"
    ),
    plural_after=(
        r"(?:people|men|women|children|feet|more|miles?|dollars?|(?!(?:was|is|has|as|this|its|his|yes|us|perhaps|"
        r"always|thus|plus|across|towards|besides|unless|whereas|sometimes|afterwards|does|says|thousands|hundreds|"
        r"millions|series|news|s)\b)[a-z]{2,20}s)\b"
    ),
    roman_cues=(
        *(
            "Chapter",
            "Part",
            "Book",
            "Act",
            "Scene",
            "Volume",
            "Section",
            "Canto",
            "Appendix",
            "Article",
            "Phase",
            "Episode",
        ),
        *("Type", "Class", "Level", "Stage", "World War", "Super Bowl", "Title", "Figure", "Table", "Plate"),
    ),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
    numeral=_numeral,
    letters=frozenset({"NYC", "UAE"}),
)
