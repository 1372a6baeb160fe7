"""The shelf: every whole book in a folder, a line for every broken one, and nothing from outside its folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import THREE_CHAPTERS, Desk
from narrate.errors import SourceError
from narrate.shelf import read_book, read_shelf, url_of


def book(folder: Path, **changes: Any) -> Path:
    """A book's folder of two chapters with a manifest that says `changes`."""
    (folder / "chapters").mkdir(parents=True)
    for name in ("chapters/01 - Out.mp3", "chapters/02 - Home.mp3", "Way.mp3", "cover.jpg"):
        (folder / name).write_bytes(b"\xff\xfb")
    manifest = {
        "id": "urn:uuid:1",
        "name": "Way",
        "author": "Ada Vey",
        "inLanguage": "en-GB",
        "readingOrder": [
            {"url": "chapters/01%20-%20Out.mp3", "name": "Out", "duration": "PT1M0.25S"},
            {"url": "chapters/02%20-%20Home.mp3", "name": "Home", "duration": "PT1H2M3S"},
        ],
        "resources": [{"url": "Way.mp3", "encodingFormat": "audio/mpeg", "rel": "alternate"}],
    }
    (folder / "publication.json").write_text(json.dumps(manifest | changes))
    (folder / "timeline.json").write_text('{"chapters": []}')
    (folder / "build.json").write_text("{}")
    return folder


def test_what_a_build_published_is_found_with_its_chapters(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    release = desk.build()
    (found,) = read_shelf(desk.folder / "shelf").books
    assert (found.folder, found.title, found.language) == (release.folder, "The Long Way", "en")
    assert found.book == release.folder / release.book
    assert found.cover == release.folder / "cover.jpg"
    assert [(each.number, each.title, found.name_of(each.file)) for each in found.chapters] == [
        (each.number, each.title, each.file) for each in release.chapters
    ]
    for ours, theirs in zip(found.chapters, release.chapters, strict=True):
        assert ours.start_s == pytest.approx(theirs.start_s, abs=0.001)
        assert ours.duration_s == pytest.approx(theirs.duration_s, abs=0.001)
    assert found.duration_s == pytest.approx(release.duration_s, abs=0.001)


def test_durations_of_hours_and_starts_are_read_to_the_ms(tmp_path: Path) -> None:
    found = read_book(book(tmp_path / "b"))
    assert [(each.start_s, each.duration_s) for each in found.chapters] == [(0, 60.25), (60.25, 3723)]
    assert found.duration_s == 3783.25


def test_books_lie_in_folders_of_authors_and_the_folder_itself_may_be_one(tmp_path: Path) -> None:
    for place in ("Zoe/One", "Ada/Two", "Ada/Two/Three", "Four"):
        book(tmp_path / place)
    book(tmp_path / ".Four.staging")
    shelf = read_shelf(tmp_path)
    assert [shelf.place_of(each) for each in shelf.books] == ["Ada/Two", "Ada/Two/Three", "Four", "Zoe/One"]
    alone = read_shelf(tmp_path / "Four")
    assert [alone.place_of(each) for each in alone.books] == ["."]


def test_a_folder_reached_through_a_link_is_not_on_the_shelf(tmp_path: Path) -> None:
    book(tmp_path / "elsewhere")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/link").symlink_to(tmp_path / "elsewhere")
    assert read_shelf(tmp_path / "shelf").books == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "no title"),
        ({"name": ["Way"]}, "no title"),
        ({"readingOrder": []}, "no chapters"),
        ({"readingOrder": "chapters"}, "no chapters"),
        ({"readingOrder": [7]}, "chapter 1 is damaged"),
        ({"readingOrder": [{"url": "gone.mp3", "duration": "PT1S"}]}, "chapter 1 has no file"),
        ({"readingOrder": [{"url": "Way.mp3", "duration": "an hour"}]}, "chapter 1 has no duration"),
        ({"readingOrder": [{"url": "Way.mp3", "duration": "PT"}]}, "chapter 1 has no duration"),
    ],
)
def test_a_broken_book_is_told_and_the_others_are_there(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    book(tmp_path / "broken", **changes)
    book(tmp_path / "whole")
    shelf = read_shelf(tmp_path)
    assert [shelf.place_of(each) for each in shelf.books] == ["whole"]
    (warning,) = shelf.warnings
    assert told in warning
    assert str(tmp_path / "broken") in warning


@pytest.mark.parametrize("name", ["publication.json", "timeline.json", "build.json"])
def test_a_book_without_one_of_its_files_is_none(tmp_path: Path, name: str) -> None:
    (book(tmp_path / "b") / name).unlink()
    with pytest.raises(SourceError):
        read_book(tmp_path / "b")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    (book(tmp_path / "b") / "publication.json").write_bytes(data)
    with pytest.raises(SourceError, match="damaged"):
        read_book(tmp_path / "b")


@pytest.mark.parametrize(
    "url",
    [
        "../secret.mp3",
        "chapters/../../secret.mp3",
        "%2e%2e/secret.mp3",
        "..%2fsecret.mp3",
        "..\\secret.mp3",
        "{root}/secret.mp3",
        "//secret.mp3",
        "C:/secret.mp3",
        "https://example.org/secret.mp3",
        "link.mp3",
        "folder/secret.mp3",
        "secret.mp3%00",
        "chapters",
        "",
        ".",
    ],
)
def test_no_path_of_a_manifest_leaves_its_folder(tmp_path: Path, url: str) -> None:
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    url = url.format(root=tmp_path)
    folder = book(tmp_path / "b", readingOrder=[{"url": url, "duration": "PT1S"}])
    (folder / "link.mp3").symlink_to(tmp_path / "secret.mp3")
    (folder / "folder").symlink_to(tmp_path)
    with pytest.raises(SourceError, match="no file in this folder"):
        read_book(folder)


def test_a_cover_that_is_a_link_out_of_the_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    folder = book(tmp_path / "b")
    (folder / "cover.jpg").unlink()
    (folder / "cover.jpg").symlink_to(tmp_path / "secret.jpg")
    assert read_book(folder).cover is None


def test_texts_hold_nothing_that_a_terminal_or_utf_8_cannot_take(tmp_path: Path) -> None:
    found = read_book(book(tmp_path / "b", name="A\n\x1b[31m  B\ud800", author=["x"]))
    assert found.title == "A [31m B?"
    assert found.author == ""


def test_words_that_are_spelt_with_joiners_keep_them(tmp_path: Path) -> None:
    assert read_book(book(tmp_path / "b", name="می\u200cخواهم \u202eبروم")).title == "می\u200cخواهم بروم"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        read_shelf(tmp_path / "gone")


def test_names_become_urls() -> None:
    assert url_of("chapters/01 - Öl?#.mp3") == "chapters/01%20-%20%C3%96l%3F%23.mp3"
