"""Amounts of money as a person would say them: "$3.5 million", "£4.50", "12,50 €". Pure; see `rules`."""

import re

from narrate.text.languages import Language
from narrate.text.languages.base import Form
from narrate.text.rules import EDGE, Rule, after, amount, any_of, before, western

_BEFORE_SIGN = r"(?<![\w$£€¥₹])"


def money_rules(language: Language) -> list[Rule]:
    """Rules for amounts with a currency's sign before or behind them."""
    sign = rf"(?P<sign>{any_of(language.currencies)})"
    large = rf"(?:[\s\u00a0]?(?P<large>{any_of(language.magnitudes)})(?!\w))?"
    high = rf"(?:\s?[–-]\s?(?:{any_of(language.currencies)})?\s?(?P<high>{amount(language)}))?"
    any_amount = rf"(?P<low>{amount(language)}){high}{large}"
    # Two digits are cents behind either sign: "€12,50" is met in English, "$3.50" in Spanish.
    cents = rf"(?P<whole>{amount(language, whole=True)})[.,](?P<part>\d\d)(?!\d|[.,]\d|\s?[–-]\s?\d)"
    no_more = rf"(?![\s\u00a0]?(?:{any_of(language.magnitudes)})(?!\w))"
    ways = [
        (rf"{_BEFORE_SIGN}{sign}[\s\u00a0]?", r"(?!\w)"),
        (EDGE, rf"[\s\u00a0]?{sign}(?!\w)"),
    ]
    shortened = any_of(each for each in language.magnitudes if each.endswith("."))
    without = rf"{EDGE}(?P<low>{amount(language)})[\s\u00a0](?P<large>{shortened or '(?!)'})(?=\s\w)(?!\sd[ei])"
    return [
        Rule(re.compile(f"{start}{middle}{end}"), say)
        for middle, say in (
            (cents + no_more, lambda found: _with_cents(found, language)),
            (any_amount, lambda found: _rounded(found, language)),
        )
        for start, end in ways
    ] + [Rule(re.compile(without), lambda found: counted(found["low"], language.magnitudes[found["large"]], language))]


def counted(number: str, names: Form, language: Language) -> str:
    """ "1 euro", "5 euros"."""
    return f"{language.one(names[0])} {names[0]}" if number == "1" else f"{number} {names[1]}"


def _with_cents(found: re.Match[str], language: Language) -> str | None:
    currency = language.currencies[found["sign"]]
    whole, part = western(found["whole"]), int(found["part"])
    if not currency.cent[0]:
        return None
    units = counted(whole, currency.name, language)
    if not part:
        return units
    cents = counted(str(part), currency.cent, language)
    return cents if whole == "0" else language.minor.format(units=units, part=part, cents=cents)


def _rounded(found: re.Match[str], language: Language) -> str:
    names = language.currencies[found["sign"]].name
    low, high = western(found["low"]), western(found["high"] or "")
    words = f"{low} {language.to} {high}" if high else low
    qualifies = is_singular(found, language)
    if not found["large"]:
        return f"{words} {names[0]}" if qualifies else counted(words, names, language)
    large = counted(words, language.magnitudes[found["large"]], language)
    named = names[0] if qualifies else names[1]
    if large.endswith("d'"):  # French elides before a vowel
        return f"{large}{named}" if named[0] in "aeiouy" else f"{large[:-1]}e {named}"
    return f"{large} {named}"


def is_singular(found: re.Match[str], language: Language) -> bool:
    """Whether an amount stands before a noun that it says something about: "a $5 bill", "a 10-foot pole"."""
    if not language.singular_after:
        return False
    return any(
        re.search(lead, before(found)) and re.match(rest, after(found)) for lead, rest in language.singular_after
    )
