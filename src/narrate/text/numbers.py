"""Amounts and codes as a person would say them: units, ranges, fractions, ordinals, telephones. Pure; see `rules`."""

import re
import unicodedata

from narrate.text.languages import Language
from narrate.text.languages.base import Form, spelled
from narrate.text.money import counted, is_singular, money_rules
from narrate.text.rules import EDGE, LAKHS, Rule, after, amount, any_of, apart, before, western

_VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_ONE_SIGN = {"°C": "℃", "°F": "℉"}
_EACH = {"mo": "month", "yr": "year", "wk": "week", "hr": "hour"} | {
    word: word
    for word in [
        "month",
        "year",
        "week",
        "day",
        "hour",
        "night",
        "person",
        "minute",
        "mile",
        "gallon",
        "barrel",
        "share",
        "user",
        "head",
    ]
}


def number_rules(language: Language) -> list[Rule]:
    """Rules for amounts, in the order in which they are to be tried, after those for dates."""
    return [
        *_english(language),
        *_fractions(language),
        *money_rules(language),
        *_ordinals(language),
        *_units(language),
        _price(language),
        Rule(re.compile(r"(?<![\w#&])(?:#|№\s?)(?=\d)"), lambda _: f"{language.number} "),
        *_sums(language),
        *_ranges(language),
        Rule(re.compile(EDGE + r"\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3}){1,5}(?![\d\w])"), _closed),
        *_calculations(language),
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
        if not found[1] and _dated(found):
            return None
        return named(found[1], int(found[2]), int(found[3]))

    def half(found: re.Match[str]) -> str | None:
        return language.half(found[1] or "", found[2])

    ending = "(?:rds?|ths?|nds)?" if language.code == "en" else ""
    return [
        Rule(re.compile(rf"(?:{EDGE}(\d{{1,4}})\s?)?½\s([^\W\d_]{{2,30}})"), half),
        Rule(re.compile(rf"(?:{EDGE}(\d{{1,9}})\s?)?([{_VULGAR}])"), vulgar),
        Rule(re.compile(EDGE + r"(\d{1,3})/\1(?![\w/]|[.,]\d)"), lambda found: f"{found[1]} {found[1]}"),
        Rule(re.compile(rf"{EDGE}(?:(\d{{1,9}})\s)?([1-9])[/\u2044](\d\d?){ending}(?![\w/]|[.,]\d)"), slashed),
    ]


def _price(language: Language) -> Rule:
    """€/kg, $/barrel."""

    def say(found: re.Match[str]) -> str:
        unit = language.units.get(found[1])
        return f" {language.per} {unit[0] if unit else found[1]}"

    return Rule(re.compile(r"(?<=[€$£])/([^\W\d_]{1,12})(?!\w)"), say)


def _dated(found: re.Match[str]) -> bool:
    """Whether "on" or the like makes "9/10" a day."""
    return bool(re.search(r"\b(?:on|since|by|until|of|dated)\s$", before(found), re.I))


def _units(language: Language) -> list[Rule]:
    """5 km/h, 10–12 °C, 3 ft 2 in, 5′11″. One letter is a unit only where a space stands before it."""
    number = amount(language)
    names = _written_ways(language)
    short = [sign for sign in names if len(sign) == 1 and sign.isalpha()]
    long = [sign for sign in names if sign not in short]
    # What "20 °C–25 °C" says twice is said once.
    high = rf"(?:\s?(?:{any_of(long)})?\s?[–-]\s?({number}))?"
    stop = r"(?:\.(?=\s[a-z0-9]|[;,)]))?" if language.code == "en" else ""  # 6 ft. tall
    units = rf"(?:[\s\u00a0\u202f]?({any_of(long)})|[\s\u00a0\u202f]({any_of(short)}))(?![\w²³/°⁻]|['’]\w){stop}"
    fraction = rf"{re.escape(language.decimal)}\d{{1,9}}"

    def say(found: re.Match[str]) -> str | None:
        minus, low, high, *unit = found.groups()
        name = names[unit[0] or unit[1]]
        words = f"{low} {language.to} {high}" if high else low
        said = f"{words} {name[0]}" if is_singular(found, language) else counted(words, name, language)
        return f"{language.signs['−']} {said}" if minus else said

    edge = r"(?<![\w.,:/$£€¥₹#–])(?<!\d-)(?<![A-Z]-)"  # I-80 W is no unit
    rules = [Rule(re.compile(rf"(?=[0-9.,−-]){edge}([−-])?({number}|{fraction}){high}{units}"), say)]
    behind_power = rf"(?<=[⁰¹²³⁴⁵⁶⁷⁸⁹]\s)(?:{any_of(names)})(?![\w²³/°⁻])"
    rules.append(Rule(re.compile(behind_power), lambda found: names[found[0]][1]))
    return [*_feet(language), *rules] if language.code == "en" else rules


def _written_ways(language: Language) -> dict[str, Form]:
    """The units as they are met: "° C" and "m2" beside "°C" and "m²", "μm" with the sign and with the letter."""
    ways = dict(language.units)
    for sign, names in language.units.items():
        plain = sign.replace("²", "2").replace("³", "3").replace("µ", "μ")
        for other in (sign.replace("°", "° "), _ONE_SIGN.get(sign, sign), plain):
            if other not in (sign, "° "):
                ways.setdefault(other, names)
    return ways


def _feet(language: Language) -> list[Rule]:
    def say(found: re.Match[str]) -> str:
        feet, inches = counted(found[1], ("foot", "feet"), language), counted(found[2], ("inch", "inches"), language)
        return f"{feet} {inches}"

    return [
        Rule(re.compile(EDGE + r"(\d{1,4})[\s\u00a0]?ft\.?[\s\u00a0](\d{1,2})[\s\u00a0]?in\b"), say),
        Rule(re.compile(EDGE + r"(\d{1,4})[′']\s?(\d{1,2})(?:[″\"]|′′|'')(?!\w)"), say),
    ]


def _english(language: Language) -> list[Rule]:
    """9/10, $5/month, 1,00,000, 5,000th: engines stumble over their slashes and commas."""
    if language.code != "en":
        return []

    def ordinal(found: re.Match[str]) -> str:
        return spelled(int(found[1].replace(",", "")), "en", "spellout-ordinal")

    def rated(found: re.Match[str]) -> str | None:
        return f"{found[1]} out of {found[2]}" if float(found[1]) <= int(found[2]) and not _dated(found) else None

    each = any_of({*_EACH, *_EACH.values()})
    return [
        Rule(re.compile(EDGE + r"(\d{1,3}(?:\.\d)?)/(10)(?![\w/]|[.,]\d)"), rated),
        Rule(re.compile(rf"(?<=\w)/({each})(?!\w)"), lambda found: f" per {_EACH.get(found[1], found[1])}"),
        Rule(re.compile(rf"{EDGE}{LAKHS}(?![\d\w])"), lambda found: western(found[0])),
        Rule(re.compile(EDGE + r"(\d{1,3}(?:,\d{3}){1,3}|\d{4,9})(?:st|nd|rd|th)(?!\w)"), ordinal),
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
        counted = re.match(r"\s(?:anniversario|compleanno|posto|giorno|minuto|reggimento)\b", after(found))
        if ending == "°" and ((number > 20 and not counted) or not re.match(r"\s[a-zà-ÿ]", after(found))):
            return None  # degrees
        kind = "feminine" if ending == "ª" else "masculine"
        before_noun = ending == "er" or re.match(
            r"\s(?!(?:de|del|y|o|en|a|al|que|por|con|se|es)\b)[a-zà-ÿ]", after(found)
        )
        if language.code == "es" and kind == "masculine" and before_noun:
            kind = "masculine-adjective"
        return spelled(number, language.code, f"spellout-ordinal-{kind}")

    endings = r"\.?([ºª]|er)" if language.code == "es" else "([ºª°])"
    return [Rule(re.compile(rf"(?<![\w.,])(\d{{1,3}}){endings}(?!\w)"), say)]


def _ranges(language: Language) -> list[Rule]:
    """10–20, pp. 3–4; a hyphen is a range where words say so. What is no range is read without "dash"."""
    number = amount(language)
    cues = re.compile(
        r"\b(?:pages?|pp?\.|chapters?|aged?|ages|from|S\.|Seiten?|págs?\.|páginas|pagg?\.|pagine|nn?\.|vv\.)\s?(?:[\d–-]{1,9},\s)*$",
        re.I,
    )
    noun = re.compile(r"\s[A-ZÄÖÜa-zà-ÿ]{3,}|\s?%" if language.code == "de" else r"\s[a-zà-ÿ]{3,}|\s?%")

    def value(number: str) -> float:
        return float(re.sub(r"\D", "", number.split(language.decimal)[0]))

    def say(found: re.Match[str]) -> str | None:
        low, dash, high = found.groups()
        cued = cues.search(before(found))
        if len(high) < len(low) and low.isdigit() and high.isdigit():  # 112–19; but 112–98 is a score
            whole = low[: len(low) - len(high)] + high
            near = dash == "–" and len(low) > len(high) == 2 and int(whole) - int(low) < 60
            if int(low) < int(whole) and (cued or near):
                return f"{low} {language.to} {whole}"
        if value(low) < value(high) and (dash == "–" or cued or noun.match(after(found))):
            return f"{low} {language.to} {high}"
        return f"{low} {high}" if dash == "-" else None

    return [Rule(re.compile(rf"{EDGE}({number})\s?([–-])\s?({number})(?![\w–-]|[.,:/]\d)"), say)]


def _sums(language: Language) -> list[Rule]:
    """5 - 3 = 2: a hyphen before an equation's sign is a minus, and no range."""
    minus = language.signs["−"]
    return [Rule(re.compile(r"(?<=\d\s)-(?=\s\d{1,9}\s?[=≈])"), lambda _: minus)]


def _calculations(language: Language) -> list[Rule]:
    """5 - 3 = 2; 3:1; −5. A book's chapter and verse ("John 3:1") are no ratio."""

    def ratio(found: re.Match[str]) -> str | None:
        verse = re.search(r"(?<!\w)[^\W\d_a-zß-ÿ]\w{1,20}\.?\s$", before(found))
        if len(found[2]) == 2 and not (verse and language.code == "en"):
            return None
        return (
            f"{found[1]} {found[2]}" if verse and language.code == "en" else f"{found[1]} {language.ratio} {found[2]}"
        )

    minus = language.signs["−"]
    return [
        Rule(re.compile(EDGE + r"(\d{1,4}):(\d\d?|1\d{2,3})(?![\w:]|[.,]\d)"), ratio),
        Rule(re.compile(r"(?<![\w.,:/–-])[−-](?=\.?\d)|(?<=[\w)]\s)−(?=\s[\w(])"), lambda found: apart(found, minus)),
    ]
