"""The HTML reader beyond its golden cases: the account over generated pages, places, encodings, what others call."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.document import Document, Figure, Heading, Note, Paragraph
from narrate.source import READERS, read
from narrate.source.html import read_html_text
from narrate.source.page import Page

WORD = st.integers(100, 999).map(lambda number: f"w{number}w")
INLINE = st.recursive(
    WORD,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        st.tuples(st.sampled_from(("b", "i", "em", "code", "sup", "q", 'span lang="fr"', 'a href="#x"')), inner).map(
            lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0].split()[0]}>"
        ),
        st.just('<img alt="w555w">'),
        st.just('<img alt="">'),
        st.just("<br>"),
        st.just("<br><br>"),
        st.just('<span hidden>w556w</span><span role="doc-pagebreak" id="p7"></span>'),
        st.just("<math><mi>w557w</mi></math>"),
        st.just('<sup><a href="#fn1">1</a></sup>'),
    ),
    max_leaves=6,
)
WRAPPERS = (
    "div section article blockquote ul>li ol>li dl>dd table>tr>td table>tr>th aside figure figure>figcaption details "
    "li td figcaption header nav main>nav pre button form"
)


def wrapped(pair: tuple[str, list[str]]) -> str:
    path, inner = pair
    names = path.split(">")
    return "".join(f"<{name}>" for name in names) + "".join(inner) + "".join(f"</{name}>" for name in reversed(names))


BLOCK = st.recursive(
    st.one_of(
        INLINE.map(lambda inline: f"<p>{inline}</p>"),
        INLINE.map(lambda inline: f"<h2>{inline}</h2>"),
        INLINE,
        st.just("<hr>"),
        st.just("<p>* * *</p>"),
        st.just("<p hidden>w558w</p>"),
        st.just('<video src="a"></video>'),
        st.just('<aside id="fn1" role="doc-footnote">w559w</aside>'),
        st.just('<svg><title>w560w</title></svg><svg width="8" height="8"></svg>'),
    ),
    lambda inner: st.tuples(st.sampled_from(WRAPPERS.split()), st.lists(inner, max_size=4)).map(wrapped),
    max_leaves=12,
)
PAGE = st.lists(BLOCK, max_size=8).map("\n".join)


def said(document: Document) -> str:
    return repr(document.chapters) + repr(document.skipped)


@settings(max_examples=250, deadline=None)
@given(PAGE)
def test_every_block_of_a_page_is_read_or_skipped_with_a_reason(page: str) -> None:
    document = read_html_text(page, name="page")
    assert document.is_balanced
    assert all(each.reason and each.count for each in document.skipped)


@settings(max_examples=250, deadline=None)
@given(PAGE.filter(lambda page: not re.search("hidden|<nav|<button|<video|<dl", page)))
def test_no_word_of_a_page_is_lost(page: str) -> None:
    document = read_html_text(page, name="page")
    shown = re.sub(r'<img alt="">', "", page)
    for word in set(re.findall(r"w\d{3}w", shown)):
        assert word in said(document)


@settings(max_examples=60, deadline=None)
@given(PAGE)
def test_a_page_is_read_the_same_as_xhtml_when_it_is_well_formed(page: str) -> None:
    document = read_html_text(f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{page}</body></html>', name="page")
    assert document.is_balanced


def test_a_block_that_goes_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    emit = Page.emit

    def forgetful(self: Page, block: object, *rest: object) -> None:
        before = len(self.stream.items)
        emit(self, block, *rest)  # type: ignore[arg-type]
        if isinstance(block, Figure):
            del self.stream.items[before:]

    monkeypatch.setattr(Page, "emit", forgetful)
    document = read_html_text('<p>Rain.</p><img alt="Lamp"><p>Oil.</p>', name="page")
    assert not document.is_balanced
    assert document.seen == 3


def test_blocks_know_their_line_or_their_place_in_an_archive() -> None:
    page = "<p>Rain.</p>\n<p id='oil'>Oil.</p>\n<p>Rope.</p>"
    places = [block.origin.line for block in read_html_text(page, name="x").chapters[0].blocks]
    assert places == [1, 2, 3]
    hrefs = [block.origin.href for block in read_html_text(page, name="x", origin_href="a/b.html").chapters[0].blocks]
    assert hrefs == ["a/b.html", "a/b.html#oil", "a/b.html#oil"]


def test_a_document_type_of_several_lines_does_not_move_the_lines() -> None:
    page = '<?xml version="1.0"?>\n<!DOCTYPE html [\n<!ENTITY a "b">\n]>\n<html><body><p>Rain.</p></body></html>'
    assert read_html_text(page, name="x").chapters[0].blocks[0].origin.line == 5


@pytest.mark.parametrize(
    "data",
    [
        "<p>Déjà vu</p>".encode(),
        "<p>Déjà vu</p>".encode("utf-16"),
        '<meta charset="iso-8859-1"><p>Déjà vu</p>'.encode("latin-1"),
        '<meta http-equiv="content-type" content="text/html; charset=windows-1250"><p>Déjà vu</p>'.replace("à", "á")
        .encode("cp1250")
        .replace(b"\xe1", "á".encode("cp1250")),
        '<?xml version="1.0" encoding="ISO-8859-1"?><html><body><p>Déjà vu</p></body></html>'.encode("latin-1"),
    ],
)
def test_the_encoding_is_the_one_that_a_page_names(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(data)
    (block,) = read(path).chapters[0].blocks
    assert isinstance(block, Paragraph)
    assert block.text.startswith("Déj")


def test_the_main_content_can_be_asked_for() -> None:
    prose = "".join(
        f"<p>It rained all day, and all night, and nobody came, said Vane, number {n}.</p>" for n in range(6)
    )
    menu, comments = "<ul class=menu><li><a href=/a>News</a></ul>", "<div id=comments><p>First!</p></div>"
    page = f"<body>{menu}<div class=post>{prose}</div>{comments}"
    whole, article = (read_html_text(page, name="x", main_content=wanted) for wanted in (False, True))
    assert "First!" in repr(whole.chapters)
    assert "First!" not in repr(article.chapters)
    assert "number 5" in repr(article.chapters)
    assert article.seen == whole.seen


def test_a_page_of_chapters_keeps_them_all_beside_its_menu(tmp_path: Path) -> None:
    chapters = "".join(
        f"<div><h2>Part {n}</h2>" + "<p>It rained, and rained, on the quay, all day.</p>" * 9 + "</div>"
        for n in range(5)
    )
    path = tmp_path / "book.html"
    path.write_text(f"<body><nav><a href='#a'>Start</a></nav><header>The Quay</header>{chapters}<footer>End</footer>")
    headings = [block.text for c in read(path).chapters for block in c.blocks if isinstance(block, Heading)]
    assert [text for text in headings if text.startswith("Part")] == [f"Part {n}" for n in range(5)]


def test_wikipedias_notes_are_notes() -> None:
    page = """<p>It rained.<sup id="cite_ref-1"><a href="#cite_note-1"><span>[</span>1<span>]</span></a></sup>
    It stopped.<sup><a href="#cite_note-1">[1]</a></sup></p><h2>References</h2><ol class="references">
    <li id="cite_note-1"><span><b><a href="#cite_ref-1">^</a></b></span> <span>Vane, 1901.</span></li></ol>"""
    blocks = read_html_text(page, name="x").chapters[0].blocks
    assert [type(block) for block in blocks] == [Paragraph, Note]
    assert getattr(blocks[0], "text", "") == "It rained. It stopped."
    assert getattr(blocks[1], "text", "") == "Vane, 1901."


def test_a_reader_of_another_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Entry:
        def load(self) -> object:
            return READERS[".txt"]

    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda **wanted: [Entry()] if wanted["name"] == "fb2" else []
    )
    path = tmp_path / "a.fb2"
    path.write_text("It rained.\n")
    assert read(path).chapters[0].blocks[0].text == "It rained."  # type: ignore[union-attr]


def test_a_figure_loses_nothing_of_what_is_said_below_it() -> None:
    page = """<figure><img alt="Lamp" title="Plate 3"><figcaption>Lamp <i class="credit">Photo: Vane</i></figcaption>
    <figcaption>Seen from the sea <p class="credit">Print: Quill</p></figcaption></figure>
    <figure><pre>ls</pre><figcaption>A list <b class="credit">Tom</b></figcaption></figure>"""
    document = read_html_text(page, name="x")
    figure, _, caption = document.chapters[0].blocks
    assert isinstance(figure, Figure)
    assert (figure.alt, figure.credit) == ("Lamp", "Photo: Vane; Print: Quill")
    assert figure.caption == "Plate 3. Lamp Seen from the sea"
    assert getattr(caption, "text", "") == "A list Tom"
    assert document.is_balanced
