"""Days, times of day and years as a person would say them. Pure; see `rules`."""

import re

from narrate.text.languages import Language
from narrate.text.languages.base import spelled
from narrate.text.rules import EDGE, Rule, after, any_of, before

_END = r"(?![\w/:]|[.,]\d|[–-]\d|\s?%)"


def date_rules(language: Language) -> list[Rule]:
    """Rules for dates, times and years, in the order in which they are to be tried."""
    rules = [_iso(language), _numeric(language), *_written(language), *_clock(language)]
    if language.code == "de":
        rules += _german_ordinals(language)
    if language.code == "en":
        rules += _decades()
    rules.append(_year_range(language))
    if language.year_cues:
        rules.append(_year(language))
    return rules


def _said(language: Language, day: int, month: int, year: int, how: str) -> str | None:
    return language.date(day, month, year, how) if 1 <= day <= 31 and 1 <= month <= 12 else None


def _iso(language: Language) -> Rule:
    def say(found: re.Match[str]) -> str | None:
        year, month, day = map(int, found.groups())
        how = "month first" if language.code == "en" else before(found)
        return _said(language, day, month, year, how)

    return Rule(re.compile(EDGE + r"([12]\d{3})-(\d\d)-(\d\d)(?![\w/:-]|[.,]\d)"), say)


def _numeric(language: Language) -> Rule:
    """3/4/2020, 3.4.2020: the day first or the month, by language; where that is open, by a number above twelve."""
    mark = r"[./-]" if language.code != "en" else "/"

    def say(found: re.Match[str]) -> str | None:
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day_first = language.day_first
        if day_first is None:
            day_first = True if first > 12 else False if second > 12 else None
        if day_first is None:
            return found[0]
        day, month = (first, second) if day_first else (second, first)
        return _said(language, day, month, year, before(found) if day_first else "month first")

    return Rule(re.compile(rf"{EDGE}(\d\d?)({mark})\s?(\d\d?)\2\s?([12]\d{{3}})(?![\w/]|[.,]\d)"), say)


def _written(language: Language) -> list[Rule]:
    """3 March 1984, March 3, 1984, Jan. 3: with the month in letters."""
    names = {name: number for number, name in enumerate(language.months, start=1)}
    short = language.short_months
    month = rf"(?:(?:{any_of(names)})|(?:{any_of(short) or '(?!)'})\.?)"
    year = r"([12]\d{3})(?!\w|[.,]?\d)"

    def number(name: str) -> int:
        return names.get(name) or short[name.rstrip(".")]

    def day_first(found: re.Match[str]) -> str | None:
        day, name, year = found.groups()
        return _said(language, int(day), number(name), int(year or 0), before(found))

    def month_first(found: re.Match[str]) -> str | None:
        name, day, last, year = found.groups()
        said = _said(language, int(day), number(name), int(year or 0) if not last else 0, "month first")
        if said is None or not last:
            return said
        end = _said(language, int(last), number(name), int(year or 0), "month first")
        return end and f"{said} {language.to} {end.split(' ', 1)[1]}"

    def month_and_year(found: re.Match[str]) -> str:
        return f"{language.months[number(found[1]) - 1]} {language.year(int(found[2])) or found[2]}"

    dot = {"en": "(?:st|nd|rd|th)?", "de": r"\.", "fr": "(?:er)?", "es": r"(?:\.?[º°]|o)?", "it": "[º°]?"}[
        language.code
    ]
    of = {"en": r"(?:of\s)?", "es": r"de\s"}.get(language.code, "")
    comma = {"en": r",?\s", "es": r"\s(?:de|del)\s"}.get(language.code, r"\s")
    first = rf"{EDGE}(\d\d?){dot}\s{of}({month})(?:{comma}{year})?(?!\w)"
    alone = Rule(re.compile(rf"(?<!\w)({any_of(short) or '(?!)'})\.?\s{year}"), month_and_year)
    if language.code != "en":
        return [Rule(re.compile(first), day_first), alone]
    second = (
        rf"(?<!\w)({month})\s(\d\d?)(?:st|nd|rd|th)?(?:\s?[–-]\s?(\d\d?))?(?:,?\s{year})?"
        r"(?![\w:/]|[.,]\d|\s?%|\s(?:people|men|women|children|million|percent|per)\b)"
    )
    return [Rule(re.compile(first), day_first), Rule(re.compile(second), month_first), alone]


def _clock(language: Language) -> list[Rule]:
    """17:05, 5.30 p.m., 17h05: and 5 pm."""
    rest = language.clock_rest
    mark = r":|\s?h\s?" if language.code == "fr" else "[:.]"
    at = re.compile(r"\b(?:ore|alle|dalle|delle|all['’]|dall['’])\s?$", re.I)

    def say(found: re.Match[str]) -> str | None:
        hour, minute, written = int(found[1]), int(found[3]), found[4] or ""
        if found[2] == "." and not written and not (language.code == "it" and at.search(before(found))):
            return None
        return _stopped(found, language.clock(hour, minute, written))

    def whole(found: re.Match[str]) -> str | None:
        return _stopped(found, language.clock(int(found[1]), 0, found[2]))

    def hours(found: re.Match[str]) -> str | None:
        first = language.clock(int(found[1]), 0, found[2]) if found[2] else found[1]
        return _stopped(found, f"{first} {language.to} {language.clock(int(found[3]), 0, found[4])}")

    def span(found: re.Match[str]) -> str | None:
        first = language.clock(int(found[1]), int(found[2]), found[3] or "")
        last = language.clock(int(found[4]), int(found[5]), found[6] or "")
        return _stopped(found, f"{first} {language.to} {last}") if first and last else None

    tail = rf"(?:\s?({rest}))?" if rest else "()"
    time = rf"([01]?\d|2[0-3]):([0-5]\d){tail}"
    rules = [
        Rule(re.compile(rf"{EDGE}{time}\s?[–-]\s?{time}(?!\w|[:.,]\d)"), span),
        Rule(re.compile(rf"{EDGE}([01]?\d|2[0-3])({mark})([0-5]\d)(?!\d|[:h.,]\d){tail}"), say),
    ]
    if language.code == "en":
        hour = rf"(1[0-2]|[1-9])\s?({rest})"
        rules.append(Rule(re.compile(rf"{EDGE}(1[0-2]|[1-9])\s?({rest})?\s?[–-]\s?{hour}(?!\w)"), hours))
        rules.append(Rule(re.compile(rf"{EDGE}{hour}(?!\w)"), whole))
    if language.code == "de":
        rules.append(Rule(re.compile(rf"{EDGE}(1)\s(Uhr)(?!\w)"), whole))
    if language.code == "fr":
        rules.append(Rule(re.compile(rf"{EDGE}([01]?\d|2[0-3])\s?(h)(?!\w|\s?\d)"), whole))
    return rules


def _stopped(found: re.Match[str], said: str | None) -> str | None:
    """The full stop of "p.m." ends the sentence where nothing comes after it."""
    if said is None or not found[0].endswith("."):
        return said
    rest = after(found).strip(" \u00a0\"'”’)")
    return said if rest else f"{said}."


def _german_ordinals(language: Language) -> list[Rule]:
    """ "im 19. Jahrhundert", "der 2. Weltkrieg", "am 1.5.": behind an article, or before a word that is numbered."""
    from narrate.text.languages.german import ARTICLE, NUMBERED, ordinal

    numbered = re.compile(rf"\s(?:{NUMBERED}|{any_of(language.months)})\b")

    def say(found: re.Match[str]) -> str | None:
        lead, rest = before(found), after(found)
        return ordinal(int(found[1]), lead, rest) if ARTICLE.search(lead) or numbered.match(rest) else None

    def day(found: re.Match[str]) -> str | None:
        return (
            _said(language, int(found[1]), int(found[2]), 0, before(found)) if ARTICLE.search(before(found)) else None
        )

    return [
        Rule(re.compile(EDGE + r"(\d\d?)\.\s?(\d\d?)\.(?![\w])(?!\s?\d)"), day),
        Rule(re.compile(EDGE + r"(\d{1,3})\.(?=\s(?:[A-ZÄÖÜ]?[a-zäöüß]|FC\b))"), say),
    ]


def _decades() -> list[Rule]:
    """The 1990s, the ’90s."""

    def say(found: re.Match[str]) -> str:
        century, decade = found[1] or "", int(found[2])
        tens = spelled(decade, "en", "spellout-cardinal") if decade else "hundred"
        plural = f"{tens[:-1]}ies" if tens.endswith("y") else f"{tens}s"
        if century == "20" and not decade:
            return "two thousands"
        return f"{spelled(int(century), 'en', 'spellout-cardinal')} {plural}" if century else plural

    tens = r"([2-9]0)['’]?s(?!\w)"
    return [
        Rule(re.compile(r"(?<![\w.,$£€¥])(1[1-9]|20)([0-9]0)['’]?s(?!\w)"), say),
        Rule(re.compile(rf"(?<!\w)()['’‘]{tens}"), say),
        Rule(re.compile(rf"(?<=[Tt]he )(){tens}"), say),
    ]


def _year_range(language: Language) -> Rule:
    """1914–18, 1914–1918."""

    def say(found: re.Match[str]) -> str | None:
        start, end = int(found[1]), int(found[2])
        if end < 100:
            end += start - start % 100
        if not start < end < 2100:
            return None
        first, last = language.year(start) or str(start), language.year(end) or str(end)
        if len(found[2]) == 2 and end % 100 >= 10 and language.code == "en":
            last = spelled(end % 100, "en", "spellout-cardinal")
        return f"{first} {language.to} {last}"

    return Rule(re.compile(EDGE + r"(1\d{3}|20\d\d)\s?[–-]\s?(\d\d|1\d{3}|20\d\d)(?![\w/–-]|[.,]\d|\s?%)"), say)


def _year(language: Language) -> Rule:
    """A number of four digits that the words around it, or its size, make a year."""
    stops = re.compile(rf"(?<!\w)(?:{language.year_stops})\s?$", re.I)
    cues = re.compile(rf"(?<!\w)(?:{language.year_cues})[ ,-]\s?$", re.I)
    plural = re.compile(
        rf"\s(?:\w{{1,20}}\s)?{language.plural_after}" if language.code == "de" else rf"\s{language.plural_after}"
    )
    era = re.compile(r"\s?(?:AD|BC|BCE|CE|n\. Chr|v\. Chr)\b")

    def say(found: re.Match[str]) -> str | None:
        year, lead, rest = int(found[1]), before(found), after(found)
        if stops.search(lead):
            return found[0]
        cued = bool(cues.search(lead) or era.match(rest) or (lead.endswith("(") and rest[:1] in ")–-,;"))
        if plural.match(rest) and not (cued and year > 1800 and year % 100):
            return found[0]
        if not cued and (year < 1800 or language.code != "en"):
            return found[0]
        return language.year(year) or found[0]

    return Rule(re.compile(rf"(?:{EDGE}|(?<=[a-z]-))(1\d{{3}}|20\d\d){_END}"), say)
