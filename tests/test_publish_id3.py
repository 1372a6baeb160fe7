"""Tags, read back by those who will read them: mutagen, eyeD3 and ffprobe; and once by their bytes."""

import json
import shutil
import struct
import subprocess
import time
import warnings
from io import BytesIO
from pathlib import Path

import pytest
from mutagen.id3 import ID3
from PIL import Image

from narrate import __version__
from narrate.document import Metadata
from narrate.publish.id3 import book_tag, chapter_tag, language_code
from narrate.publish.mp3 import primer, write_mp3
from narrate.publish.options import Mp3Options
from narrate.release import ReleaseChapter

METADATA = Metadata(title="Ferry “North”", author="Ada Vey", language="de-AT", narrator="espeak-ng", date="2024-05-01")
COVER = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
LONG = "The very long title of a chapter that goes on and on, past fifty-one characters, past a hundred, and further"


def chapters(count: int, length: int = 1152, title: str = "Part {}") -> list[ReleaseChapter]:
    return [
        ReleaseChapter(
            number=n, title=title.format(n), file="x", start=(n - 1) * length, frame_count=length, sample_rate=44100
        )
        for n in range(1, count + 1)
    ]


def read(tag: bytes) -> ID3:
    return ID3(BytesIO(tag))


def frames(tag: bytes) -> list[tuple[str, bytes]]:
    """The frames of a v2.3 tag in the order of their bytes, by no library."""
    assert tag[:5] == b"ID3\x03\x00"
    size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
    assert len(tag) == 10 + size
    at, found = 10, []
    while tag[at]:
        (length,) = struct.unpack(">I", tag[at + 4 : at + 8])
        found.append((tag[at : at + 4].decode(), tag[at + 10 : at + 10 + length]))
        at += 10 + length
    assert not any(tag[at:])
    return found


def mp3_with(tag: bytes, path: Path, mpeg_frame_count: int) -> Path:
    silence = primer(Mp3Options())
    parts = [silence * mpeg_frame_count]
    write_mp3(path, tag=tag, options=Mp3Options(), mpeg_frame_count=mpeg_frame_count, parts=parts)
    return path


def test_the_book_says_what_it_is() -> None:
    tag = read(book_tag(METADATA, chapters(2), cover=COVER, comment="Read for the road."))
    texts = {kind: str(tag[kind]) for kind in ("TIT2", "TALB", "TPE1", "TPE2", "TCOM", "TCON", "TRCK", "TLAN")}
    assert texts == {
        "TIT2": "Ferry “North”",
        "TALB": "Ferry “North”",
        "TPE1": "Ada Vey",
        "TPE2": "Ada Vey",
        "TCOM": "espeak-ng",
        "TCON": "Audiobook",
        "TRCK": "1/1",
        "TLAN": "ger",
    }
    assert str(tag["TSSE"]).startswith(f"narrate {__version__}, ffmpeg ")
    assert "/" not in str(tag["TSSE"])
    assert str(tag["COMM::ger"]) == "Read for the road."
    picture = tag["APIC:"]
    assert (picture.mime, picture.type, picture.data) == ("image/jpeg", 3, COVER)
    assert ("TYER", b"\x002024\0") in frames(book_tag(METADATA, chapters(1), cover=COVER))


def test_a_chapter_is_a_track_of_the_album() -> None:
    tag = read(chapter_tag(METADATA, chapters(12)[6], total=12, cover=COVER))
    assert (str(tag["TIT2"]), str(tag["TALB"]), str(tag["TRCK"])) == ("Part 7", "Ferry “North”", "7/12")
    assert not tag.getall("CHAP")


def test_what_is_not_known_is_not_said() -> None:
    tag = read(book_tag(Metadata(title="Dawn", date="spring", language="xx-nonsense"), chapters(1), cover=COVER))
    assert not {"TPE1", "TPE2", "TCOM", "TYER", "TDRC"} & set(tag)
    assert str(tag["TLAN"]) == "und"


@pytest.mark.parametrize(("tag", "code"), [("en-GB", "eng"), ("fr", "fre"), ("zh-Hant", "chi"), ("", "und")])
def test_languages_have_their_bibliographic_code(tag: str, code: str) -> None:
    assert language_code(tag) == code


def test_marks_touch_and_end_with_the_book() -> None:
    tag = read(book_tag(METADATA, chapters(5, length=1152 * 777), cover=COVER))
    marks = [tag[f"CHAP:ch00{n}"] for n in range(1, 6)]
    assert [mark.start_time for mark in marks] == [round(n * 1152 * 777 * 1000 / 44100) for n in range(5)]
    assert [mark.end_time for mark in marks[:-1]] == [mark.start_time for mark in marks[1:]]
    assert marks[-1].end_time == round(5 * 1152 * 777 * 1000 / 44100)
    assert {(mark.start_offset, mark.end_offset) for mark in marks} == {(0xFFFFFFFF, 0xFFFFFFFF)}


def test_marks_stand_in_the_file_in_the_order_of_the_book() -> None:
    titled = [
        ReleaseChapter(number=n, title="x" * (90 - n), file="", start=n * 1152, frame_count=1152, sample_rate=44100)
        for n in range(1, 80)
    ]
    found = [data for kind, data in frames(book_tag(METADATA, titled, cover=COVER)) if kind == "CHAP"]
    assert [data[:6] for data in found] == [b"ch%03d\0" % n for n in range(1, 80)]


def test_one_table_of_contents_is_on_top_and_ordered() -> None:
    tag = read(book_tag(METADATA, chapters(255), cover=COVER))
    (contents,) = tag.getall("CTOC")
    assert (contents.element_id, int(contents.flags)) == ("toc", 3)
    assert contents.child_element_ids == [f"ch{n:03d}" for n in range(1, 256)]
    assert str(contents.sub_frames["TIT2"]) == "Contents"


def test_more_chapters_than_a_table_can_count_are_in_parts() -> None:
    tag = read(book_tag(METADATA, chapters(256), cover=COVER))
    top, first, second = (tag[f"CTOC:{name}"] for name in ("toc", "toc1-001", "toc1-002"))
    assert [int(each.flags) for each in (top, first, second)] == [3, 1, 1]
    assert top.child_element_ids == ["toc1-001", "toc1-002"]
    assert first.child_element_ids + second.child_element_ids == [f"ch{n:03d}" for n in range(1, 257)]
    assert str(second.sub_frames["TIT2"]) == "256–256"


@pytest.mark.parametrize(
    "title",
    ["été", "夜のドライブ", "🚗 drive", LONG, "a/b; c", "“quoted” – ‘so’", "עברית", "x" * 5000],
)
def test_titles_of_any_script_come_back(title: str, tmp_path: Path) -> None:
    import eyed3

    data = book_tag(Metadata(title=title, author=title), chapters(2, title=title), cover=COVER)
    tag = read(data)
    assert {str(tag["TIT2"]), str(tag["TALB"]), str(tag["CHAP:ch001"].sub_frames["TIT2"])} == {title}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = eyed3.load(str(mp3_with(data, tmp_path / "a.mp3", 2)))
    assert loaded.tag.title == title
    assert [chapter.title for chapter in loaded.tag.chapters] == [title, title]


def test_what_would_break_a_tag_is_taken_out_of_a_title() -> None:
    tag = read(book_tag(Metadata(title="a\0b\nc\x85d \ud800e"), chapters(1), cover=COVER))
    assert str(tag["TIT2"]) == "a b c d ?e"


def test_the_same_book_has_the_same_tag() -> None:
    assert book_tag(METADATA, chapters(9), cover=COVER) == book_tag(METADATA, chapters(9), cover=COVER)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="no ffprobe on PATH")
def test_ffprobe_sees_every_chapter_title_and_the_cover(tmp_path: Path) -> None:
    listed = [*chapters(400), *chapters(401, title=LONG + " {}")[-1:]]
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    path = mp3_with(book_tag(METADATA, listed, cover=picture.getvalue()), tmp_path / "a.mp3", 401)
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_chapters", "-show_format", "-show_streams", str(path)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    seen = json.loads(done.stdout)
    assert [each["tags"]["title"] for each in seen["chapters"]] == [each.title for each in listed]
    assert [each["start"] for each in seen["chapters"]] == [round(n * 1152 / 44.1) for n in range(401)]
    assert seen["format"]["tags"]["title"] == "Ferry “North”"
    assert seen["format"]["tags"]["composer"] == "espeak-ng"
    assert [stream["codec_name"] for stream in seen["streams"]] == ["mp3", "mjpeg"]


def test_ten_thousand_chapters_are_tagged_in_three_seconds() -> None:
    listed = chapters(10_000, title="Chapter “{}”")
    start = time.process_time()
    tag = book_tag(METADATA, listed, cover=COVER)
    assert time.process_time() - start < 3
    kinds = [kind for kind, _ in frames(tag)]
    assert (kinds.count("CHAP"), kinds.count("CTOC")) == (10_000, 41)
