"""Sources that are no files: what a person's words mean, standard input, and recognising bytes by their content."""

import io
import sys
from pathlib import Path

import pytest

from docx_writer import docx, para
from narrate import config, pipeline
from narrate.cli.options import flags
from narrate.document import Document
from narrate.errors import SourceError
from narrate.project import Request
from narrate.source import Location, located, read, unfiled
from narrate.source.recognise import recognise
from pdf_writer import from_layout

STDIN = Location("-")


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> "type[Piped]":
    Piped.monkeypatch = monkeypatch
    return Piped


class Piped:
    """Bytes on standard input."""

    monkeypatch: pytest.MonkeyPatch

    def __init__(self, data: bytes) -> None:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    def read(self) -> Document:
        return read(STDIN)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("essay.md", Path("essay.md")),
        ("-", Location("-")),
        ("./-", Path("./-")),
        ("https://example.org/a", Location("https://example.org/a")),
        ("HTTP://example.org", Location("HTTP://example.org")),
        ("file:///etc/passwd", Location("file:///etc/passwd")),
        (r"C:\books\essay.md", Path(r"C:\books\essay.md")),
        ("notes: a.txt", Path("notes: a.txt")),
    ],
)
def test_words_on_the_command_line_mean_a_file_an_address_or_standard_input(text: str, source: Path | Location) -> None:
    assert located(text) == source


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("-", "standard-input"),
        ("https://example.org/long-reads/the-bridge.html?x=1#y", "the-bridge.html"),
        ("https://example.org/", "example.org"),
        ("https://example.org/caf%C3%A9", "café"),
        ("https://example.org/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://[broken", "untitled"),
    ],
)
def test_what_has_no_file_has_a_name_all_the_same(text: str, name: str) -> None:
    assert str(Location(text).name) == name


def test_its_settings_are_those_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "narrate.toml").write_text("rate = 150\n")
    (tmp_path / "the-bridge.narrate.toml").write_text("rate = 160\n")
    assert config.settings_file(STDIN) == Path("narrate.toml")
    assert config.settings_file(Location("https://example.org/the-bridge")) == Path("the-bridge.narrate.toml")
    assert flags(STDIN, interlude=tmp_path / "car.wav") == {"interludes.file": "car.wav"}


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"%PDF-1.7\n", ".pdf"),
        (b"\n\n%PDF-1.4", ".pdf"),
        (docx(para("x")), ".docx"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", ".epub"),
        (b"PK\x03\x04 nothing more", ".txt"),
        (b"<!DOCTYPE html><p>It", ".html"),
        (b"\xef\xbb\xbf <!-- saved --> <!-- twice -->\n<HTML lang=en>", ".html"),
        ("<!doctype html>".encode("utf-16"), ".html"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", ".html"),
        (b"<3 is a heart", ".txt"),
        (b"---\ntitle: A\n---\n\nIt rained.", ".md"),
        (b"It rained.\n\n## Later\n\nIt rained still.", ".md"),
        (b"The Bridge\r\n==========\r\n\r\nIt rained.", ".md"),
        (b"It rained.\n\n* * *\n\nIt rained still. #not a heading", ".txt"),
        (b"", ".txt"),
        (b"<!--" * 20_000, ".txt"),
        (b"<!---->" * 20_000, ".txt"),
        (b" \n" * 40_000, ".txt"),
        (b"---\n" * 20_000, ".md"),
    ],
)
def test_bytes_are_recognised_by_what_they_begin_with(data: bytes, suffix: str) -> None:
    assert recognise(data) == suffix


@pytest.mark.parametrize(
    "data",
    [
        b"The Bridge\n\nIt rained.\n",
        b"# The Bridge\n\nIt rained.\n",
        b"<!doctype html><title>The Bridge</title><h1>The Bridge</h1><p>It rained.",
        from_layout("page\n72 740 20 The Bridge\n72 700 11 It rained.\n72 670 11 We drove on, over the bridge."),
        docx(para("The Bridge", style="Title"), para("It rained.")),
    ],
    ids=["text", "markdown", "html", "pdf", "docx"],
)
def test_every_kind_is_read_from_standard_input(piped: type[Piped], data: bytes) -> None:
    document = piped(data).read()
    assert document.metadata.title == "The Bridge"
    assert "It rained." in [getattr(block, "text", "") for block in document.chapters[0].blocks]


def test_without_a_title_it_is_called_what_it_is(piped: type[Piped]) -> None:
    assert piped(b"It rained.\n").read().metadata.title == "Standard input"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n \n", "white space"),
        (b"\x89PNG\r\n" + bytes(9), "a PNG"),
        (b"PK\x03\x04", "a ZIP"),
    ],
)
def test_what_cannot_be_read_from_it_is_told_in_one_line(piped: type[Piped], data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        piped(data).read()
    assert "\n" not in str(caught.value)


def test_standard_input_has_a_limit(piped: type[Piped], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfiled, "STREAM_BYTES", 5)
    with pytest.raises(SourceError, match="standard input: more than"):
        piped(b"It rained.").read()


def test_a_project_opens_from_standard_input(
    piped: type[Piped], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    piped(b"---\ntitle: The Bridge\nnarrate:\n  rate: 150\n---\n\nIt rained.\n")
    project = pipeline.open_project(Request(source=STDIN, store=tmp_path / "store"))
    assert project.folder == Path("audiobooks/The Bridge")
    assert project.config.delivery.rate_wpm == 150


def test_a_page_of_which_nothing_is_left_is_no_mistake_of_ours(piped: type[Piped]) -> None:
    """Found by scripts/fuzz --atheris: lxml asserts that there is a body, and here it stands in an unknown element."""
    page = b"<!DOCTYPE html><html lang=en><head><tThe Paper</title><meta content=b X</head><body>\n<nav><a hp>By</nav>"
    with pytest.raises(SourceError, match="no text in it"):
        piped(page).read()
