"""What is shown in, what is said out, and how the two lie side by side. Pure.

Only what an engine would stumble over, or read as markup, is changed; what people write stays as it is, and so do
numbers that engines read well. The text that is displayed is never touched.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from narrate.document import Mark, MarkKind
from narrate.script import PRONOUNCED, Span
from narrate.text.dates import date_rules
from narrate.text.indices import index_rules
from narrate.text.languages import language_for
from narrate.text.letters import letter_rules
from narrate.text.lexicon import NO_LEXICON, Lexicon, lexicon_rules
from narrate.text.marks import raised, stresses
from narrate.text.marks import said as said_for
from narrate.text.mathwords import math_words_for
from narrate.text.numbers import code_rules, number_rules
from narrate.text.rules import Changes, Rule, any_of
from narrate.text.signs import MARKUP, PLAIN, note_rules, sign_rules
from narrate.text.words import words_for

# A sentence that has nothing of these needs none of the rules behind them; most have not.
_ODD = re.compile(
    '[^ a-zA-Z0-9.,;:!?\'"()’‘“”–\u00c0-\u024f-]|--|\\.{4}|www\\.|\\. \\.| – |[a-z][.!?][”"’)]?[0-9]|[CNSP]O[234]'
)
_BRACKETS = re.compile(rf"({PRONOUNCED.pattern})|\[\[|\]\]")
_NUMBER = re.compile("[0-9¼-¾⅐-⅞²³¹⁰⁴-⁹]")
_LETTERS = (
    "[A-ZÀ-ÖØ-Þ]{2}|[VX](?!\\w)|(?<!\\w)[A-ZÀ-Þ]\\w{1,30} I(?![\\w'’])|\\w\\.\\W{0,3}\\w|"
    "[/#&°]|[a-z][-‐] |\\bp\\. |[Pp]ages? [ivxlc]|(?:%s)\\W{0,3}$|(?<!\\w)(?:%s)"
)
"""What abbreviations, roman numerals, capitals and divided words have; filled with a language's abbreviations, those
that end in a full stop and the others."""


def spoken(
    text: str,
    language: str,
    *,
    heading: bool = False,
    code: bool = False,
    lexicon: Lexicon = NO_LEXICON,
    marks: tuple[Mark, ...] = (),
) -> tuple[str, tuple[Span, ...]]:
    """What the engine is given for `text`, and the spans where the two differ.

    `language` is a BCP 47 tag; a `heading` may be set in capitals or begin with a roman numeral; in `code` numbers
    and capitals are not read as prose; `lexicon` says how words are pronounced, above every rule but the `marks` that
    lie on the text. Characters outside every span correspond one to one. The result is "" (without spans) when
    nothing in the text can be said: there is neither a letter nor a digit nor a sign with a name.
    """
    text = raised(text, marks)
    changes = Changes(text)
    for mark in marks:
        said_there = said_for(mark, text, words_for(language), math_words_for(language).power)
        if said_there is not None:
            changes.put(mark.start, mark.end, said_there)
    if lexicon:
        changes.apply(lexicon_rules(lexicon, language))
    has_letters, codes, numbers, letters, signs = _rules(language, heading)
    if _NUMBER.search(text) and not code:
        changes.apply(codes)
        changes.apply(numbers)
    if not code and (heading or has_letters.search(text)):
        changes.apply(letters)
    if _ODD.search(text):
        markup, *indices = [None] if code else _outside(marks, _prose_rules(language))
        changes.apply(signs if markup is None else (markup, *signs, *indices))
    if marks and not heading and not code:
        for start, end, stress in stresses(marks, text):
            changes.stress(start, end, stress)
    said, spans = changes.aligned(lambda same: same.translate(PLAIN))
    if "[[" in said or "]]" in said:  # left over, or come together where something between them was left out
        said = _BRACKETS.sub(lambda found: found[1] or "  ", said)
    return (said, spans) if any(map(str.isalnum, said)) else ("", ())


def _outside(marks: Sequence[Mark], rules: Sequence[Rule]) -> Sequence[Rule]:
    """Rules for prose, but not for what the author shows as code."""
    listed = [mark for mark in marks if mark.kind is MarkKind.CODE]
    return [_beside(listed, rule) for rule in rules] if listed else rules


def _beside(listed: Sequence[Mark], rule: Rule) -> Rule:
    def say(found: re.Match[str]) -> str | None:
        return None if any(each.start <= found.start() < each.end for each in listed) else rule.say(found)

    return Rule(rule.pattern, say)


@lru_cache(maxsize=64)
def _prose_rules(tag: str) -> list[Rule]:
    """What is no markup, note or formula in a listing: tags left over, which go last, then notes and indices."""
    words = words_for(tag)
    return [MARKUP, *note_rules(words), *index_rules(words, math_words_for(tag))]


@lru_cache(maxsize=64)
def _rules(tag: str, heading: bool) -> tuple[re.Pattern[str], list[Rule], list[Rule], list[Rule], list[Rule]]:
    """What to look for before trying rules for letters; then the rules for codes, numbers, letters and signs.

    A language that is not known has no numbers and letters.
    """
    language = language_for(tag)
    signs = sign_rules(words_for(tag), language, tag)
    if language is None:
        return re.compile("(?!)"), code_rules(None), [], [], signs
    stopped = [each for each in language.anywhere if each.endswith(".")]
    others = [each for each in language.anywhere if not each.endswith(".")]
    gate = re.compile(_LETTERS % (any_of([*stopped, "St."]), any_of(others)))
    numbers = [*date_rules(language), *number_rules(language)]
    return gate, code_rules(language), numbers, letter_rules(language, heading=heading), signs
