"""Amounts of money as a person would say them: "$3.5 million", "£4.50", "12,50 €". Pure; see `rules`."""

import re

from narrate.text.languages import Language
from narrate.text.languages.base import Form
from narrate.text.rules import EDGE, Rule, after, amount, any_of, before

_BEFORE_SIGN = r"(?<![\w$£€¥₹])"


def money_rules(language: Language) -> list[Rule]:
    """Rules for amounts with a currency's sign before or behind them."""
    sign = rf"(?P<sign>{any_of(language.currencies)})"
    large = rf"(?:[\s\u00a0]?(?P<large>{any_of(language.magnitudes)})(?!\w))?"
    high = rf"(?:\s?[–-]\s?(?:{any_of(language.currencies)})?\s?(?P<high>{amount(language)}))?"
    any_amount = rf"(?P<low>{amount(language)}){high}{large}"
    cents = rf"(?P<whole>{amount(language, whole=True)}){re.escape(language.decimal)}(?P<part>\d\d)(?!\d|\s?[–-]\s?\d)"
    no_more = rf"(?![\s\u00a0]?(?:{any_of(language.magnitudes)})(?!\w))"
    ways = [
        (rf"{_BEFORE_SIGN}{sign}[\s\u00a0]?", r"(?!\w)"),
        (EDGE, rf"[\s\u00a0]?{sign}(?!\w)"),
    ]
    return [
        Rule(re.compile(f"{start}{middle}{end}"), say)
        for middle, say in (
            (cents + no_more, lambda found: _with_cents(found, language)),
            (any_amount, lambda found: _rounded(found, language)),
        )
        for start, end in ways
    ]


def form(number: str, names: Form) -> str:
    """The name for one, or for many."""
    return names[0] if number == "1" else names[1]


def _with_cents(found: re.Match[str], language: Language) -> str | None:
    currency = language.currencies[found["sign"]]
    whole, part = found["whole"], int(found["part"])
    if not currency.cent[0]:
        return None
    units = f"{whole} {form(whole, currency.name)}"
    if not part:
        return units
    cents = f"{part} {form(str(part), currency.cent)}"
    return cents if whole == "0" else language.minor.format(units=units, part=part, cents=cents)


def _rounded(found: re.Match[str], language: Language) -> str:
    name = language.currencies[found["sign"]].name
    words = f"{found['low']} {language.to} {found['high']}" if found["high"] else found["low"]
    qualifies = bool(
        language.singular_after
        and re.search(language.singular_after, before(found))
        and re.match(r"[\s-][a-z]", after(found))
    )
    if not found["large"]:
        return f"{words} {name[0] if qualifies else form(words, name)}"
    large = language.magnitudes[found["large"]]
    named = name[0] if qualifies else name[1]
    if large.endswith("d'"):  # French elides before a vowel
        return f"{words} {large}{named}" if named[0] in "aeiouy" else f"{words} {large[:-1]}e {named}"
    return f"{words} {large} {named}"
