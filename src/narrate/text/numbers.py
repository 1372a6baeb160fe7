"""Amounts and codes as a person would say them: units, ranges, fractions, ordinals, telephones. Pure; see `rules`."""

import re
import unicodedata
from functools import partial

from narrate.text.languages import Language
from narrate.text.languages.base import spelled
from narrate.text.mathwords import math_words_for
from narrate.text.money import form, money_rules
from narrate.text.rules import EDGE, Rule, after, amount, any_of, before

_VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def number_rules(language: Language) -> list[Rule]:
    """Rules for amounts, in the order in which they are to be tried, after those for dates."""
    return [
        *_fractions(language),
        *money_rules(language),
        *_ordinals(language),
        *_units(language),
        Rule(re.compile(r"(?<![\w#&])(?:#|№\s?)(?=\d)"), lambda _: f"{language.number} "),
        *_ranges(language),
        Rule(re.compile(EDGE + r"\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3}){1,5}(?![\d\w])"), _closed),
        Rule(re.compile(r"(?<=\d)⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,5}"), partial(_power, language)),
        Rule(re.compile(r"(?<=(?<![\w'’])[b-zB-HJ-ZΑ-ω])(?:[²³]|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,5})"), partial(_power, language)),
        Rule(re.compile(r"(?<=(?<![\w'’])[aA])[²³](?!\w)"), partial(_power, language)),
        Rule(re.compile(r"(?<=(?<![\w'’])[b-df-hj-np-tv-xzπ]{2})[²³](?!\w)"), partial(_power, language)),  # mc², πr²
    ]


def code_rules(language: Language | None) -> list[Rule]:
    """Numbers that are read digit by digit in every language; they go before all others."""
    plus = language.plus if language else "plus"

    def isbn(found: re.Match[str]) -> str:
        return f"I S B N {_digits(found[1])}"

    def telephone(found: re.Match[str]) -> str | None:
        if not 7 <= sum(map(str.isdigit, found[0])) <= 15:
            return None
        return _digits(found[0]).replace("+", f"{plus} ")

    groups = r"(?:[\s.\u00a0-]?\(?\d{1,5}\)?){1,6}"
    isbn_number = r"(97[89][\s-]?(?:\d[\s-]?){9}\d|(?:\d[\s-]?){9}[\dXx])(?!\d)"
    return [
        Rule(re.compile(rf"\bISBN(?:-1[03])?:?\s?{isbn_number}"), isbn),
        Rule(re.compile(rf"(?<![\w+])\+[1-9]{groups}(?!\d)"), telephone),
        Rule(re.compile(r"(?<![\w.-])(?:1-)?(?:\(\d{3}\)\s?|\d{3}[\s-])\d{3}-\d{4}(?![\d-])"), telephone),
        Rule(re.compile(r"(?<=[Cc]all )\d{3}-\d{4}(?![\d-])|(?<=[Tt]el\. )\d[\d /-]{5,14}\d(?![\d-])"), telephone),
    ]


def _digits(number: str) -> str:
    """ "020 7946" as "0 2 0, 7 9 4 6"."""
    return ", ".join(" ".join(group).replace("+ ", "+") for group in re.findall(r"\+?[\dXx]+", number))


def _closed(found: re.Match[str]) -> str | None:
    """ "10 000" as one number: with a space that does not break, or where the groups can be no numbers of their own."""
    if found[0].count(" ") == 1 and " 0" not in found[0]:
        return None
    return re.sub(r"\D", "", found[0])


def _power(language: Language, found: re.Match[str]) -> str | None:
    words = math_words_for(language.code)
    match exponent := found[0].translate(_SUPERSCRIPTS):
        case "2":
            return f" {words.squared}"
        case "3":
            return f" {words.cubed}"
    said = exponent.replace("-", f"{words.signs['−']} ")
    return f" to the {said}" if language.code == "en" else f" {words.power.format(said)}"


def _fractions(language: Language) -> list[Rule]:
    """2½, ¾, 1/2, 2 1/2."""

    def named(whole: str | None, above: int, below: int) -> str | None:
        said = language.fractions.get((above, below))
        if said is None:
            return None
        if not whole:
            return said
        if language.code == "de" and (above, below) == (1, 2):
            return f"{spelled(int(whole), 'de', 'spellout-numbering').removesuffix('s')}einhalb"
        if language.code == "en" and above == 1:
            said = said.replace("one", "an" if below == 8 else "a")
        return language.mixed.format(whole, said)

    def vulgar(found: re.Match[str]) -> str | None:
        above, _, below = unicodedata.normalize("NFKC", found[2]).partition("\u2044")
        return named(found[1], int(above), int(below))

    def slashed(found: re.Match[str]) -> str | None:
        if not found[1] and re.search(r"\b(?:on|since|by|until|of|dated)\s$", before(found), re.I):
            return None  # a day, perhaps
        return named(found[1], int(found[2]), int(found[3]))

    return [
        Rule(re.compile(rf"(?:{EDGE}(\d{{1,9}})\s?)?([{_VULGAR}])"), vulgar),
        Rule(re.compile(EDGE + r"(\d{1,3})/\1(?![\w/]|[.,]\d)"), lambda found: f"{found[1]} {found[1]}"),
        Rule(re.compile(EDGE + r"(?:(\d{1,9})\s)?([1-9])[/\u2044](\d\d?)(?![\w/]|[.,]\d)"), slashed),
    ]


def _units(language: Language) -> list[Rule]:
    """5 km/h, 10–12 °C, 3 ft 2 in, 5′11″. One letter is a unit only where a space stands before it."""
    number = amount(language)
    short = [sign for sign in language.units if len(sign) == 1 and sign.isalpha()]
    long = [sign for sign in language.units if sign not in short]
    # What "20 °C–25 °C" says twice is said once.
    high = rf"(?:\s?(?:{any_of(long)})?\s?[–-]\s?({number}))?"
    units = rf"(?:[\s\u00a0]?({any_of(long)})|[\s\u00a0]({any_of(short)}))(?![\w²³/°]|['’]\w)"

    def say(found: re.Match[str]) -> str | None:
        minus, low, high, *unit = found.groups()
        names = language.units[unit[0] or unit[1]]
        words = f"{minus or ''}{low} {language.to} {high}" if high else f"{minus or ''}{low}"
        name = form(words, names)
        if re.search(language.singular_after or "(?!)", before(found)) and re.match(r"[\s-][a-z]", after(found)):
            name = names[0]
        return f"{words} {name}"

    rules = [Rule(re.compile(rf"(?=[0-9−-])(?<![\w.,:/$£€¥₹#–])(?<!\d-)([−-])?({number}){high}{units}"), say)]
    if language.code == "en":
        rules = [*_feet(), *rules]
    return rules


def _feet() -> list[Rule]:
    def say(found: re.Match[str]) -> str:
        feet = f"{found[1]} {form(found[1], ('foot', 'feet'))}"
        return f"{feet} {found[2]} {form(found[2], ('inch', 'inches'))}" if found[2] else feet

    return [
        Rule(re.compile(EDGE + r"(\d{1,4})[\s\u00a0]?ft\.?[\s\u00a0](\d{1,2})[\s\u00a0]?in\b"), say),
        Rule(re.compile(EDGE + r"(\d{1,4})[′']\s?(\d{1,2})(?:[″\"]|′′|'')(?!\w)"), say),
    ]


def _ordinals(language: Language) -> list[Rule]:
    """1er, 2e, 3ème; 1.º, 3.ª, 1.er. English ordinals an engine reads by itself, German ones are in `dates`."""
    if language.code == "fr":
        from narrate.text.languages.french import ordinal

        endings = r"(er|re|ère|ere|e|è|ᵉ|ème|eme|nd|nde|ième)(?!\w)"
        return [Rule(re.compile(rf"(?<![\w.,])(\d{{1,3}}){endings}"), lambda found: ordinal(int(found[1]), found[2]))]
    if language.code not in ("es", "it"):
        return []

    def say(found: re.Match[str]) -> str | None:
        number, ending = int(found[1]), found[2]
        if ending == "°" and (number > 20 or not re.match(r"\s[a-zà-ÿ]", after(found))):
            return None  # degrees
        kind = "feminine" if ending == "ª" else "masculine"
        if language.code == "es" and kind == "masculine" and (ending == "er" or re.match(r"\s[a-zà-ÿ]", after(found))):
            kind = "masculine-adjective"
        return spelled(number, language.code, f"spellout-ordinal-{kind}")

    endings = r"\.?([ºª]|er)" if language.code == "es" else "([ºª°])"
    return [Rule(re.compile(rf"(?<![\w.,])(\d{{1,3}}){endings}(?!\w)"), say)]


def _ranges(language: Language) -> list[Rule]:
    """10–20, pp. 3–4; a hyphen is a range where words say so. What is no range is read without "dash"."""
    number = amount(language)
    cues = re.compile(r"\b(?:pages?|pp?\.|chapters?|aged?|ages|from|S\.|Seiten?|pág\w*\.?|pagg?\.)\s?$", re.I)

    def value(number: str) -> float:
        return float(re.sub(r"\D", "", number.split(language.decimal)[0]))

    def say(found: re.Match[str]) -> str | None:
        low, dash, high = found.groups()
        rises = value(low) < value(high) or len(high) < len(low)
        follows = re.match(r"\s[a-zà-ÿ]{3,}|\s?%", after(found))
        if len(high) < len(low) and low.isdigit() and high.isdigit() and rises:
            high = low[: len(low) - len(high)] + high
        if rises and (dash == "–" or cues.search(before(found)) or follows):
            return f"{low} {language.to} {high}"
        return f"{low} {high}" if dash == "-" else None

    return [Rule(re.compile(rf"{EDGE}({number})\s?([–-])\s?({number})(?![\w–-]|[.,:/]\d)"), say)]
