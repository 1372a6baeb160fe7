"""Figures raised above the line or lowered below it: a note's number, a power, an isotope, a formula of chemistry.

Pure; see `rules`.
"""

import re

from narrate.text.marks import note
from narrate.text.mathwords import MathWords
from narrate.text.rules import Rule, Say, after, before
from narrate.text.words import Words

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_LETTERS = "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
_PLAIN = str.maketrans(f"{_RAISED}{_LOWERED}{_LETTERS}ⁿⁱ⁺⁻⁽⁾", "01234567890123456789aehijklmnoprstuvxni+-()")
_COMPOUNDS = "CO2|NO2|SO2|SO3|SO4|NO3|CO3|PO4"
"""Written on the line as often as not, and read as words where they are ("koh two")."""

_COMPOUND = re.compile(rf"(?:[()]|[A-Z][a-z]?|[{_LOWERED}0-9])+")
_ELEMENT = re.compile(rf"[A-Z][a-z]?|[{_LOWERED}0-9]+")
_NOTED = re.compile(r"(?:[^\W\d_]{2}|[a-zß-öø-ÿ.,;:!?”\"’)]|\d{4})$")
_SYMBOL = re.compile(r"(?<!\w)(?:[^\W\d_]|[b-df-hj-np-tv-xzπ]{2,3})$")
_BRACKETED = re.compile(r"\((?![^()]*[^\W\d_]{3})[^()]{1,40}\)$")
_CALCULATED = re.compile(r"\s?[=+×·⋅/−<>≤≥≈]")


def index_rules(words: Words, math: MathWords) -> list[Rule]:
    """Rules for figures off the line, in the order in which they are to be tried."""

    def raised(found: re.Match[str]) -> str | None:
        """A power behind a symbol or a number, a note behind a word."""
        figures, lead, rest = _plain(found[0]), before(found), after(found)
        if _is_power(figures, lead, rest):
            return f" {power(figures, math)}"
        if not figures.isdigit() or not _NOTED.search(lead):
            return None
        return note(figures, lead, rest, words)

    def caret(found: re.Match[str]) -> str:
        return f" {power(next(filter(None, found.groups())), math)}"

    return [
        Rule(
            re.compile(rf"(?<![\w.])[A-Z(][A-Za-z{_LOWERED}()]{{0,30}}[²³⁴⁵]?[⁺⁻]?(?![\w{_RAISED}⁺⁻])"), _compound(math)
        ),
        Rule(re.compile(rf"(?<!\w)(?:{_COMPOUNDS})(?!\w)"), lambda found: _elements(found[0])),
        Rule(re.compile(rf"(?<!\w)([{_RAISED}]{{1,3}})(?=[A-Z][a-z]?(?!\w))"), lambda found: f"{_plain(found[1])} "),
        Rule(re.compile(rf"(?<=[\w.,;:!?”\"’)])[⁺⁻]?[{_RAISED}ⁿⁱ]{{1,6}}"), raised),
        Rule(
            re.compile(rf"(?<=[^\W\d_])[{_LOWERED}{_LETTERS}]{{1,4}}"),
            lambda found: f" {math.sub.format(_plain(found[0]))}",
        ),
        Rule(re.compile(r"(?<=[\w)])\^(?:\{([^{}]{1,12})\}|\(([^()]{1,12})\)|([-−]?\w{1,6}))"), caret),
    ]


def power(exponent: str, math: MathWords) -> str:
    """ "squared", "to the power of minus 3"."""
    if exponent == "2":
        return math.squared
    if exponent == "3":
        return math.cubed
    return math.power.format(re.sub("[-−]", f"{math.signs['−']} ", exponent))


def _is_power(figures: str, lead: str, rest: str) -> bool:
    if lead[-1:].isdigit():
        return not re.search(r"\d{4}$", lead)
    if not figures.isdigit():
        return True
    if figures == "1":
        return False
    if _CALCULATED.match(rest) and re.search(r"(?:(?<!\w)[^\W\d_]{1,3}|\))$", lead):
        return True
    return bool(_SYMBOL.search(lead) or _BRACKETED.search(lead))


def _compound(math: MathWords) -> Say:
    """H₂SO₄, Ca²⁺: element by element, in letters."""

    def say(found: re.Match[str]) -> str | None:
        base = found[0].rstrip("⁺⁻")
        charge = found[0][len(base) :]
        count = base[-1:] if charge and base[-1:] in "²³⁴⁵" else ""
        base = base.removesuffix(count) if count else base
        if not (charge or set(base) & set(_LOWERED)) or not _COMPOUND.fullmatch(base):
            return None
        sign = {"": "", "⁺": math.signs["+"], "⁻": math.signs["−"]}[charge]
        return " ".join(filter(None, (_elements(base), _plain(count), sign)))

    return say


def _elements(formula: str) -> str:
    """ "CO₂" as "C-O-2": joined, for a lone A would be read as the article."""
    return "-".join("-".join(part.upper()) if part.isalpha() else _plain(part) for part in _ELEMENT.findall(formula))


def _plain(figures: str) -> str:
    return figures.translate(_PLAIN)
