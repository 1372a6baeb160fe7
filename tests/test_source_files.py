"""Which files are read, in which encodings, and what is said of those that are not."""

import os
import random
from pathlib import Path

import pytest

from narrate.document import Paragraph
from narrate.errors import ConfigError, SourceError
from narrate.source import read
from narrate.source.decode import decode


def first_text(path: Path) -> str:
    return next(block.text for block in read(path).chapters[0].blocks if isinstance(block, Paragraph))


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("space.txt", b" \n\t\n", "nothing but white space"),
        ("unseen.txt", "\ufeff\u200b\n".encode(), "nothing but white space"),
        ("marks.txt", b"* * *\n\n---\n", "no text in it"),
        ("comment.md", b"<!-- nothing -->\n", "no text in it"),
        ("noise.txt", random.Random(7).randbytes(5000), "binary data"),
        ("nuls.txt", b"ab\x00\x00\x00\x00" * 200, "binary data"),
        ("cover.txt", b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
        ("book.md", b"PK\x03\x04" + bytes(50), "a ZIP archive"),
        ("paper.txt", b"%PDF-1.7\n", "a PDF"),
        ("x.xyz", b"hello there", "the type .xyz is not known"),
        ("README", b"hello there", "no suffix"),
        ("book.epub", b"PK", "not a whole ZIP archive"),
        ("book.mobi", b"BOOKMOBI", "cannot be read yet"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(write(tmp_path, name, data))
    assert message in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_missing_file_a_folder_and_a_pipe_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name, message in (("none.txt", "no such file"), ("folder.txt", "a folder"), ("pipe.txt", "a device or a pipe")):
        with pytest.raises(SourceError, match=message):
            read(tmp_path / name)


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SourceError, match="no permission") as caught:
        read(write(tmp_path, "a.txt", b"Words."))
    assert "chmod" in caught.value.hint


def test_a_name_with_a_line_break_stays_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path / "a\nb.txt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "mac_roman"]
)
def test_a_french_sentence_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = "Déjà vu à la plage, un été sans fin."
    assert first_text(write(tmp_path, "a.txt", f"{text}\n".encode(encoding))) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Mój ojciec przez trzydzieści jeden lat woził mleko, a gdy oczy go zawiodły, oddał mi samochód."),
        ("cp1251", "Мой отец водил молоковоз тридцать один год, а когда глаза подвели, отдал машину мне."),
        ("shift_jis", "父は三十一年間、牛乳のタンク車を運転していた。"),
        ("cp1252", "“Quoted” — it’s fine."),
    ],
)
def test_other_encodings_are_found_by_what_they_spell(encoding: str, text: str) -> None:
    found, remarks = decode(text.encode(encoding), Path("a.txt"))
    assert found == text
    assert "not UTF-8" in remarks[0]


def test_valid_utf8_is_never_taken_for_something_else() -> None:
    for text in ("Ã©", "ﾃ", "é" * 3, "naïve Ω 漢"):
        assert decode(text.encode(), Path("a.txt")) == (text, ())


def test_utf8_that_was_cut_short_is_still_utf8() -> None:
    text, remarks = decode("Un été à la plage, déjà".encode()[:-1], Path("a.txt"))
    assert text.startswith("Un été à la plage, déj")
    assert "not UTF-8" in remarks[0]


def test_stray_control_characters_are_left_out_with_a_remark() -> None:
    assert decode(b"The \x00bell\x07 rang.", Path("a.txt")) == ("The bell rang.", ("2 control characters left out",))


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x85", "\n"])
def test_every_kind_of_line_end_ends_a_line(end: str) -> None:
    assert decode(f"One.{end}{end}Two.".encode(), Path("a.txt"))[0] == "One.\n\nTwo."


def test_a_form_feed_before_a_heading_is_no_part_of_it(tmp_path: Path) -> None:
    document = read(write(tmp_path, "a.txt", b"Chapter I\n\nRain.\n\n\fChapter II\n\nWind.\n"))
    assert [chapter.title for chapter in document.chapters] == ["Chapter I", "Chapter II"]


def test_a_work_without_a_title_is_called_by_its_file(tmp_path: Path) -> None:
    assert read(write(tmp_path, "night-drive_2.TXT", b"It rained.\n")).metadata.title == "Night drive 2"


def front(tmp_path: Path, table: str) -> Path:
    return write(tmp_path, "a.md", f"---\n{table}\n---\n\nIt rained.\n".encode())


def test_front_matter_fills_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "c.png").write_bytes(b"png")
    path = front(
        tmp_path, "title: 1984\nauthor: Ada\nlang: pt_BR\nnarrator: Tom\ndate: 2021-03-04\ncover: c.png\nx: [1]"
    )
    metadata = read(path).metadata
    assert (metadata.title, metadata.author, metadata.language) == ("1984", "Ada", "pt-BR")
    assert (metadata.narrator, metadata.date, metadata.cover) == ("Tom", "2021-03-04", tmp_path / "c.png")


def test_norwegian_is_not_false(tmp_path: Path) -> None:
    assert read(front(tmp_path, "language: no")).metadata.language == "no"


def test_the_narrate_table_becomes_the_settings(tmp_path: Path) -> None:
    assert read(front(tmp_path, "narrate:\n  rate: 160")).settings == {"rate": 160}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("title: [a, b]", "title: text is wanted, not a list"),
        ("title: true", "title: text is wanted, not yes or no"),
        ("author: [Ada, 3]", "author: a name or a list of names"),
        (
            "language: english please",
            "language: a language tag such as en or en-GB is wanted, not 'english please'",
        ),
        ("cover: 3", "cover: a path is wanted, not a number"),
        ("narrate: fast", "narrate: a table of settings is wanted, not text"),
        ("title: a\nauthor: 'Ada", "the front matter is not valid YAML"),
        ("a: &a [x]\nb: [*a, *a]", "line 3: the front matter is not valid YAML: aliases"),
        ("a: " + "[" * 5000, "not valid YAML"),
        ("date: 2021-13-45", "not valid YAML"),
    ],
)
def test_wrong_front_matter_names_the_file_and_the_key(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(front(tmp_path, table))
    assert str(caught.value).startswith("a.md: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cover", ["none.png", ".", "/dev/null"])
def test_a_cover_must_be_a_file(tmp_path: Path, cover: str) -> None:
    with pytest.raises(SourceError, match="no such cover file"):
        read(front(tmp_path, f"cover: {cover}"))


def test_prose_between_two_rules_is_no_front_matter(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", b"---\n\nIt rained, and so: we stayed.\n\n---\n\nThen we left.\n")
    assert [chapter.title for chapter in read(path).chapters] == ["It rained, and so: we stayed…", "Then we left…"]
