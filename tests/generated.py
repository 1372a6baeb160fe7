"""Documents that hypothesis makes up: every kind of block, with words that Markdown and HTML could misread."""

from hypothesis import strategies as st

from narrate.document import (
    Block,
    Chapter,
    Code,
    Document,
    Figure,
    Formula,
    Heading,
    ListItem,
    Mark,
    MarkKind,
    Metadata,
    Note,
    Origin,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Silence,
    Skipped,
    Table,
    VoiceChange,
)

AT = Origin(line=1)
_TRICKY = (
    "rope Oil ferry’s ferry WHO 1986. 3) # - + * ** _it_ [x] [^1] ](y) <b> </p> &amp; & | \\ ` `` ::: --- === > ~~~ "
    "! “No.” Mr. … é 東京 x² a_b 1. :::pause 2s::: https://example.org/a_b $x$ {#id} word. End! -- *"
)
_WORDS = st.sampled_from(_TRICKY.split())


@st.composite
def texts(draw: st.DrawFn, most: int = 9) -> str:
    """A line of words; at least one of them can be said."""
    words = draw(st.lists(_WORDS, min_size=0, max_size=most))
    words.insert(draw(st.integers(0, len(words))), "rope")
    return " ".join(words)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, tuple[Mark, ...]]:
    """A line, and marks on whole words of it that do not cross one another."""
    text = draw(texts())
    bounds = [(at, at + len(word)) for at, word in _words(text)]
    marks = []
    for start, end in bounds:
        kind = draw(st.sampled_from([None, None, None, *(k for k in MarkKind if k not in _UNWRITABLE)]))
        if kind is None:
            continue
        if kind is MarkKind.NOTE:
            marks.append(Mark(start=end, end=end, kind=kind, value=draw(st.sampled_from(["1", "12", "*", "a"]))))
        else:
            marks.append(Mark(start=start, end=end, kind=kind, value=draw(_VALUES[kind])))
    around = draw(st.sampled_from([None, None, MarkKind.LANGUAGE, MarkKind.EMPHASIS, MarkKind.SMALL_CAPS]))
    if around and len(bounds) > 1:
        first = draw(st.integers(0, len(bounds) - 2))
        value = "it" if around is MarkKind.LANGUAGE else ""
        outer = Mark(start=bounds[first][0], end=bounds[-1][1], kind=around, value=value)
        marks.insert(sum(mark.start < outer.start or mark.end <= outer.start for mark in marks), outer)
    return text, tuple(marks)


_UNWRITABLE = {MarkKind.FORMULA}  # its words follow from its source
_VALUES = {kind: st.just("") for kind in MarkKind} | {
    MarkKind.LANGUAGE: st.sampled_from(["fr", "de-AT"]),
    MarkKind.ABBREVIATION: st.sampled_from(['World "Health"', "Oil & rope"]),
    MarkKind.RUBY: st.sampled_from(["とう", "rope_*"]),
    MarkKind.LINK: st.sampled_from(["https://example.org/a(b)", "https://example.org", "mailto:a@example.org", "#n3"]),
}


def _words(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for word in text.split(" "):
        found.append((at, word))
        at += len(word) + 1
    return found


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of one to three columns, with and without headers."""
    width = draw(st.integers(1, 3))
    row = st.tuples(*[texts(3) for _ in range(width)])
    return Table(
        caption=draw(st.one_of(st.just(""), texts(3))),
        header=draw(st.one_of(st.just(()), row)),
        rows=tuple(draw(st.lists(row, min_size=1, max_size=3))),
        row_headers=width > 1 and draw(st.booleans()),
        origin=AT,
    )


def _worded(kind: type) -> st.SearchStrategy[Block]:
    return marked().map(lambda found: kind(text=found[0], marks=found[1], origin=AT))


_MATHML = ("<math><mi>x</mi><mo>&lt;</mo><mi>_y_</mi></math>", '<math display="block"><mn>1</mn></math>')
_CAPTIONS = st.one_of(st.just(""), texts(4))
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    _worded(Paragraph),
    _worded(Quotation),
    st.builds(
        lambda found, level: Heading(text=found[0], marks=found[1], level=level, origin=AT),
        marked(),
        st.integers(1, 6),
    ),
    st.builds(
        lambda found, marker, level: ListItem(text=found[0], marks=found[1], marker=marker, level=level, origin=AT),
        marked(),
        st.sampled_from(["", "1", "2", "3", "7", "a", "iv", "B"]),
        st.integers(1, 3),
    ),
    st.builds(
        lambda found, label: Note(text=found[0], marks=found[1], label=label, origin=AT),
        marked(),
        st.sampled_from(["1", "12", "*", "a", "see b"]),
    ),
    st.builds(Figure, alt=_CAPTIONS, caption=_CAPTIONS, credit=_CAPTIONS, origin=st.just(AT)),
    tables(),
    st.builds(
        Code,
        text=st.lists(texts(4), min_size=1, max_size=3).map("\n".join),
        language=st.sampled_from(["", "python", "c++"]),
        origin=st.just(AT),
    ),
    st.builds(Formula, tex=st.sampled_from(["x^2", r"\frac{a}{b}"]), alt=_CAPTIONS, origin=st.just(AT)),
    st.builds(Formula, mathml=st.sampled_from(_MATHML), origin=st.just(AT)),
    st.builds(PageBreak, label=st.sampled_from(["", "12", "xii"]), origin=st.just(AT)),
    st.builds(SceneBreak, scene=st.sampled_from(["", "car driving, rain", "my tram"]), origin=st.just(AT)),
    st.builds(Silence, duration_s=st.sampled_from([0.5, 2.0]), origin=st.just(AT)),
    st.builds(VoiceChange, voice=st.sampled_from(["", "fake/high"]), origin=st.just(AT)),
    st.builds(VoiceChange, voice=st.just(""), speaker=st.sampled_from(["Misaki", "The driver"]), origin=st.just(AT)),
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A work of one or two chapters, each with a paragraph at least, and what its reader left out."""
    chapters = tuple(
        Chapter(
            title=draw(texts(3)),
            titled=draw(st.booleans()),
            blocks=(*draw(st.lists(BLOCKS, max_size=6)), Paragraph(text="Fin.", origin=AT)),
        )
        for _ in range(draw(st.integers(1, 2)))
    )
    skipped = tuple(
        Skipped(kind="navigation", reason="a menu of the page", count=count, origin=AT)
        for count in draw(st.lists(st.integers(1, 5), max_size=2))
    )
    seen = sum(len(chapter.blocks) for chapter in chapters) + sum(each.count for each in skipped)
    return Document(metadata=Metadata(title="In"), chapters=chapters, skipped=skipped, seen=seen)
