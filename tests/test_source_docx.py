"""DOCX: what mammoth passes over is kept, pictures are never unpacked, and hostile files do no harm."""

import io
import time
import zipfile
from pathlib import Path
from typing import IO

import pytest

import docx_writer
from docx_writer import docx, para, picture
from narrate.document import Document, Figure, MarkKind, Paragraph
from narrate.errors import SourceError
from narrate.source import read
from narrate.source.docx import read_docx

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def document(data: bytes) -> Document:
    return read_docx(Path("a.docx"), data)


def of_kind(data: bytes, kind: type) -> list[object]:
    return [block for chapter in document(data).chapters for block in chapter.blocks if isinstance(block, kind)]


def main_part(body: str, declaration: str = "") -> dict[str, bytes]:
    return {"word/document.xml": f"{declaration}<w:document {W}><w:body>{body}</w:body></w:document>".encode()}


def stored(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def encrypted_entry() -> bytes:
    data = bytearray(docx(para("It rained.")))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(sign, start + 1)) >= 0:
            data[start + at] |= 1
    return bytes(data)


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE_ENTITY = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04" + bytes(50), "not a whole ZIP archive"),
        (b"It rained.", "not a whole ZIP archive"),
        (stored({"a.txt": b"It rained."}), "a damaged DOCX file"),
        (docx(para("It rained."))[:-30], "not a whole ZIP archive"),
        (docx(para("It rained."), parts={"word/document.xml": b"<w:document><w:body>"}), "a damaged DOCX file"),
        (encrypted_entry(), "encrypted with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an encrypted or an old Word document"),
        (docx(parts=main_part("&b;", ENTITIES)), "declares entities"),
        (docx(parts=main_part("&x;", FILE_ENTITY)), "declares entities"),
        (docx(parts={"word/styles.xml": FILE_ENTITY.encode("utf-16")}), "declares entities"),
        (docx(parts={"word/zeros.xml": bytes(60 << 20)}), "unpacks to 10.. times"),
        (stored({f"word/{n}.xml": b"<a>%b</a>" % (b" " * (33 << 20)) for n in range(3)}), "unpacks to more"),
        (stored(main_part(f"<w:p a='{'x' * 2_000_000}'/>")), "a tag of more than 64 KB"),
        (stored(main_part(f"<!--{'> ' * 1_000_000}-->")), "a tag of more than 64 KB"),
        (stored(main_part("<w:p>" * 20_000 + "</w:p>" * 20_000)), "nested too deeply"),
        (stored({f"{n}.txt": b"" for n in range(20_001)}), "more than 20000 files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told_in_one_line(data: bytes, message: str) -> None:
    began = time.process_time()
    with pytest.raises(SourceError, match=message) as caught:
        document(data)
    assert str(caught.value).startswith("a.docx: ")
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 15


def test_a_document_without_words_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(docx(para("")))
    with pytest.raises(SourceError, match="no text in it"):
        read(path)


def test_pictures_are_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = docx(para("It rained."), para(picture("A bridge")), parts={"word/media/image1.png": bytes(300 << 20)})
    assert len(data) < 1 << 20
    unpacked: list[str] = []
    opening = zipfile.ZipFile.open

    def note(self: zipfile.ZipFile, name: str | zipfile.ZipInfo, mode: str = "r") -> IO[bytes]:
        unpacked.append(name if isinstance(name, str) else name.filename)
        return opening(self, name, mode)

    monkeypatch.setattr(zipfile.ZipFile, "open", note)
    assert [figure.alt for figure in of_kind(data, Figure)] == ["A bridge"]
    assert "word/document.xml" in unpacked
    assert not any("media" in name for name in unpacked)


def test_names_that_lead_out_of_the_archive_are_only_names(tmp_path: Path) -> None:
    data = docx(
        para("It rained."), parts={"../../evil.xml": b"<a/>", "/etc/evil.xml": b"<a/>", "C:\\evil.xml": b"<a/>"}
    )
    path = tmp_path / "a" / "b" / "in.docx"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    assert read(path).metadata.title == "In"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", path.parent, path]


def test_a_name_of_nothing_is_nobodys() -> None:
    """Found by scripts/fuzz: a name ends at its first NUL, and Python looks at the last letter of what is left."""
    data = docx(para("It rained."), parts={"Qname": b""}).replace(b"Qname", b"\0name")
    assert [each.text for each in of_kind(data, Paragraph) if isinstance(each, Paragraph)] == ["It rained."]


def test_a_picture_somewhere_else_is_not_fetched() -> None:
    linked = picture("A bridge").replace('r:embed="rPicture"', 'r:link="rPicture"')
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rPicture" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    data = docx(para("It rained."), para(linked), parts={"word/_rels/document.xml.rels": relation.encode()})
    assert [figure.alt for figure in of_kind(data, Figure)] == ["A bridge"]


def test_a_formula_is_marked_and_has_its_mathml() -> None:
    fraction = (
        f'<m:oMath xmlns:m="{MATH}"><m:f><m:num><m:r><m:t>a&lt;1</m:t></m:r></m:num>'
        "<m:den><m:rad><m:e><m:r><m:t>b</m:t></m:r></m:e></m:rad></m:den></m:f></m:oMath>"
    )
    (paragraph,) = of_kind(docx(para("So ", fraction, " holds.")), Paragraph)
    assert isinstance(paragraph, Paragraph)
    (formula,) = [each for each in paragraph.marks if each.kind is MarkKind.FORMULA]
    for part in ("<mfrac>", "<mi>a</mi><mo>&lt;</mo><mn>1</mn>", "<msqrt>"):
        assert part in formula.value
    assert paragraph.text.startswith("So ")
    assert paragraph.text.endswith(" holds.")


def test_what_mammoth_does_not_know_is_told() -> None:
    warnings = document(docx(para("It rained.", "<w:r><w:ruby/></w:r>"))).warnings
    assert any("left out" in warning for warning in warnings), warnings


def test_the_account_is_balanced_in_every_golden_case() -> None:
    cases = sorted((Path(__file__).parent / "golden").glob("*/in.docx.txt"))
    assert len(cases) >= 10
    for case in cases:
        made = eval(case.read_text("utf-8"), vars(docx_writer))
        assert document(made).is_balanced, case.parent.name
