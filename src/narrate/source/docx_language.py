"""Which words of a DOCX file are in another language than the rest, as Word says of runs (`w:lang`). Pure.

Word notes the language of the keyboard, so that an English letter is full of "German" words. Runs are therefore only
believed where their words are in that language rather than in the document's, by py3langid.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, islice
from xml.etree import ElementTree

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_FEWEST_LETTERS = 8
"""Less does not tell its language."""
_SAMPLE = 500
"""Runs whose words tell the document's language."""
_MOST_ASKED = 3000
"""Stretches that are looked at, half a millisecond each; a document of more is full of Word's mistakes."""
OPEN, CLOSE = "\ue002{}\ue003", "\ue004"
"""Put around the words; HTML is made of these signs when mammoth is done. No text has them: they are private."""
_OPENED = re.compile("\ue002([A-Za-z0-9-]{2,30})\ue003([^\ue002-\ue004]*)\ue004")


def marked(body: ElementTree.Element, language: str) -> str:
    """Put signs around the words of `body` in another language than the document's; its language, by most of its words
    where its styles and what is written in it say different things ("" where nobody says)."""
    said = Counter[str]()
    words: list[str] = []
    for run in body.iter(_WORD + "r"):
        said[_language(run) or language] += len(_text(run))
        words += [_text(run)] if len(words) < _SAMPLE else []
    most = max(said, key=lambda tag: said[tag], default="") or language
    if language and _primary(most) != _primary(language) and not _is_in("".join(words), most, language):
        most = language
    if len([tag for tag in said if tag]) < 2:
        return most
    others = (
        (tag, runs)
        for paragraph in body.iter(_WORD + "p")
        for tag, runs in _stretches(paragraph)
        if tag and _primary(tag) != _primary(most)
    )
    for tag, runs in islice(others, _MOST_ASKED):
        if _is_in("".join(map(_text, runs)), tag, most):
            for run in runs:
                _mark(run, tag)
    return most


def as_html(markup: str) -> str:
    """mammoth's HTML with elements in the place of the signs."""
    markup = _OPENED.sub(r'<span lang="\1">\2</span>', markup)
    return re.sub("\ue002[^\ue003]{0,30}\ue003|\ue004", "", markup)


def _stretches(paragraph: ElementTree.Element) -> Iterator[tuple[str, list[ElementTree.Element]]]:
    runs = [run for run in paragraph.iter(_WORD + "r") if _text(run)]
    yield from ((tag, list(held)) for tag, held in groupby(runs, key=_language))


def _language(run: ElementTree.Element) -> str:
    found = run.find(f"{_WORD}rPr/{_WORD}lang")
    tag = found.get(_WORD + "val", "") if found is not None else ""
    return tag if _TAG.fullmatch(tag) else ""


def _text(run: ElementTree.Element) -> str:
    return "".join(each.text or "" for each in run.findall(_WORD + "t"))


def _mark(run: ElementTree.Element, tag: str) -> None:
    for each in run.findall(_WORD + "t"):
        if each.text and each.text.strip():
            each.text = OPEN.format(tag) + each.text + CLOSE


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _is_in(words: str, tag: str, language: str) -> bool:
    """Whether words are in the language of `tag` rather than in the document's."""
    if sum(map(str.isalpha, words)) < _FEWEST_LETTERS:
        return False
    from py3langid import rank

    scores = {str(name): float(score) for name, score in rank(words)}
    one, other = scores.get(_primary(tag)), scores.get(_primary(language))
    return one is not None and (other is None or one > other)
