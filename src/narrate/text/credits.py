"""Spoken credits, as shops want them: a chapter before the first, and one behind the last.

In: what is known of the work. Out: the document with two more chapters, in the words of its language (else English).
"""

from dataclasses import dataclass, replace

from narrate.document import Chapter, Document, Metadata, Origin, Paragraph


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """One language's credits; what has braces is filled with `str.format`."""

    opening: str
    closing: str
    by: str
    read_by: str
    by_computer: str
    this_was: str
    end: str


_ENGLISH = _Words(
    opening="Opening credits",
    closing="Closing credits",
    by="by {}",
    read_by="Narrated by {}.",
    by_computer="Narrated by a computer's voice.",
    this_was="This has been {}.",
    end="The end.",
)
_BY_LANGUAGE = {
    "en": _ENGLISH,
    "de": _Words(
        opening="Vorspann",
        closing="Abspann",
        by="von {}",
        read_by="Gelesen von {}.",
        by_computer="Gelesen von einer Computerstimme.",
        this_was="Das war {}.",
        end="Ende.",
    ),
    "fr": _Words(
        opening="Générique de début",
        closing="Générique de fin",
        by="de {}",
        read_by="Lu par {}.",
        by_computer="Lu par une voix de synthèse.",
        this_was="C'était {}.",
        end="Fin.",
    ),
    "es": _Words(
        opening="Créditos iniciales",
        closing="Créditos finales",
        by="de {}",
        read_by="Narrado por {}.",
        by_computer="Narrado por una voz sintética.",
        this_was="Esto ha sido {}.",
        end="Fin.",
    ),
    "it": _Words(
        opening="Titoli di testa",
        closing="Titoli di coda",
        by="di {}",
        read_by="Letto da {}.",
        by_computer="Letto da una voce sintetica.",
        this_was="Avete ascoltato {}.",
        end="Fine.",
    ),
}


def is_opening(title: str) -> bool:
    """Whether a chapter of this title holds opening credits, in whatever language."""
    return title in {each.opening for each in _BY_LANGUAGE.values()}


def is_closing(title: str) -> bool:
    """Whether a chapter of this title holds closing credits, in whatever language."""
    return title in {each.closing for each in _BY_LANGUAGE.values()}


def with_credits(document: Document, metadata: Metadata) -> Document:
    """`document` between its spoken credits: title, author, and who reads it, which is a computer's voice where
    `metadata` names no narrator. A document that has them already stays as it is."""
    words = _BY_LANGUAGE.get(metadata.language.split("-")[0].lower(), _ENGLISH)
    title = metadata.title
    if metadata.author.strip():
        title = f"{title}, {words.by.format(metadata.author)}"
    reader = words.read_by.format(metadata.narrator) if metadata.narrator.strip() else words.by_computer
    opening = _chapter(words.opening, (f"{title}.", reader))
    closing = _chapter(words.closing, (words.this_was.format(title), reader, words.end))
    if document.chapters[0] == opening:
        return document
    added = len(opening.blocks) + len(closing.blocks)
    return replace(document, chapters=(opening, *document.chapters, closing), seen=document.seen + added)


def _chapter(title: str, sentences: tuple[str, ...]) -> Chapter:
    return Chapter(title=title, titled=True, blocks=tuple(Paragraph(text=each, origin=Origin()) for each in sentences))
