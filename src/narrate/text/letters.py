"""Letters that stand for words: abbreviations, initials, roman numerals, capitals, divided words. Pure; see `rules`."""

import re
from collections.abc import Mapping

from narrate.text.languages import Language
from narrate.text.languages.base import spelled
from narrate.text.rules import Rule, after, any_of, before

_UPPER = "A-ZÀ-ÖØ-Þ"
_LOWER = "a-zß-öø-ÿ"
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_CARDINAL = "spellout-cardinal-masculine"
_RULER = re.compile(
    r"\b(?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|König|Königin|Papst|Zar|Rey|Reina|Papa|Re|Roi|roi)\s$"
)
_NAME = re.compile(rf"(?<!\w)[{_UPPER}]\w{{1,30}}[\s\u00a0]$")
_SHOUTED_BEFORE = re.compile(rf"(?:(?<!\w)(?:[{_UPPER}]{{2,20}}|[AI])[\s,’']{{1,2}}){{1,6}}$")
_SHOUTED_AFTER = re.compile(rf"(?:[\s,’']{{1,2}}(?:[{_UPPER}]{{2,20}}|[AI])(?!\w)){{1,6}}")
_ACRONYMS_WORDS = (
    "USA UK EU UN NASA NATO BBC ITV CNN FBI CIA KGB DNA RNA HIV AIDS UNESCO UNICEF OECD IBM AOL GPS SOS UFO CEO "
    "CFO PhD MA BA AM PM AD BC CE BCE OK ID IQ AI VIP UAE USSR UEFA FIFA EEC ECB IMF IRA IRS ISBN ISO ABC AC DC "
    "IOU"
)
_ACRONYMS = frozenset(_ACRONYMS_WORDS.split())
_SHORT_WORDS_WORDS = "no not yes and the but you all he she my me do so go never now why how stop"
_SHORT_WORDS = frozenset(_SHORT_WORDS_WORDS.split())
_SHOUTED_MORE = (
    "THE OF TO IN ON AT BY FOR FROM WITH OFF OUT UP WE US IS ARE WAS IT THIS THAT HIS HER OUR YOUR MY NEW DAY KEEP "
    "HELP END AN OR BE WILL CAN ONE TWO DER DIE DAS UND EIN EINE NICHT LE LA LES DE DU ET UN UNE EL LOS LAS Y IL E DI"
)
_SHOUTED_WORDS = frozenset((*_SHOUTED_MORE.split(), *(word.upper() for word in _SHORT_WORDS)))


def letter_rules(language: Language, *, heading: bool) -> list[Rule]:
    """Rules for letters, in the order in which they are to be tried."""
    saints = [_santo()] if language.code == "it" else []
    rules = [*_roman(language, heading=heading), *saints, *_abbreviations(language)]
    if language.code == "en":
        rules += [_street(), _drive(), _small_roman(language)]
    rules += _titles(language)
    if language.code == "de":
        rules.append(Rule(re.compile(rf"(?<=[{_LOWER}]{{2}})str\.(?=\s(?:\d|[{_LOWER}])|[,;)]|$)"), lambda _: "straße"))
    if language.code == "it":
        rules.append(_elided())
    return [*rules, _initials(), _capitals(language, heading=heading), _divided()]


def _abbreviations(language: Language) -> list[Rule]:
    """Those with a full stop: only where a number or a name follows, or where they can mean nothing else."""

    def stopped(words: str, found: re.Match[str]) -> str:
        """The full stop of an abbreviation ends the sentence where nothing comes after it."""
        ends = found[0].endswith(".") and not re.search(r"\w", after(found, 400))
        return f"{words}." if ends else words

    rules = []
    anywhere = {**_at_start(language.anywhere), **language.anywhere}
    if anywhere:
        pattern = rf"(?<![\w./])(?:{any_of(anywhere)})(?:(?<=[°º])(?=\d)|(?![\w/]))"
        rules.append(Rule(re.compile(pattern), lambda found: stopped(_apart_from(found, anywhere[found[0]]), found)))
    if language.before_number:
        number = r"[\d$£€]|(?:[IVX]{2,7}|[VX])(?!\w)|(?<=p\.\s)[ivxlc]{1,7}(?!\w)"
        pattern = rf"(?<![\w.])({any_of(language.before_number)})\.[\s\u00a0]?(?={number})"
        rules.append(Rule(re.compile(pattern), lambda found: f"{language.before_number[found[1]]} "))
    if language.before_name:
        pattern = rf"(?<![\w.])({any_of(language.before_name)})\.(?=[\s\u00a0](?:[{_UPPER}]|&\s|and\s|le\s[{_UPPER}]))"
        rules.append(Rule(re.compile(pattern), lambda found: language.before_name[found[1]]))
    return rules


def _apart_from(found: re.Match[str], words: str) -> str:
    """n°5: with a space before what it stands against."""
    return f"{words} " if after(found, 1).isdigit() else words


def _at_start(abbreviations: Mapping[str, str]) -> dict[str, str]:
    """ "E.g." beside "e.g.". Not "A.C." beside "a.C.", which may be somebody's initials."""
    return {
        short[0].upper() + short[1:]: words[0].upper() + words[1:]
        for short, words in abbreviations.items()
        if short[0].islower() and short[1:].islower()
    }


def _street() -> Rule:
    """ "St. Ives" is a saint, "Baker St." a street; "Main St. Bridge" is left to the engine, for it could be either."""

    small = "At|In|On|The|To|For|From|By|Of|And|Saint|Near|Visit"
    name = re.compile(rf"(?<!\w)(?!(?:{small})\b)[{_UPPER}\d]\w{{1,30}}\s$")

    def say(found: re.Match[str]) -> str | None:
        named = name.search(before(found, 40))
        if re.match(rf"\s[{_UPPER}]", after(found)):
            return None if named and found.start() > len(named[0]) else "Saint"
        if not named:
            return None
        ends = not re.search(r"\w", after(found, 400)) or re.match(r"\s[“\"]?[A-Z]", after(found))
        return "Street." if ends else "Street"

    return Rule(re.compile(r"(?<![\w.])St\."), say)


def _drive() -> Rule:
    """ "Oak Dr." where no name follows; "Dr." before a name is in the table."""
    name = re.compile(rf"(?<!\w)[{_UPPER}]\w{{1,30}}\s$")

    def say(found: re.Match[str]) -> str | None:
        return "Drive" if name.search(before(found, 40)) and re.match(rf"\s[{_LOWER}]|,", after(found)) else None

    return Rule(re.compile(r"(?<![\w.])Dr\."), say)


def _titles(language: Language) -> list[Rule]:
    """ "Mt Everest", "le Pr Blanc": as the British and the French write them, without a full stop."""
    written = {"en": "Mt Ft Lt Capt Sgt Cpl Prof Revd", "fr": "Pr"}.get(language.code, "").split()
    if not written:
        return []
    pattern = rf"(?<!\w)({any_of(written)})(?=\s[{_UPPER}][{_LOWER}])"
    return [Rule(re.compile(pattern), lambda found: language.before_name[found[1]])]


def _santo() -> Rule:
    """S. Francesco, S. Maria, S. Antonio, S. Stefano."""

    def say(found: re.Match[str]) -> str:
        name = found[1]
        if name[0] in "AEIOU":
            return f"Sant'{name}"
        if name.endswith("a") and name not in ("Luca", "Nicola", "Mattia"):
            return f"Santa {name}"
        return f"Santo {name}" if name.startswith(("St", "Sp")) else f"San {name}"

    return Rule(re.compile(rf"(?<![\w.])S\.[\s\u00a0]([{_UPPER}][{_LOWER}]{{2,20}})"), say)


def _small_roman(language: Language) -> Rule:
    """Page xii, Act II, scene i."""
    cues = any_of(cue for cue in language.roman_cues if " " not in cue)
    numbered = re.compile(rf"\b(?:[Pp]ages?|pp?\.|[Cc]hap\.|[Cc]h\.|{cues}|{cues.lower()})\s$")

    def say(found: re.Match[str]) -> str | None:
        number, last = roman(found[1].upper()), roman((found[2] or "").upper())
        if not number or not numbered.search(before(found)) or (found[2] and not last):
            return None
        return f"{number} {language.to} {last}" if last else str(number)

    return Rule(re.compile(r"(?<![\w’'-])([ivxlc]{1,8})(?:[–-]([ivxlc]{1,8}))?(?![\w’'-])"), say)


def _elided() -> Rule:
    """l'8 marzo, dell'11: an engine takes the article for a letter."""
    return Rule(
        re.compile(r"(?<=[lLnd][’'])\d{1,4}(?!\w|[.,:]\d)"), lambda found: spelled(int(found[0]), "it", _CARDINAL)
    )


def _initials() -> Rule:
    """J. R. R. Tolkien without a pause at every stop; a lone A. keeps its own, or it would be read as the article."""
    apart = rf"(?<![\w.])(?:[{_UPPER}]\.[\s\u00a0]?){{1,4}}(?=[\s\u00a0]?[{_UPPER}][{_LOWER}])"

    def say(found: re.Match[str]) -> str | None:
        letters = re.findall(r"\w", found[0])
        if len(letters) < 2 or "A" in letters:
            return None
        return " ".join(letters) + " "

    return Rule(re.compile(apart), say)


def roman(numeral: str) -> int | None:
    """The value of a roman numeral in capitals; None for anything else."""
    if not numeral or not _ROMAN.fullmatch(numeral):
        return None
    values = [_VALUES[letter] for letter in numeral]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _roman(language: Language, *, heading: bool) -> list[Rule]:
    """After "Chapter", after a monarch's name, in headings, and behind a name where two letters or more stand.

    "I" alone is a number only where nothing else can be meant: "World War I", "King Charles I", "Act I,".
    """
    reader = _RomanReader(language, heading=heading)
    stop = r"\.?" if language.code == "de" else ""
    rules = [Rule(re.compile(rf"(?=[IVXLCDM])(?<![\w.'’-])([IVXLCDM]{{1,12}}){stop}(?!\w)"), reader.say)]

    def span(found: re.Match[str]) -> str | None:
        first, last = roman(found[1]), roman(found[2])
        return f"{first} {language.to} {last}" if first and last and first < last else None

    rules.insert(0, Rule(re.compile(r"(?<![\w.'’-])([IVXLC]{2,8})[–-]([IVXLC]{2,8})(?![\w-])"), span))
    if language.code == "fr":
        from narrate.text.languages.french import ordinal

        def century(found: re.Match[str]) -> str | None:
            number = roman(found[1])
            return f"{ordinal(number, found[2])}{' siècle' if found[3] else ''}" if number else None

        rules.insert(0, Rule(re.compile(r"(?<!\w)([IVX]{1,6})(ers?|res?|es?|ᵉ|ème)(?!\w)(\ss\.)?"), century))
    return rules


class _RomanReader:
    """Decides about one numeral by the words before and behind it."""

    def __init__(self, language: Language, *, heading: bool) -> None:
        self._language = language
        self._heading = heading
        written = {form for cue in language.roman_cues for form in (cue, cue.upper())}
        cues = any_of({*written, *(f"{short}." for short in language.before_number)})
        small = any_of({cue.lower() for cue in language.roman_cues})
        self._cue = re.compile(rf"(?<!\w)(?:{cues})[\s\u00a0]$")
        self._small_cue = re.compile(rf"(?<!\w)(?:{small})[\s\u00a0]$")
        self._monarch = re.compile(rf"(?<!\w)({any_of(language.monarchs)})[\s\u00a0]$")

    def say(self, found: re.Match[str]) -> str | None:
        numeral = found[1]
        number = roman(numeral)
        lead, possessive = before(found, 40), after(found, 1) in ("'", "’")
        if not number:
            return None
        if monarch := self._monarch.search(lead):
            ruler = _RULER.search(lead[: monarch.start()])
            lone = self._language.code != "en" or re.match(rf"\sof\s[{_UPPER}]", after(found)) or numeral in "VX"
            if len(numeral) > 1 or ruler or (lone and not possessive):
                return self._regnal(found, monarch[1], number, lead[: monarch.start()])
            return None
        if len(numeral) == 1 and possessive:
            return None
        stop = "." if found[0].endswith(".") else ""
        if counted := self._language.numeral(number, lead, after(found)):
            return counted
        if self._is_number(found, numeral, lead):
            return f"{self._language.year(number) if number > 1000 else number}{stop}"
        return None

    def _regnal(self, found: re.Match[str], name: str, number: int, lead: str) -> str | None:
        said = self._language.regnal(name, number, lead)
        ends = found[0].endswith(".") and not re.search(r"\w", after(found, 400))
        return f"{said}." if said and ends else said

    def _is_number(self, found: re.Match[str], numeral: str, lead: str) -> bool:
        rest = after(found)
        ends = not rest or rest[0] in ".,:;)–—!?-|" or found[0].endswith(".")
        if self._cue.search(lead):
            return (
                numeral != "I"
                or ends
                or bool(re.search(r"(?:War|Chapter|Bowl|Type|Phase)\s$", lead))
                or rest.startswith(" of")
            )
        if len(numeral) > 1 and self._small_cue.search(lead):
            return True
        plain = set(numeral) <= set("IVX") and numeral != "XXX"
        if self._heading and not lead and ends:
            return plain or set(numeral) <= set("IVXL") or len(numeral) > 3
        return (len(numeral) > 3 and not plain) or (len(numeral) > 1 and plain and bool(_NAME.search(lead)))


def _capitals(language: Language, *, heading: bool) -> Rule:
    """Capitals that stand for emphasis or for a heading are read as words; a short word alone is an acronym."""

    def say(found: re.Match[str]) -> str | None:
        word = found[0]
        if word in language.letters or (word == "WHO" and re.search(r"\b[Tt]he\s$", before(found))):
            return " ".join(word)
        if word in _ACRONYMS or not set(word) & set("AEIOUYÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜÆŒ") or set(word) <= set("IVX"):
            return None
        shouted = _is_shouted(found)
        if heading and found.string.isupper() and (word != "US" or shouted):
            return word.lower()
        if (shouted and word not in ("US", "IT")) or (language.code == "en" and word.lower() in _SHORT_WORDS):
            return word.lower()
        return None

    return Rule(re.compile(rf"(?=[{_UPPER}])(?<![\w.&’'-])[{_UPPER}]{{2,30}}(?![\w&]|\.\w)"), say)


def _is_shouted(found: re.Match[str]) -> bool:
    """Whether a word stands among others in capitals that are no acronyms: "KEEP OFF THE GRASS", not "CPU, GPU"."""
    lead = _SHOUTED_BEFORE.search(before(found, 60))
    rest = _SHOUTED_AFTER.match(after(found, 60))
    words = re.findall(r"\w+", f"{lead[0] if lead else ''} {found[0]} {rest[0] if rest else ''}")
    return len(words) > 1 and any(each in _SHOUTED_WORDS or len(each) > 5 for each in words if each not in _ACRONYMS)


def _divided() -> Rule:
    """ "inter- rupted", from the end of a line, as one word; not "pre- and post-war"."""
    keeps = "and|or|to|und|oder|bis|et|ou|y|o|e|u|than|nor|but"
    return Rule(re.compile(rf"(?<=[{_LOWER}][{_LOWER}])[-‐]\s(?=(?!(?:{keeps})\b)[{_LOWER}]{{2}})"), lambda _: "")
