"""PDFs that are damaged, locked, empty or hostile end in one clear line; rules that golden cases do not show."""

import io
import random
import time
import zlib
from pathlib import Path

import pytest

from narrate.document import Block, Document, Figure, MarkKind, Note, PageBreak, Paragraph, Table
from narrate.errors import SourceError
from narrate.source import pdf, read
from narrate.source.pdf import read_pdf
from narrate.source.typeset import join
from pdf_writer import assembled, from_layout, stream

WORDS = "page\n72 700 11 It rained in the morning."


def document(data: bytes) -> Document:
    return read_pdf(Path("a.pdf"), data)


def blocks(data: bytes) -> list[object]:
    return [block for chapter in document(data).chapters for block in chapter.blocks]


def texts(data: bytes) -> list[str]:
    return [block.text for block in blocks(data) if isinstance(block, Paragraph)]


def outcome(data: bytes) -> str:
    """What is read, or the one line that says why nothing is."""
    try:
        said = f"a.pdf: {' '.join(texts(data))}"
    except SourceError as error:
        said = str(error)
    assert "\n" not in said
    return said


def blocks_of(document: Document) -> list[Block]:
    return [block for chapter in document.chapters for block in chapter.blocks]


def one_page(program: bytes, *, head: str = "", resources: str = "", **objects: bytes) -> bytes:
    """A page of this program; `objects` are further ones by their number (`o9=…`)."""
    return assembled(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            f"/Resources << /Font << /F1 5 0 R >> {resources} >> >>".encode(),
            4: stream(program, head),
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
        | {int(name[1:]): body for name, body in objects.items()}
    )


SAYS = b"BT /F1 11 Tf 1 0 0 1 72 700 Tm (It rained in the morning.) Tj ET"


def locked(user: str, algorithm: str = "RC4-128") -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(from_layout(WORDS))))
    writer.encrypt(user, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


NESTED = b"[" * 100_000
BOMB = zlib.compress(b" " * 200_000_000, 9)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7\n", "a damaged PDF"),
        (b"%PDF-1.7\n" + random.Random(3).randbytes(5000), "a damaged PDF"),
        (b"It rained.", "a damaged PDF"),
        (locked("secret"), "an encrypted PDF"),
        (locked("secret", "AES-256"), "an encrypted PDF"),
        (from_layout("page"), "a PDF without text: its pages are empty"),
        (from_layout("page\npicture 0 0 600 700"), "a PDF without text: its pages are pictures"),
        (one_page(b"BT /F1 11 Tf 1 0 0 1 72 700 Tm (\x01\x02\x03) Tj ET"), "its fonts do not say"),
        (one_page(BOMB, head="/Filter /FlateDecode"), "no page can be read"),
        (
            one_page(zlib.compress(zlib.compress(BOMB)), head="/Filter [" + "/FlateDecode " * 3 + "]"),
            "no page can be read",
        ),
        (one_page(b"BT " + b"1 " * 3_000_000 + b"Tj ET"), "no page can be read"),
        (one_page(SAYS, o2=b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), "a damaged PDF|without text"),
        (one_page(SAYS, o1=b"<< /Type /Catalog /Pages 1 0 R >>"), "a damaged PDF|without text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told_in_one_line_with_what_to_do(data: bytes, message: str) -> None:
    began = time.process_time()
    with pytest.raises(SourceError, match=message) as caught:
        document(data)
    assert str(caught.value).startswith("a.pdf: ")
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "data",
    [
        one_page(SAYS, o2=b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>"),
        one_page(SAYS, o2=b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"),
        one_page(SAYS, o3=b"<< /Type /Page /Parent 3 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"),
        one_page(SAYS, head="/Length 999999999999"),
        one_page(SAYS + b" " + NESTED),
        one_page(
            b"/X Do " + SAYS,
            resources="/XObject << /X 6 0 R >>",
            o6=stream(b"/X Do", "/Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >>"),
        ),
        one_page(SAYS, o1=b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>", o6=b"<< /First 6 0 R /Next 6 0 R >>"),
        one_page(SAYS, o1=b"<< /Type /Catalog /Pages 2 0 R /PageLabels << /Kids [1 0 R] >> /Lang 7 >>"),
        from_layout(WORDS)[:-40],
        from_layout(WORDS)[:-150],
        from_layout(WORDS).replace(b"startxref\n", b"startxref\n9"),
    ],
    ids=[
        *(
            "a million pages declared",
            "a tree that holds itself",
            "a page that is its own parent",
            "a huge stream declared",
        ),
        *("nested arrays", "a form that draws itself", "an outline that goes round", "labels that go round"),
        *("cut at the end", "cut in the table", "a table elsewhere"),
    ],
)
def test_what_is_wrong_beside_the_text_does_no_harm(data: bytes) -> None:
    began = time.process_time()
    said = outcome(data)
    assert said in ("a.pdf: It rained in the morning.", "a.pdf: a damaged PDF") or said.startswith(
        "a.pdf: a damaged PDF: "
    )
    assert time.process_time() - began < 20


def test_forms_that_draw_each_other_by_the_million_end() -> None:
    """Ten forms, each drawing the next one ten times."""
    forms = {
        f"o{10 + n}": stream(
            b"/X Do " * 10, f"/Type /XObject /Subtype /Form /Resources << /XObject << /X {11 + n} 0 R >> >>"
        )
        for n in range(10)
    }
    last = {"o20": stream(b"", "/Type /XObject /Subtype /Form")}
    began = time.process_time()
    data = one_page(SAYS + b" /X Do", resources="/XObject << /X 10 0 R >>", **forms, **last)
    assert texts(data) == ["It rained in the morning."]
    assert time.process_time() - began < 20


def test_a_file_cut_anywhere_is_read_or_refused() -> None:
    data = from_layout(
        "info Title A\n" + "\n".join(f"page\n72 700 11 Line {n}.\noutline 1 {n} 700 Line {n}" for n in (1, 2, 3))
    )
    for end in range(0, len(data), 61):
        assert outcome(data[:end]).startswith("a.pdf: ")


def test_the_deadline_and_the_most_pages_and_characters_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    two = from_layout("page\n72 700 11 One.\npage\n72 700 11 Two.")
    for name, value, message in (
        ("PDF_PAGES", 1, "2 pages, more than 1"),
        ("PDF_CHARACTERS", 5, "page 2: more than 5 characters"),
        ("PDF_SECONDS", -1.0, "page 1: not read after"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(pdf, name, value)
            with pytest.raises(SourceError, match=message):
                document(two)


def test_a_file_that_anybody_may_open_is_read_though_its_printing_is_forbidden() -> None:
    assert texts(locked("")) == ["It rained in the morning."]


def test_a_page_that_is_damaged_is_named_and_the_others_are_read() -> None:
    data = from_layout("page\n72 700 11 One.\npage\n72 700 11 Two.")
    at = data.index(b"(One.)")
    damaged = data[:at].rpartition(b"<< ")[0] + b"<< /Filter /LZWDecode" + data[:at].rpartition(b"<< ")[2] + data[at:]
    found = document(damaged)
    assert found.warnings == ("page 1: damaged, left out",)
    assert texts(damaged) == ["Two."]


def test_every_block_has_its_page_and_page_breaks_have_their_labels() -> None:
    found = blocks(
        from_layout("labels r 2\n" + "\n".join(f"page\n72 700 11 Words of page {n} stand here." for n in "abc"))
    )
    assert [(block.label, block.origin.href) for block in found if isinstance(block, PageBreak)] == [
        ("i", "#page=1"),
        ("ii", "#page=2"),
        ("1", "#page=3"),
    ]


def test_a_line_that_comes_back_at_another_height_is_no_running_head() -> None:
    rest = "\n".join(f"72 {600 - 14 * n} 11 And line {{0}}{n} of this page is another." for n in range(5))
    data = from_layout("\n".join(f"page\n72 {740 - 20 * n} 11 Nevermore.\n{rest.format(n)}" for n in (1, 2, 3)))
    assert " ".join(texts(data)).count("Nevermore.") == 3


def test_an_outline_entry_is_the_line_that_it_leads_to_and_not_another_of_the_same_words() -> None:
    data = from_layout(
        "page\n72 740 11 The rain\n72 700 11 fell on the bridge.\n72 600 11 The rain\n72 560 11 It fell on.\n"
        "outline 1 1 612 The rain"
    )
    kinds = [type(block).__name__ for block in blocks(data)]
    assert kinds == ["PageBreak", "Paragraph", "Paragraph", "Heading", "Paragraph"]


def test_a_note_leaves_a_mark_where_its_sign_stood() -> None:
    found = blocks(
        from_layout("page\n72 700 11 It rained.\n130 704 7 1\n135 700 11  We drove.\n72 60 7 1\n80 57 8 In May.")
    )
    paragraph = next(block for block in found if isinstance(block, Paragraph))
    assert paragraph.text == "It rained. We drove."
    assert [(mark.start, mark.end, mark.kind, mark.value) for mark in paragraph.marks] == [(10, 10, MarkKind.NOTE, "1")]
    assert [(note.label, note.text) for note in found if isinstance(note, Note)] == [("1", "In May.")]


@pytest.mark.parametrize(
    ("above", "below", "words", "joined"),
    [
        ("the tremen-", "dous noise", {"tremendous"}, "the tremendous noise"),
        ("a well-", "known man", {"well-known"}, "a well-known man"),
        ("half-", "hour", {"half", "hour"}, "half-hour"),
        ("inexpli-", "cable", set(), "inexplicable"),
        ("Jean-", "Paul", set(), "Jean-Paul"),
        ("soft\u00ad", "en", set(), "soften"),
        ("pages 3-", "4", set(), "pages 3- 4"),
        ("no hyphen", "here", set(), "no hyphen here"),
        ("雨が", "降った", set(), "雨が降った"),
    ],
)
def test_a_hyphen_at_a_lines_end(above: str, below: str, words: set[str], joined: str) -> None:
    assert join(above, below, frozenset(words)) == joined


def test_the_account_is_balanced_in_every_golden_layout() -> None:
    layouts = sorted((Path(__file__).parent / "golden").glob("*/in.layout"))
    assert len(layouts) >= 20
    for layout in layouts:
        assert document(from_layout(layout.read_text("utf-8"))).is_balanced, layout.parent.name


def test_a_pdf_is_read_by_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "night-drive.PDF"
    path.write_bytes(from_layout(WORDS))
    assert read(path).metadata.title == "Night drive"


def test_cells_that_are_set_inside_one_text_object_are_a_table() -> None:
    rows = [("Day", "Boats"), ("Monday", "3"), ("Tuesday night", "15"), ("Wednesday", "2")]
    moves = [
        f"1 0 0 1 {x} {700 - 16 * at} Tm ({cell}) Tj"
        for at, row in enumerate(rows)
        for x, cell in zip((72 + 20 * (at == 0), 300), row, strict=True)  # the first head is set in its column's middle
    ]
    found = blocks_of(read_pdf(Path("x.pdf"), one_page(f"BT /F1 11 Tf {' '.join(moves)} ET".encode())))
    assert [(block.header, block.rows) for block in found if isinstance(block, Table)] == [(rows[0], tuple(rows[1:]))]


def test_what_a_browser_prints_around_a_page_is_left_out() -> None:
    layout = """page
72 760 8 11/24/26, 10:12 PM Counting
72 700 11 It rained, and the boats stayed in.
72 20 8 https://example.org/counting 1/1"""
    document = read_pdf(Path("x.pdf"), from_layout(layout))
    assert [block.text for block in blocks_of(document) if isinstance(block, Paragraph)] == [
        "It rained, and the boats stayed in."
    ]
    assert [(each.kind, each.count) for each in document.skipped] == [("header", 2)]


def test_a_numbered_caption_without_a_picture_is_that_of_a_drawn_figure() -> None:
    layout = """page
72 700 11 It rained, as Figure 1 shows.
72 600 11 Figure 1: Rain by the day.
72 560 11 It stopped."""
    found = blocks_of(read_pdf(Path("x.pdf"), from_layout(layout)))
    assert [block.caption for block in found if isinstance(block, Figure)] == ["Figure 1: Rain by the day."]


def test_a_line_without_a_space_costs_its_length() -> None:
    began = time.process_time()
    assert join("f" * 200_000, "and", frozenset()) == "f" * 200_000 + " and"
    assert time.process_time() - began < 1
