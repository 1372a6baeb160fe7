"""Names that every file system takes, and the arithmetic of a release."""

from pathlib import Path, PurePosixPath

import pytest

from narrate.document import Metadata
from narrate.release import (
    Release,
    ReleaseChapter,
    book_file_name,
    chapter_file_name,
    identifier,
    release_folder,
    safe_name,
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Night Drive", "Night Drive"),
        ("“Rain on the Window, I Waited”", "“Rain on the Window, I Waited”"),
        ('The "Long" Way', "The “Long” Way"),
        ('"Rain"', "“Rain”"),
        ("Roads: A History", "Roads - A History"),
        ("Leaving at 10:30", "Leaving at 10.30"),
        ("North/South\\East|West", "North-South-East-West"),
        ("Who drives? *Me*", "Who drives Me"),
        ("a<b>c", "a‹b›c"),
        ("Mr. Ha.", "Mr. Ha"),
        ("To be continued...", "To be continued…"),
        ("...", "…"),
        (".hidden", "hidden"),
        ("..", "Untitled"),
        (".", "Untitled"),
        ("", "Untitled"),
        (" \t\n", "Untitled"),
        ("???", "Untitled"),
        ("/", "Untitled"),
        ("a\0b\x1bc\x7fd", "a b c d"),
        ("line\nbreak\u2028here", "line break here"),
        ("e\u0301te\u0301", "été"),
        ("left\u202eright\u200f\ufeff", "leftright"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1", "_Com1"),
        ("LPT²", "_LPT²"),
        ("Contents", "Contents"),
        ("夜のドライブ", "夜のドライブ"),
    ],
)
def test_a_title_becomes_a_name_that_every_file_system_takes(title: str, name: str) -> None:
    assert safe_name(title) == name


def test_a_long_title_is_cut_between_words() -> None:
    name = safe_name("winding " * 40)
    assert len(name) <= 100
    assert set(name.split()) == {"winding"}


def test_a_long_title_without_spaces_keeps_180_bytes_and_whole_characters() -> None:
    name = safe_name("字" * 300)
    assert name == "字" * 60
    flags = safe_name("👩🏽‍🚀" * 80)
    assert len(flags.encode()) <= 180
    assert flags == "👩🏽‍🚀" * (len(flags) // 4)


def test_an_accent_is_not_cut_from_its_letter() -> None:
    name = safe_name("x" * 99 + "q\u0323\u0301" + "y" * 9)
    assert name in ("x" * 99, "x" * 99 + "q\u0323\u0301")


def test_a_title_of_a_megabyte_is_named_at_once() -> None:
    assert len(safe_name(" :" * 500_000 + "x")) <= 100


def test_chapters_sort_as_they_are_numbered() -> None:
    assert chapter_file_name(1, 4, "Dawn") == "01 - Dawn.mp3"
    assert chapter_file_name(7, 120, "Dawn") == "007 - Dawn.mp3"
    names = [chapter_file_name(number, 10_000, "Dawn") for number in (2, 10, 999, 10_000)]
    assert names == sorted(names)


def test_the_longest_file_name_leaves_room_for_a_temporary_one() -> None:
    assert len(chapter_file_name(9999, 10_000, "字" * 200).encode()) <= 200


def test_a_book_lies_below_its_author_when_there_is_one() -> None:
    assert release_folder(Metadata(title="Dawn: I", author="A/B")) == PurePosixPath("A-B", "Dawn - I")
    assert release_folder(Metadata(title="Dawn", author=" ")) == PurePosixPath("Dawn")
    assert book_file_name("Dawn: I") == "Dawn - I.mp3"


def test_a_release_is_as_long_as_its_chapters() -> None:
    chapters = tuple(
        ReleaseChapter(number=n, title="x", file="x", start=s, frame_count=c, sample_rate=44100)
        for n, s, c in ((1, 0, 44100), (2, 44100, 22050))
    )
    release = Release(folder=Path("x"), metadata=Metadata(title="x"), book="x.mp3", chapters=chapters)
    assert release.frame_count == 66150
    assert release.duration_s == 1.5
    assert [(c.start_s, c.duration_s) for c in chapters] == [(0, 1), (1, 0.5)]


def test_a_work_has_one_identifier_for_ever() -> None:
    assert identifier("Dawn", "Ada Vey") == "urn:uuid:eb0f3a23-074c-500c-a37d-558fcb32f054"
    assert identifier("Dawn ", " Ada Vey") == identifier("Dawn", "Ada Vey")
    assert identifier("Dawn", "") != identifier("Dawn", "Ada Vey")
    assert identifier("e\u0301", "") == identifier("é", "")
