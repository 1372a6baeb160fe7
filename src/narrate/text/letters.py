"""Letters that stand for words: abbreviations, initials, roman numerals, capitals, divided words. Pure; see `rules`."""

import re

from narrate.text.languages import Language
from narrate.text.rules import Rule, after, any_of, before

_UPPER = "A-ZÀ-ÖØ-Þ"
_LOWER = "a-zß-öø-ÿ"
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_RULER = re.compile(
    r"\b(?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|König|Königin|Papst|Zar|Rey|Reina|Papa|Re|Roi|roi)\s$"
)
_NAME = re.compile(rf"(?<!\w)[{_UPPER}]\w{{1,30}}[\s\u00a0]$")
_SHOUTED_BEFORE = re.compile(rf"(?<!\w)(?:[{_UPPER}]{{2,20}}|[AI])[\s,’']{{1,2}}$")
_SHOUTED_AFTER = re.compile(rf"[\s,’']{{1,2}}(?:[{_UPPER}]{{2,20}}|[AI])(?!\w)")
_ACRONYMS_WORDS = (
    "USA UK EU UN NASA NATO BBC ITV CNN FBI CIA KGB DNA RNA HIV AIDS UNESCO UNICEF OECD IBM AOL GPS SOS UFO CEO "
    "CFO PhD MA BA AM PM AD BC CE BCE OK ID IQ AI VIP UAE USSR UEFA FIFA EEC ECB IMF IRA IRS ISBN ISO ABC AC DC "
    "IOU"
)
_ACRONYMS = frozenset(_ACRONYMS_WORDS.split())
_SHORT_WORDS_WORDS = "no not yes and the but you all he she my me do so go never now why how stop"
_SHORT_WORDS = frozenset(_SHORT_WORDS_WORDS.split())


def letter_rules(language: Language, *, heading: bool) -> list[Rule]:
    """Rules for letters, in the order in which they are to be tried."""
    rules = [*_roman(language, heading=heading), *_abbreviations(language)]
    if language.code == "en":
        rules += [_street(), _page_in_roman()]
    return [*rules, _initials(), _capitals(language, heading=heading), _divided()]


def _abbreviations(language: Language) -> list[Rule]:
    """Those with a full stop: only where a number or a name follows, or where they can mean nothing else."""

    def stopped(words: str, found: re.Match[str]) -> str:
        """The full stop of an abbreviation ends the sentence where nothing comes after it."""
        ends = found[0].endswith(".") and not re.search(r"\w", after(found, 400))
        return f"{words}." if ends else words

    rules = []
    if language.anywhere:
        pattern = rf"(?<![\w./])(?:{any_of(language.anywhere)})(?![\w/])"
        rules.append(Rule(re.compile(pattern), lambda found: stopped(language.anywhere[found[0]], found)))
    if language.before_number:
        number = r"[\d$£€]|(?:[IVX]{2,7}|[VX])(?!\w)|(?<=p\.\s)[ivxlc]{1,7}(?!\w)"
        pattern = rf"(?<![\w.])({any_of(language.before_number)})\.[\s\u00a0]?(?={number})"
        rules.append(Rule(re.compile(pattern), lambda found: f"{language.before_number[found[1]]} "))
    if language.before_name:
        pattern = rf"(?<![\w.])({any_of(language.before_name)})\.(?=[\s\u00a0](?:[{_UPPER}]|&\s|and\s))"
        rules.append(Rule(re.compile(pattern), lambda found: language.before_name[found[1]]))
    return rules


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


def _page_in_roman() -> Rule:
    def say(found: re.Match[str]) -> str | None:
        number = roman(found[0].upper())
        paged = re.search(r"\b(?:[Pp]ages?|pp?\.)\s$", before(found))
        return str(number) if number and paged else None

    return Rule(re.compile(r"(?<![\w’'-])[ivxlc]{1,8}(?![\w’'-])"), say)


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
    if language.code == "fr":
        from narrate.text.languages.french import ordinal

        def century(found: re.Match[str]) -> str | None:
            number = roman(found[1])
            return ordinal(number, "e") if number else None

        rules.insert(0, Rule(re.compile(r"(?<!\w)([IVX]{1,6})(?:er|e|ᵉ|ème)(?!\w)"), century))
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
        if not number or (len(numeral) == 1 and after(found, 1) in ("'", "’")):
            return None
        lead = before(found, 40)
        if monarch := self._monarch.search(lead):
            if len(numeral) > 1 or _RULER.search(lead[: monarch.start()]) or numeral in "VX":
                return self._regnal(found, monarch[1], number, lead[: monarch.start()])
            return None
        stop = "." if found[0].endswith(".") else ""
        if self._language.code == "it" and after(found).startswith(" secolo"):
            return self._language.regnal("", number, "")
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
            return numeral != "I" or ends or bool(re.search(r"(?:War|Chapter|Bowl)\s$", lead)) or rest.startswith(" of")
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
        if word in _ACRONYMS or not set(word) & set("AEIOUYÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜÆŒ") or set(word) <= set("IVX"):
            return None
        shouted = _SHOUTED_BEFORE.search(before(found)) or _SHOUTED_AFTER.match(after(found))
        if heading and found.string.isupper() and (word != "US" or shouted):
            return word.lower()
        if (shouted and word not in ("US", "IT")) or (language.code == "en" and word.lower() in _SHORT_WORDS):
            return word.lower()
        return None

    return Rule(re.compile(rf"(?=[{_UPPER}])(?<![\w.&’'-])[{_UPPER}]{{2,30}}(?![\w&]|\.\w)"), say)


def _divided() -> Rule:
    """ "inter- rupted", from the end of a line, as one word; not "pre- and post-war"."""
    keeps = "and|or|to|und|oder|bis|et|ou|y|o|e|u|than|nor|but"
    return Rule(re.compile(rf"(?<=[{_LOWER}][{_LOWER}])[-‐]\s(?=(?!(?:{keeps})\b)[{_LOWER}]{{2}})"), lambda _: "")
