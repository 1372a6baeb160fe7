"""Titles, chapters, blocks and their places in the source: what golden cases do not show."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.document import (
    Code,
    Figure,
    Heading,
    ListItem,
    Mark,
    MarkKind,
    Note,
    Origin,
    Paragraph,
    Quotation,
    SceneBreak,
    Table,
)
from narrate.errors import SourceError
from narrate.source.divide import divide, opening_words
from narrate.source.lines import Headings, author_of, is_mark, is_title, join_drop_cap, split_drop_cap
from narrate.source.markdown import read_markdown
from narrate.source.text import read_text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I passed my driving test in June of 2021 having hated it.", "I passed my driving test in June…"),
        ("It rained. Then it stopped.", "It rained…"),
        ("Mr. Vane lit the lamps, as he did, daily.", "Mr. Vane lit the lamps, as he…"),
        ("“If I were you, I would go home and sleep,” she said.", "If I were you, I would go…"),
        ("x" * 1_000_000, "x" * 60 + "…"),
        ("…", "…"),
    ],
)
def test_an_untitled_piece_is_named_by_its_opening_words(text: str, name: str) -> None:
    assert opening_words(text) == name


@pytest.mark.parametrize("line", ["* * *", "***", "⁂", "—", "---", "#", "•••", "~~~", "§", "* * * * *", "_____"])
def test_these_lines_are_marks(line: str) -> None:
    assert is_mark(line)


@pytest.mark.parametrize("line", ["- rope", "…", "# Quay", "1", "***a***"])
def test_these_lines_are_no_marks(line: str) -> None:
    assert not is_mark(line)


@pytest.mark.parametrize(
    "line",
    [
        "Chapter IV",
        "CHAPTER 4: The Road",
        "Chapter Twenty-One",
        "CHAPTER I. THE QUAY.",
        "IV.",
        "XII",
        "IV. The Quay at Night",
        "PROLOGUE",
        "Epilogue",
        "Appendix B: Lamps",
        "PART TWO",
        "Book the Second",
        "Kapitel 3",
        "Chapitre premier",
        "# The Quay",
    ],
)
def test_these_lines_are_headings(line: str) -> None:
    assert Headings().find((line,), ("It rained all night and nobody came.",))


@pytest.mark.parametrize(
    "line",
    [
        "I. was the initial on the trunk.",
        "Chapter two was the one he never finished.",
        "Part of the quay fell in.",
        "Book a room before you go",
        "1. Rope",
        "I. M. Vane",
        "1989",
        "Introduction to rope was his first course.",
        "Letter after letter came",
        "Act on it",
    ],
)
def test_these_lines_are_no_headings(line: str) -> None:
    assert not Headings().find((line,), ("It rained all night and nobody came.",))


@pytest.mark.parametrize("line", ["Dear John,", "It rained.", "Chapter I", "🚗🚗", "1. Rope", "T", "w " * 30, "so:"])
def test_these_first_lines_are_no_titles(line: str) -> None:
    assert not is_title(line)


def test_a_by_line_holds_a_name_and_no_sentence() -> None:
    assert author_of("by Ada Quill") == "Ada Quill"
    assert author_of("By J. R. Vane") == "J. R. Vane"
    assert author_of("by the quay we waited") == ""
    assert author_of("Ada Quill") == ""


@pytest.mark.parametrize("text", ["It rained.", "Also here", "In June", "Ideas", "Along it", "Away we go", "I’m"])
def test_whole_words_are_no_glued_drop_caps(text: str) -> None:
    assert split_drop_cap(text) == text


def test_a_drop_cap_is_joined_to_its_word_or_stands_as_one() -> None:
    assert join_drop_cap("T", "he road") == "The road"
    assert join_drop_cap("I", "have kept") == "I have kept"
    assert join_drop_cap("I", "t rained") == "It rained"
    assert join_drop_cap("A", "few lamps") == "A few lamps"
    assert join_drop_cap("T", "He road") == ""


def heading(text: str, level: int) -> Heading:
    return Heading(text=text, level=level, origin=Origin())


def prose(text: str) -> Paragraph:
    return Paragraph(text=text, origin=Origin())


def test_headings_without_text_between_them_share_a_chapter() -> None:
    (chapter,) = divide([heading("One", 1), heading("Quay", 2), prose("Rain.")], chapter_level=2)
    assert chapter.title == "One: Quay"
    assert len(chapter.blocks) == 3


def test_a_heading_that_is_repeated_at_its_level_names_the_chapter_alone() -> None:
    (chapter,) = divide([heading("One", 2), heading("Two", 2), prose("Rain.")])
    assert chapter.title == "Two"
    assert [block.text for block in chapter.blocks if isinstance(block, Heading)] == ["One", "Two"]


def test_ten_thousand_headings_make_ten_thousand_chapters() -> None:
    blocks = [block for n in range(10_000) for block in (heading(f"Chapter {n}", 2), prose("Rain."))]
    assert len(divide(blocks)) == 10_000


def test_breaks_at_the_edges_of_a_chapter_are_dropped() -> None:
    scene = SceneBreak(origin=Origin())
    (chapter,) = divide([scene, heading("One", 2), scene, prose("Rain."), scene, scene])
    assert [type(block) for block in chapter.blocks] == [Heading, Paragraph]


def test_a_title_that_the_first_heading_repeats_is_said_once() -> None:
    (chapter,) = divide([heading("The quay", 2), prose("Rain.")], opening=[heading("The Quay!", 1)])
    assert sum(isinstance(block, Heading) for block in chapter.blocks) == 1


MARKDOWN = """---
title: The Last Ferry
---
# The Last Ferry

Rain[^a] fell
on it.

> Mind the rope.

2. Oil
   1. Whale

      and more

| A | B |
|---|---|
| 1 |

```sh
ls
```

![Lamp](l.png) ![](x.png)

[^a]: Much
    of it[^b].
[^b]: Really.
"""


def marked(at: int, label: str) -> Mark:
    """The mark of a note."""
    return Mark(start=at, end=at, kind=MarkKind.NOTE, value=label)


def test_every_block_of_markdown_knows_its_line() -> None:
    (chapter,) = read_markdown(Path("a.md"), MARKDOWN.encode()).chapters
    assert list(chapter.blocks) == [
        Heading(text="The Last Ferry", level=1, origin=Origin(line=4)),
        Paragraph(text="Rain fell on it.", marks=(marked(4, "1"),), origin=Origin(line=6)),
        Note(label="1", text="Much of it.", marks=(marked(10, "2"),), origin=Origin(line=26)),
        Note(label="2", text="Really.", origin=Origin(line=28)),
        Quotation(text="Mind the rope.", origin=Origin(line=9)),
        ListItem(text="Oil", marker="2", origin=Origin(line=11)),
        ListItem(text="Whale", marker="1", level=2, origin=Origin(line=12)),
        ListItem(text="and more", marker="", level=2, origin=Origin(line=14)),
        Table(header=("A", "B"), rows=(("1", ""),), origin=Origin(line=16)),
        Code(text="ls", language="sh", origin=Origin(line=20)),
        Figure(alt="Lamp", origin=Origin(line=24)),
    ]


def test_lines_of_plain_text_are_counted_with_any_line_end() -> None:
    (chapter,) = read_text(Path("a.txt"), b"It rained.\r\n\r\nThen it\r\nstopped.\r\n").chapters
    assert [block.origin.line for block in chapter.blocks] == [1, 3]


def test_a_hundred_quotations_in_each_other_keep_their_words() -> None:
    (chapter,) = read_markdown(Path("a.md"), b"> " * 100 + b"deep\n").chapters
    assert [block.text for block in chapter.blocks if isinstance(block, Quotation)] == ["deep"]


@pytest.mark.parametrize(
    "unit", ["[", "![a", "^[", "`a``", "**a", "<a ", '<div a="', "“q. ", "> ", "a|", "[^1]", "*a "]
)
def test_forty_kilobytes_of_anything_are_read_at_once(unit: str) -> None:
    for reader in (read_text, read_markdown):
        try:
            reader(Path("a.md"), unit.encode() * (40_000 // len(unit)))
        except SourceError as error:
            assert "white space" in str(error)  # noqa: PT017


PIECES = ("rope ", "Quay", ". ", "\n", "\n\n", "\n\n\n", "* * *\n", "Chapter I\n\n", "IV.\n", "1\n", "T\nhe ", "Ihave ")
MORE_PIECES = (
    "by Ada Quill\n",
    "“Oh!” ",
    "PART ONE\n\n",
    "THE SEA\n",
    "é",
    ", ",
    "# ",
    "Rather a long stretch of words ",
)
FRAGMENTS = st.lists(st.sampled_from(PIECES + MORE_PIECES), max_size=60).map("".join)


@settings(max_examples=150, deadline=None)
@given(FRAGMENTS)
def test_no_word_of_a_plain_text_is_lost_or_moved(text: str) -> None:
    try:
        document = read_text(Path("a.txt"), text.encode())
    except SourceError:
        return
    kept = [each.text for each in document.skipped if each.kind == "heading"]  # a title that is said again
    for chapter in document.chapters:
        assert chapter.title
        for block in chapter.blocks:
            kept += (block.caption, block.credit) if isinstance(block, Figure) else (getattr(block, "text", ""),)
    assert [c for c in "".join(kept) if c.isalnum()] == [c for c in text if c.isalnum()]
