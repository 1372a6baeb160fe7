"""The items of a script in, its Document out: chapters by its own lines, and every block where it stands. Pure."""

from collections.abc import Mapping, Sequence

from narrate.document import Block, Chapter, Document, Metadata
from narrate.source.account import left_over
from narrate.source.directives import ChapterLine
from narrate.source.divide import divide
from narrate.source.front_matter import FrontMatter
from narrate.source.name import plain
from narrate.source.stream import Item, Stream


def scripted(
    front: FrontMatter,
    items: Sequence[Item],
    lines: Mapping[str, ChapterLine],
    *,
    title: str,
    stream: Stream,
    warnings: Sequence[str],
) -> Document:
    """The Document of a script. `lines` are its chapter lines by the anchors among `items`; `title` is the last resort.

    What stands before the first chapter line is divided as any Markdown is. A chapter line without anything after it
    is no chapter.
    """
    lead: list[Block] = []
    parts: list[tuple[ChapterLine, list[Block]]] = []
    for item in items:
        if item.anchor in lines:
            parts.append((lines[item.anchor], []))
        elif item.block:
            (parts[-1][1] if parts else lead).append(item.block)
    empty = [f"chapter “{line.title}”: there is nothing in it" for line, blocks in parts if not blocks]
    chapters = [Chapter(title=line.title, titled=line.titled, blocks=tuple(blocks)) for line, blocks in parts if blocks]
    before = divide(lead)
    chapters[:0] = before
    found = front.title or (chapters[0].title if chapters else title)
    return Document(
        metadata=Metadata(
            title=plain(found),
            author=front.author,
            language=front.language,
            narrator=front.narrator,
            date=front.date,
            cover=front.cover,
        ),
        chapters=tuple(chapters),
        settings=front.settings,
        warnings=(*warnings, *stream.warnings, *empty),
        skipped=(*stream.skipped, *left_over(lead, before)),
        seen=stream.seen,
    )
