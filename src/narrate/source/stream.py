"""What the walker leaves behind, in reading order, and the notes put where they are marked. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from narrate.document import Block, Figure, Heading, Note, Origin, PageBreak, Quotation, SceneBreak, Skipped


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A note's mark: the note's key (`file#id`) and the label that is shown."""

    key: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A place in the stream: a block with the marks of notes on it; or a place that a link points to (`anchor`); or
    where something stood that is not read here (`gone` says what), so that a heading over it alone is not read either.
    """

    block: Block | None = None
    references: tuple[Reference, ...] = ()
    anchor: str = ""
    gone: str = ""


@dataclass(kw_only=True, slots=True)
class Body:
    """A note's own text, and what was in it besides text (pictures, tables)."""

    note: Item
    others: list[Item]


@dataclass(kw_only=True, slots=True)
class Stream:
    """Everything that was seen in one or several files. `loose` are notes that stay in the text they stand in."""

    items: list[Item] = field(default_factory=list)
    bodies: dict[str, Body] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    seen: int = 0

    def skip(self, kind: str, reason: str, origin: Origin, *, count: int = 1, text: str = "") -> None:
        """Say that blocks which were seen are left out, and why."""
        text = text if len(text) <= 80 else text[:79].rstrip() + "…"
        self.skipped.append(Skipped(kind=kind, reason=reason, count=count, text=text, origin=origin))


def woven(stream: Stream) -> list[Item]:
    """The items with every note after the block that first marks it; notes that nothing marks come last.

    A heading above nothing but notes is left out.
    """
    told: set[str] = set()
    items: list[Item] = []
    for item in stream.items:
        items.append(item)
        items += _notes(item.references, stream, told)
    for key, body in stream.bodies.items():
        if key not in told:
            items += [body.note, *body.others]
            told.add(key)
            items += _notes(body.note.references, stream, told)
    return list(_without_empty_headings(items, stream))


def _notes(references: Iterable[Reference], stream: Stream, told: set[str]) -> Iterator[Item]:
    waiting = list(references)
    for reference in waiting:  # grows while it is walked
        if reference.key in told:
            continue
        told.add(reference.key)
        body = stream.bodies.get(reference.key)
        if body is None:
            if reference.key not in stream.loose:
                stream.warnings.append(f"note {reference.label}: its text is not in the source")
            continue
        note = body.note.block
        if isinstance(note, Note) and note.label != reference.label and reference.label:
            note = Note(label=reference.label, text=note.text, marks=note.marks, origin=note.origin)
        yield Item(block=note)
        yield from body.others
        waiting += body.note.references


def _without_empty_headings(items: list[Item], stream: Stream) -> Iterator[Item]:
    """Leave out headings under which only such things stood as are not read there; but never the first, the title."""
    held: list[Item] = []
    gone = ""
    aside = Figure | PageBreak | SceneBreak | Quotation
    first = next((item for item in items if item.block and not isinstance(item.block, aside)), None)
    for item in items:
        block = item.block
        if isinstance(block, Heading):
            yield from _let_go(held, stream, "" if _level(held) < block.level else gone)
            held, gone = [item], ""
        elif held and (item.gone or item.anchor or isinstance(block, PageBreak | SceneBreak)):
            gone = gone or ("" if held[0] is first else item.gone)
            held.append(item)
        else:
            yield from held
            held, gone = [], ""
            yield item
    yield from _let_go(held, stream, gone)


def _level(held: list[Item]) -> int:
    return held[0].block.level if held and isinstance(held[0].block, Heading) else 0


def _let_go(held: list[Item], stream: Stream, gone: str) -> Iterator[Item]:
    for item in held:
        if gone and isinstance(item.block, Heading):
            stream.skip("heading", f"a heading over {gone}", item.block.origin, text=item.block.text)
        else:
            yield item
