"""A chapter as an XHTML content document: its sentences in the blocks that the pauses between them tell of.

In: the cues of a chapter. Out: `Part`s, which the overlay follows as well, and markup. Pure.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from narrate.publish.labels import label
from narrate.publish.letters import printable
from narrate.publish.transcript import HeardChapter, HeardCue

_RIGHT_TO_LEFT = frozenset(["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"])
"""Scripts, by ISO 15924, of languages that are in use."""

CHAPTER = "chapter"
"""The id of the element that holds a whole chapter."""

_INSIDE = "sentence"
"""The one reason for a pause that does not end a block (`script.Reason`)."""

_ASIDES = {"image": "figure", "table": "table", "note": "footnote"}
"""What an aside is in the EPUB Structural Semantics Vocabulary; others are an "aside"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A block of sentences, or an interlude. `kind` is "heading", "title", "paragraph", "quotation", "sound" or, for an
    aside, its `epub:type`; `id` is that of its element. `rank` of a heading is 1 for the chapter's first, below which
    all others are, to 6; 0 elsewhere."""

    id: str
    kind: str
    cues: tuple[HeardCue, ...]
    rank: int = 0

    @property
    def is_aside(self) -> bool:
        """Whether reading systems may skip or leave it: a description, a table, a note."""
        return self.cues[0].is_aside

    @property
    def shown(self) -> str:
        """What is to be read of it."""
        return " ".join(each.shown for each in self.cues)


def parts_of(chapter: HeardChapter) -> list[Part]:
    """The chapter's blocks in order."""
    parts, above = [], list[int]()
    for run in _runs(chapter.cues):
        kind, rank = _kind(run[0], chapter.title), 0
        if kind == "heading":
            # No level is left out, whatever the source did: people who jump from heading to heading count on that.
            while above[1:] and above[-1] >= run[0].level:
                above.pop()
            above.append(run[0].level)
            rank = min(6, len(above))
        parts.append(Part(id=f"b-{run[0].id}", kind=kind, cues=tuple(run), rank=rank))
    return parts


def _runs(cues: Iterable[HeardCue]) -> Iterator[list[HeardCue]]:
    run: list[HeardCue] = []
    for cue in cues:
        if cue.kind == "pause":
            ends = cue.reason != _INSIDE
        else:
            # An aside of several utterances is one; so are two sentences of one quotation.
            ends = bool(run) and (cue.role, cue.about) != (run[-1].role, run[-1].about)
        if ends and run:
            yield run
            run = []
        if cue.kind != "pause":
            run.append(cue)
    if run:
        yield run


def _kind(cue: HeardCue, title: str) -> str:
    if cue.kind == "interlude":
        return "sound"
    if cue.is_aside:
        return _ASIDES.get(cue.about, "aside")
    if cue.role == "heading":
        return "title" if cue.text != title and cue.id.endswith("-0002") else "heading"
    return "quotation" if cue.role == "quotation" else "paragraph"


def page(chapter: HeardChapter, parts: Iterable[Part], *, language: str) -> str:
    """The content document."""
    body = [_block(part, language) for part in parts]
    tongue = escaped(language)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{tongue}" xml:lang="{tongue}" dir="{direction(language)}">
<head>
<title>{escaped(chapter.title)}</title>
<link rel="stylesheet" type="text/css" href="../style.css"/>
</head>
<body>
<section id="{CHAPTER}" epub:type="chapter" role="doc-chapter" aria-label="{escaped(chapter.title)}">
{"".join(body)}</section>
</body>
</html>
"""


def _block(part: Part, language: str) -> str:
    sentences = " ".join(map(_sentence, part.cues))
    match part.kind:
        case "heading":
            return f'<h{part.rank} id="{part.id}">{sentences}</h{part.rank}>\n'
        case "title":
            return f'<p id="{part.id}" class="title" epub:type="fulltitle">{sentences}</p>\n'
        case "quotation":
            return f'<blockquote id="{part.id}"><p>{sentences}</p></blockquote>\n'
        case "sound":
            return f'<p id="{part.id}" class="sound">{sentences}</p>\n'
        case "paragraph":
            return f'<p id="{part.id}">{sentences}</p>\n'
        case "footnote":
            return f'<aside id="{part.id}" epub:type="footnote" role="doc-footnote"><p>{sentences}</p></aside>\n'
    lines = "".join(f"<p>{_sentence(each)}</p>" for each in part.cues)
    name = escaped(label(part.cues[0].about, language).strip("[]"))
    return f'<aside id="{part.id}" class="{part.kind}" aria-label="{name}">{lines}</aside>\n'


def _sentence(cue: HeardCue) -> str:
    """A sentence that can be lit, with the language of what in it is not the book's own."""
    text, done = "", 0
    for each in cue.tongues if cue.text.strip() else ():
        tongue = escaped(each.language)
        text += escaped(cue.text[done : each.start])
        text += f'<span lang="{tongue}" xml:lang="{tongue}">{escaped(cue.text[each.start : each.end])}</span>'
        done = each.end
    return f'<span id="{cue.id}">{text}{escaped(cue.shown[done:])}</span>'


def direction(language: str) -> str:
    """Which way a BCP 47 language is written: "rtl" or "ltr"."""
    from langcodes import Language

    try:
        return "rtl" if Language.get(language).maximize().script in _RIGHT_TO_LEFT else "ltr"
    except (LookupError, ValueError):
        return "ltr"


def escaped(text: str) -> str:
    """`text` as XML 1.0 can hold it, in an element or between double quotes."""
    return html.escape(printable(text))
