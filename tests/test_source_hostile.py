"""Files made to do harm, and files that came to harm: one clear error or a warning, at once, and nothing fetched."""

import time
import zipfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epubs import opf, page, written
from narrate.document import Document
from narrate.errors import SourceError
from narrate.source import limits, read
from narrate.source.epub import read_epub
from narrate.source.html import read_html, read_html_text
from narrate.source.markdown import read_markdown

RAIN = page("<h2>Rope</h2><p>It rained.</p>")


def book(folder: Path, **changed: str | bytes) -> Path:
    """An EPUB of one chapter, with files added or changed ("/" and "." written as "__" and "_")."""
    files: dict[str, str | bytes] = {"book.opf": opf("a.xhtml"), "a.xhtml": RAIN}
    return written(
        folder / "book.epub", files | {k.replace("__", "/").replace("_", "."): v for k, v in changed.items()}
    )


def refused(path: Path) -> str:
    """What is said of a file that is not read."""
    with pytest.raises(SourceError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def words(document: Document) -> str:
    return " ".join(getattr(block, "text", "") for chapter in document.chapters for block in chapter.blocks)


def test_a_hundred_thousand_tags_in_each_other_are_read_without_formatting() -> None:
    start = time.process_time()
    for tag in ("div", "b", "font", "blockquote", "span"):
        document = read_html_text(f"<p>Rain.</p>{f'<{tag}>' * 100_000}Oil.", name="deep.html")
        assert words(document) == "Rain. Oil."
        assert "nested more than" in document.warnings[0]
    assert time.process_time() - start < 20


@pytest.mark.parametrize("tag", ["math", "object", "q", "ruby", "figure"])
def test_what_cannot_be_made_flat_is_refused(tag: str) -> None:
    with pytest.raises(SourceError, match="nested more than 2000 deep"):
        read_html_text(f"<p>Rain.</p>{f'<{tag}>' * 100_000}Oil.", name="deep.html")


@pytest.mark.parametrize(
    "tag", ["div", "table><tr><td", "figure", "ul><li", "sup", "a href=#x", "aside role=doc-footnote"]
)
def test_what_nests_nearly_too_deep_is_read_in_time(tag: str) -> None:
    start = time.process_time()
    depth = 600
    opened = f"<{tag}>" * depth
    read_html_text(f"<p>Rain.</p>{opened}" + "<p>Oil <b>and</b> rope.</p>" * 4_000, name="deep.html")
    assert time.process_time() - start < 30


def test_entities_are_never_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    lol = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    for declared in (f'<!ENTITY a0 "lol">{lol}', f'<!ENTITY a11 SYSTEM "{secret.as_uri()}">'):
        text = f'<?xml version="1.0"?><!DOCTYPE html [{declared}]><html><body><p>Rain &a11; oil.</p></body></html>'
        with mock.patch("socket.socket", side_effect=AssertionError("no network")):
            assert len(words(read_html_text(text, name="x"))) < 40
            packed = book(
                tmp_path,
                a_xhtml=text,
                book_opf=opf("a.xhtml")
                .replace("<package", f"<!DOCTYPE p [{declared}]><package", 1)
                .replace("The Quay", "&a11;"),
            )
            document = read(packed)
        assert "secret" not in repr(document)
        assert len(repr(document)) < 2000


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    zeros = bytes(30 << 20)
    assert "unpacks to" in refused(book(tmp_path, a_xhtml=zeros))
    # Bytes that pack badly, and more of them than any text has.
    with mock.patch("narrate.source.epub.MARKUP_BYTES", 10_000):
        assert "larger than" in refused(book(tmp_path, a_xhtml=page("<p>Rain.</p>" * 2000)))
    with mock.patch("narrate.source.archive.ARCHIVE_TEXT_BYTES", 1000):
        assert "of text" in refused(book(tmp_path, a_xhtml=page("<p>Rain.</p>" * 2000)))


def test_an_archive_of_very_many_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(limits.ARCHIVE_FILES + 1):
            archive.writestr(str(number), "")
    assert "more than 20000 files" in refused(path)


def test_a_size_that_the_archive_lies_about_does_no_harm(tmp_path: Path) -> None:
    path = book(tmp_path)
    data = path.read_bytes()
    size = len(RAIN.encode()).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (2 << 30).to_bytes(4, "little")))
    refused(path)


def test_paths_that_lead_out_of_the_archive_lead_nowhere(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        book_opf=opf("a.xhtml", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://localhost/x.html"),
    )
    document = read(path)
    assert words(document) == "The Quay Rope It rained."
    assert len(document.warnings) == 4


@pytest.mark.parametrize("file", ["META-INF/rights.xml", "META-INF/license.lcpl", "META-INF/sinf.xml"])
def test_a_protected_book_is_refused_in_a_clear_word(tmp_path: Path, file: str) -> None:
    assert "protected by DRM" in refused(written(tmp_path / "b.epub", {"book.opf": opf("a.xhtml"), file: "<x/>"}))


def encryption(algorithm: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
        f'<e:EncryptedData><e:EncryptionMethod Algorithm="{algorithm}"/></e:EncryptedData></encryption>'
    )


def test_encrypted_text_is_refused_and_obfuscated_fonts_are_not(tmp_path: Path) -> None:
    name = "META-INF/encryption.xml"
    files: dict[str, str | bytes] = {"book.opf": opf("a.xhtml"), "a.xhtml": RAIN}
    aes = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    assert "protected by DRM" in refused(written(tmp_path / "b.epub", {**files, name: aes}))
    font = encryption("http://www.idpf.org/2008/embedding")
    assert "It rained." in words(read(written(tmp_path / "b.epub", {**files, name: font})))


def test_a_password_is_told(tmp_path: Path) -> None:
    path = book(tmp_path)
    data = bytearray(path.read_bytes())
    for at in range(len(data) - 4):  # set the flag in every header
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
        elif data[at : at + 4] == b"PK\x03\x04":
            data[at + 6] |= 1
    path.write_bytes(data)
    assert "encrypted with a password" in refused(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"book_opf": "not XML at all"}, "not XML"),
        ({"META-INF__container_xml": "<container/>", "book_opf": ""}, "not XML"),
        ({"book_opf": "<package/>", "a_xhtml": ""}, "no text in it"),
        ({"a_xhtml": ""}, "no text in it"),
        ({"a_xhtml": b"\x00" * 500}, "no text in it"),
    ],
)
def test_a_book_that_is_broken_is_told_in_one_line(
    tmp_path: Path, changed: dict[str, str | bytes], message: str
) -> None:
    changed = {"META-INF/container.xml" if "container" in key else key: value for key, value in changed.items()}
    assert message in refused(book(tmp_path, **changed))


def test_an_archive_that_is_no_book_is_told(tmp_path: Path) -> None:
    path = tmp_path / "b.epub"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "Rain.")
    assert "no EPUB" in refused(path)


def test_a_spine_or_contents_that_goes_round_is_read_once(tmp_path: Path) -> None:
    svg = 'media-type="image/svg+xml"'
    ring = f'<item id="r1" href="r.svg" {svg} fallback="r2"/><item id="r2" href="s.svg" {svg} fallback="r1"/>'
    package = opf("a.xhtml", manifest=ring, nav=True).replace(
        "</spine>", '<itemref idref="i0"/><itemref idref="r1"/><itemref idref="nav"/><itemref idref="none"/></spine>'
    )
    entry = '<li><a href="nav.xhtml">Contents</a><ol><li><a href="nav.xhtml#again">Contents</a></li></ol></li>'
    nav = page(f'<nav epub:type="toc" id="again"><ol>{entry}<li><a href="a.xhtml">Rope</a></li></ol></nav>')
    document = read(book(tmp_path, book_opf=package, nav_xhtml=nav))
    assert words(document).startswith("The Quay Rope It rained.")
    assert any("twice" in warning for warning in document.warnings)


def test_contents_in_contents_by_the_thousand_cost_no_more_than_their_length(tmp_path: Path) -> None:
    deep = '<nav epub:type="toc"><ol><li><a href="a.xhtml">Rope</a>' * 600
    began = time.process_time()
    document = read(book(tmp_path, book_opf=opf("a.xhtml", nav=True), a_xhtml=RAIN, nav_xhtml=page(deep)))
    assert "It rained." in words(document)
    assert time.process_time() - began < 5


def test_a_wrong_media_type_and_invalid_utf8_are_mended(tmp_path: Path) -> None:
    package = opf("a.xhtml").replace("application/xhtml+xml", "application/octet-stream")
    long = RAIN.replace("It rained.", "Déjà vu à la plage, un été. " * 4).encode()
    document = read(book(tmp_path, book_opf=package, a_xhtml=long.replace(b"vu", b"v\xff", 1)))
    assert "la plage" in words(document)
    assert any("not UTF-8" in warning for warning in document.warnings)


def test_a_cover_that_is_no_picture_is_not_used(tmp_path: Path) -> None:
    cover = '<item id="c" href="c.png" media-type="image/png" properties="cover-image"/>'
    document = read(book(tmp_path, book_opf=opf("a.xhtml", manifest=cover), c_png=b"<html>"))
    assert document.metadata.cover is None
    assert "the cover is no JPEG" in document.warnings[0]


def test_a_table_that_spans_without_end_stays_small() -> None:
    row = '<tr><td colspan="1000000" rowspan="1000000">x</td></tr>'
    document = read_html_text(f"<table><tr><th>a</th></tr>{row * 3000}</table>", name="x")
    (table,) = document.chapters[0].blocks
    assert len(repr(table)) < 20_000_000


def test_a_file_of_too_much_markup_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("narrate.source.tree.MARKUP_BYTES", 1000)
    path = tmp_path / "a.html"
    path.write_text("<p>Rain.</p>" * 1000)
    assert "MB of markup" in refused(path)
    monkeypatch.setattr("narrate.source.SOURCE_BYTES", 1000)
    assert "larger than" in refused(path)


def test_an_epub_of_too_much_text_is_refused_before_any_of_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("narrate.source.archive.ARCHIVE_TEXT_BYTES", 10_000)
    monkeypatch.setattr("narrate.source.epub.parse_html", None)
    path = written(
        tmp_path / "a.epub", {"book.opf": opf("a.xhtml", "b.xhtml"), "a.xhtml": "a" * 6000, "b.xhtml": "b" * 6000}
    )
    assert "of text; not read, to be safe" in refused(path)


def test_a_megabyte_is_read_in_seconds() -> None:
    start = time.process_time()
    note = '<p>It rained<sup><a href="#fn{0}">{0}</a></sup>.</p>'
    body = "".join(note.format(n) for n in range(3000))
    bodies = "".join(f'<li id="fn{n}">Note {n} <a href="#r{n}">↩</a></li>' for n in range(3000))
    document = read_html_text(f"{body}<ol>{bodies}</ol>" + "<p>Rope <i>and</i> oil.</p>" * 20_000, name="x")
    assert document.is_balanced
    assert time.process_time() - start < 20


def test_the_limits_are_written_down() -> None:
    table = (Path(__file__).parents[1] / "docs/limits.md").read_text("utf-8")
    for name, value in vars(limits).items():
        if name.isupper():
            shown = f"{value >> 20} MB" if name.endswith("BYTES") else f"{value:,}".replace(",", " ")
            assert f"| `{name}` | {shown} |" in table


BITS = (
    *(
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<table>",
        "<tr>",
        "<td colspan=9>",
        "<ruby>",
        "<rt>",
        "<math>",
        "</math>",
        "<svg>",
    ),
    *(
        "<li id=fn1>",
        '<a href="#fn1">1</a>',
        "<sup>",
        "</sup>",
        "<aside role=doc-footnote>",
        "</aside>",
        "<figure>",
        "</figure>",
    ),
    *(
        "<figcaption>",
        "<img alt=x>",
        "<!--",
        "-->",
        "<script>",
        "<textarea>",
        "</textarea>",
        "&amp;",
        "&#0;",
        "&bogus;",
        "<![CDATA[",
    ),
    *(
        "\x00",
        "\ufffe",
        "é",
        "<ol reversed start=-9>",
        "<hr>",
        "<pre>",
        "<h1>",
        "rope ",
        " ",
        '<p hidden lang="">',
        "<q>",
        "]]>",
    ),
)
SOUP = st.lists(st.sampled_from(BITS), max_size=50).map("".join)


@settings(max_examples=300, deadline=None)
@given(SOUP, st.sampled_from(("", '<?xml version="1.0"?>')))
def test_any_soup_of_tags_is_read_and_accounted_for(soup: str, prolog: str) -> None:
    document = read_html_text(prolog + soup, name="soup")
    assert document.is_balanced


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from((read_html, read_epub, read_markdown)))
def test_any_bytes_are_read_or_refused(data: bytes, reader: "type") -> None:
    try:
        assert reader(Path("x"), data).is_balanced
    except SourceError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_book_with_flipped_bytes_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = book(
        tmp_path_factory.getbasetemp(),
        nav_xhtml=page('<nav epub:type="toc"><ol><li><a href="a.xhtml">A</a></li></ol></nav>'),
    )
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read_epub(Path("x.epub"), bytes(raw)).is_balanced
    except SourceError as error:
        assert "\n" not in str(error)  # noqa: PT017
