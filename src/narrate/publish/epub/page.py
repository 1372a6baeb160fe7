"""A chapter as an XHTML content document: its sentences in the blocks that the pauses between them tell of.

In: the cues of a chapter. Out: `Part`s, which the overlay follows as well, and markup. Pure.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from narrate.publish.labels import label
from narrate.publish.transcript import HeardChapter, HeardCue

_INSIDE = "sentence"
"""The one reason for a pause that does not end a block (`script.Reason`)."""

_ASIDES = {"image": "figure", "table": "table", "note": "footnote"}
"""What an aside is in the EPUB Structural Semantics Vocabulary; others are an "aside"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A block of sentences, or an interlude. `kind` is "heading", "title", "paragraph", "quotation", "sound" or, for an
    aside, its `epub:type`; `id` is that of its element."""

    id: str
    kind: str
    cues: tuple[HeardCue, ...]

    @property
    def is_aside(self) -> bool:
        """Whether reading systems may skip or leave it: a description, a table, a note."""
        return self.cues[0].is_aside


def parts_of(chapter: HeardChapter) -> list[Part]:
    """The chapter's blocks in order."""
    return [
        Part(id=f"b-{run[0].id}", kind=_kind(run[0], chapter.title), cues=tuple(run)) for run in _runs(chapter.cues)
    ]


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
    body, headed = [], False
    for part in parts:
        level = "h1" if part.kind == "heading" and not headed else "h2"
        headed = headed or part.kind == "heading"
        body.append(_block(part, level, language))
    tongue = escaped(language)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{tongue}" xml:lang="{tongue}">
<head>
<title>{escaped(chapter.title)}</title>
<link rel="stylesheet" type="text/css" href="../style.css"/>
</head>
<body>
<section epub:type="chapter" role="doc-chapter" aria-label="{escaped(chapter.title)}">
{"".join(body)}</section>
</body>
</html>
"""


def _block(part: Part, level: str, language: str) -> str:
    sentences = " ".join(f'<span id="{each.id}">{escaped(each.shown)}</span>' for each in part.cues)
    match part.kind:
        case "heading":
            return f'<{level} id="{part.id}">{sentences}</{level}>\n'
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
    lines = "".join(f'<p><span id="{each.id}">{escaped(each.shown)}</span></p>' for each in part.cues)
    name = escaped(label(part.cues[0].about, language).strip("[]"))
    return f'<aside id="{part.id}" class="{part.kind}" aria-label="{name}">{lines}</aside>\n'


def escaped(text: str) -> str:
    """`text` as XML 1.0 can hold it, in an element or between double quotes."""
    return html.escape("".join(char if char.isprintable() else " " for char in text))
