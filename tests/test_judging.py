"""What `narrate inspect` finds wrong with a book: nothing with a good one; each kind of damage, and that alone."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import ID3
from typer.testing import CliRunner

from conftest import Desk, decoded, desk_in, timeline
from fake_engine import S_PER_CHARACTER
from narrate import record
from narrate.cli.app import app
from narrate.inspection.durations import Durations
from narrate.inspection.facts import inspect_path
from narrate.inspection.judging import Kind, Verdict, judge
from narrate.plan import Record
from narrate.process import ffmpeg_path, run
from narrate.publish import mp3
from narrate.publish.frames import first_kept
from narrate.publish.options import Mp3Options

BOOK = """\
# The Judged

## One

The engine starts at once, and hums along for a while. It is a plain sentence, of no great length. Rain begins to fall.

***

A second section follows the first one here. Its sentences are as plain as those before. Nothing happens in them.

## Two

Rain falls on the road, on the roof and on the fields. Another sentence says so again, at some length. And one more.

## Three

We are home, and everybody is asleep already. The engine ticks as it cools, in the dark. So the book ends, as it must.
"""
CHAPTER = "chapters/02 - Two.mp3"
WHOLE = "The Judged.mp3"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with desk_in(tmp_path_factory.mktemp("built")) as desk:
        desk.name = "judged.md"
        desk.write(BOOK)
        return desk.build().folder


@pytest.fixture
def book(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "book")


def verdicts(book: Path) -> list[Verdict]:
    return list(judge(book, list(inspect_path(book))))


def told(book: Path) -> list[tuple[str, str]]:
    return [(str(each.kind), each.file) for each in verdicts(book)]


def test_a_good_book_gives_no_verdict_and_exit_code_0(book: Path) -> None:
    assert verdicts(book) == []
    said = CliRunner().invoke(app, ["inspect", str(book)])
    assert said.exit_code == 0
    assert "verdicts" not in said.stdout


def change_sound(book: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Encode chapter two with another sound of the same length, under its own tag, and join the book anew."""
    path = book / CHAPTER
    data = path.read_bytes()
    frames_at = first_kept(data)
    pcm = change(decoded(path).copy())
    scratch = book.parent / "changed.mp3"
    frames = mp3.encode(lambda: iter([pcm.reshape(-1, 1)]), options=Mp3Options(), scratch=scratch, input_rate=44100)
    assert len(frames) == len(data) - frames_at
    path.write_bytes(data[:frames_at] + frames)
    whole = (book / WHOLE).read_bytes()
    chapters = sorted((book / "chapters").glob("*.mp3"))
    parts = [each.read_bytes() for each in chapters]
    (book / WHOLE).write_bytes(whole[: first_kept(whole)] + b"".join(part[first_kept(part) :] for part in parts))


def at(seconds: float) -> int:
    return round(seconds * 44100)


def test_samples_at_full_scale_are_told_with_the_chapter_and_the_time(book: Path) -> None:
    def clipped(pcm: np.ndarray) -> np.ndarray:
        pcm[at(3) : at(3.03)] = np.clip(pcm[at(3) : at(3.03)] * 40, -1, 1)
        return pcm

    change_sound(book, clipped)
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.CLIPPING, CHAPTER)
    assert verdict.at_s == pytest.approx(3, abs=0.05)
    assert re.fullmatch(r"[1-9]\d* samples at full scale, the first here; .*", verdict.message)


def test_a_true_peak_over_the_ceiling_is_told_with_both(book: Path) -> None:
    def peaky(pcm: np.ndarray) -> np.ndarray:
        pcm[at(3) : at(3.05)] *= 10 ** (-0.3 / 20) / np.abs(pcm[at(3) : at(3.05)]).max()
        return pcm

    change_sound(book, peaky)
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.TRUE_PEAK, CHAPTER)
    assert re.fullmatch(r"true peak -0\.\d dBTP, above -[\d.]+", verdict.message)


def test_silence_that_no_pause_accounts_for_is_told_with_its_place(book: Path) -> None:
    def silenced(pcm: np.ndarray) -> np.ndarray:
        pcm[at(4) : at(9)] = 0
        return pcm

    change_sound(book, silenced)
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.SILENCE, CHAPTER)
    assert verdict.at_s == pytest.approx(4, abs=0.3)
    assert verdict.message.endswith("s of silence")


def test_a_pause_that_was_asked_for_is_no_fault(desk: Desk) -> None:
    desk.name = "judged.md"
    desk.write(BOOK.replace("## Two\n", "## Two\n\nHere.\n\n::: pause 9s :::\n"))
    assert verdicts(desk.build().folder) == []


def test_a_chapter_off_its_loudness_is_told_by_how_much(book: Path) -> None:
    change_sound(book, lambda pcm: pcm * 0.5)
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.LOUDNESS, CHAPTER)
    away = re.search(r"LUFS, (-\d\.\d) LU from", verdict.message)
    assert away
    assert float(away[1]) == pytest.approx(-6.0, abs=0.5)


def test_short_sentences_between_their_pauses_are_no_fault(desk: Desk) -> None:
    """They are louder than their chapter, which is mastered with its pauses."""
    desk.name = "short.md"
    said = "\n\n".join(["Unquestionable.", "Incontestable!", "Incredible?", "Unfortunately."])
    desk.write(f"# Short\n\n## One\n\n{said}\n\n***\n\n{said}\n")
    assert verdicts(desk.build().folder) == []


def retime(book: Path, text: str, duration_s: float) -> None:
    """Give one utterance of the timeline another length: the following pause has the rest, so that all else stays."""
    path = book / "timeline.json"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    index = next(n for n, line in enumerate(lines) if text in line)
    own, after = (json.loads(line.rstrip(",\n")) for line in lines[index : index + 2])
    after["duration_s"] += own["duration_s"] - duration_s
    after["start_s"] -= own["duration_s"] - duration_s
    own["duration_s"] = duration_s
    for offset, cue in enumerate((own, after)):
        lines[index + offset] = json.dumps(cue, ensure_ascii=False) + ",\n"
    path.write_text("".join(lines), "utf-8")
    trust(book, "timeline.json")


def trust(book: Path, *names: str) -> None:
    """Let the record have the files' sizes as they are now."""
    kept = record.read(book)
    assert kept
    files = dict(kept.files) | {name: (book / name).stat().st_size for name in names}
    changed = Record(
        book_key=kept.book_key, flags=kept.flags, choices=kept.choices, chapters=kept.chapters, files=files
    )
    (book / "build.json").write_text(record.to_json(changed), "utf-8")


@pytest.mark.parametrize(("factor", "what"), [(0.1, "short"), (4.0, "long")])
def test_a_take_that_is_too_short_or_too_long_for_its_text_is_quoted(book: Path, factor: float, what: str) -> None:
    text = "Another sentence says so again, at some length."
    retime(book, text, round(factor * len(text) * S_PER_CHARACTER, 6))
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.TAKE, CHAPTER)
    assert verdict.message.startswith(f"too {what} for its text")
    assert verdict.message.endswith(f"“{text}”")
    assert verdict.at_s is not None


@pytest.mark.parametrize("tag", ["TIT2", "TALB", "TRCK", "APIC:", "TLAN"])
def test_a_missing_tag_is_named(book: Path, tag: str) -> None:
    edit_tag(book, CHAPTER, lambda found: found.delall(tag.rstrip(":")))
    (verdict,) = verdicts(book)
    assert verdict == Verdict(kind=Kind.TAGS, file=CHAPTER, message=f"misses {tag.rstrip(':')}")


def test_a_book_without_marks_is_told(book: Path) -> None:
    edit_tag(book, WHOLE, lambda found: (found.delall("CHAP"), found.delall("CTOC")))
    assert [(each.kind, each.message) for each in verdicts(book)] == [(Kind.TAGS, "has no chapter marks")]


def edit_tag(book: Path, name: str, change: Callable[[ID3], object]) -> None:
    found = ID3(book / name)
    change(found)
    found.save(book / name, v2_version=3)
    trust(book, name)


def test_marks_in_another_order_are_told(book: Path) -> None:
    def swapped(found: ID3) -> None:
        table = found.getall("CTOC")[0]
        table.child_element_ids = table.child_element_ids[::-1]

    edit_tag(book, WHOLE, swapped)
    assert told(book) == [("order", WHOLE)]


def test_a_mark_at_another_place_than_its_chapter_is_told(book: Path) -> None:
    def moved(found: ID3) -> None:
        found.getall("CHAP")[1].start_time += 700

    edit_tag(book, WHOLE, moved)
    assert told(book) == [("gap", WHOLE)]


def test_a_chapter_that_says_it_is_another_one_is_told(book: Path) -> None:
    def renumbered(found: ID3) -> None:
        found.getall("TRCK")[0].text = ["3/3"]

    edit_tag(book, CHAPTER, renumbered)
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.message) == (Kind.ORDER, "says that it is 3/3, and is 2/3")


def edit_json(book: Path, name: str, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    found = json.loads((book / name).read_text("utf-8"))
    change(found)
    (book / name).write_text(json.dumps(found), "utf-8")
    trust(book, name)


def test_another_reading_order_is_told(book: Path) -> None:
    edit_json(book, "publication.json", lambda found: found["readingOrder"].reverse())
    assert told(book) == [("order", "publication.json")]


def test_a_manifest_with_other_chapters_is_told(book: Path) -> None:
    edit_json(book, "publication.json", lambda found: found["readingOrder"].pop())
    assert told(book) == [("gap", "publication.json")]


def swap_in_timeline(book: Path) -> None:
    text = (book / "timeline.json").read_text("utf-8")
    head, *chapters = re.split(r'(?=\{"number": \d)', text)
    first, second, third = chapters
    (book / "timeline.json").write_text(head + second + first + third, "utf-8")
    trust(book, "timeline.json")


def test_chapters_of_the_timeline_in_another_order_are_told(book: Path) -> None:
    swap_in_timeline(book)
    assert told(book) == [("order", "timeline.json")]


@pytest.mark.parametrize("damage", ["cut", "noise", "binary"])
def test_a_timeline_that_cannot_be_read_is_told(book: Path, damage: str) -> None:
    data = (book / "timeline.json").read_bytes()
    half = len(data) // 2
    changed = {"cut": data[:half], "noise": data[:half] + b"}{" + data[half:], "binary": b"\xff\x00" * 300}[damage]
    (book / "timeline.json").write_bytes(changed)
    trust(book, "timeline.json")
    assert told(book) == [("gap", "timeline.json")]


def test_a_gap_in_the_timeline_is_told_with_its_place(book: Path) -> None:
    path = book / "timeline.json"
    start_s = timeline(book)[2]["start_s"]
    path.write_text(
        path.read_text("utf-8").replace(f'"start_s": {start_s}, ', f'"start_s": {start_s + 1}, ', 1), "utf-8"
    )
    trust(book, "timeline.json")
    assert ("gap", "timeline.json") in told(book)


@pytest.mark.parametrize("name", [CHAPTER, WHOLE, "cover.jpg", "publication.json", "timeline.json"])
def test_a_missing_file_is_told_once(book: Path, name: str) -> None:
    (book / name).unlink()
    (verdict,) = verdicts(book)
    assert verdict == Verdict(kind=Kind.GAP, file=name, message="missing")


@pytest.mark.parametrize("name", [CHAPTER, WHOLE])
def test_a_file_that_was_cut_is_told_once(book: Path, name: str) -> None:
    data = (book / name).read_bytes()
    (book / name).write_bytes(data[: len(data) * 3 // 4])
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.GAP, name)
    assert "changed since it was built" in verdict.message


def test_a_book_that_is_not_its_chapters_is_told(book: Path) -> None:
    data = bytearray((book / WHOLE).read_bytes())
    data[-len(data) // 8] ^= 1
    (book / WHOLE).write_bytes(data)
    assert ("gap", WHOLE) in told(book)


def test_a_chapter_of_another_length_than_was_built_is_told(book: Path) -> None:
    kept = json.loads((book / "build.json").read_text("utf-8"))
    kept["chapters"][2]["frame_count"] += 1152 * 10
    (book / "build.json").write_text(json.dumps(kept), "utf-8")
    assert told(book) == [("gap", "chapters/03 - Three.mp3")]


def test_a_stray_file_among_the_chapters_is_told_and_one_beside_the_book_is_its_owners_own(book: Path) -> None:
    shutil.copy(book / CHAPTER, book / "song.mp3")
    assert told(book) == []
    shutil.copy(book / CHAPTER, book / "chapters/02 - Song.mp3")
    assert told(book) == [("gap", "chapters/02 - Song.mp3")]


@pytest.mark.parametrize("damage", ["missing", "damaged", "damaged in a field"])
def test_without_a_record_that_alone_is_told(book: Path, damage: str) -> None:
    path = book / "build.json"
    if damage == "missing":
        path.unlink()
    elif damage == "damaged":
        path.write_text("{")
    else:
        kept = json.loads(path.read_text("utf-8"))
        kept["chapters"][1]["frame_count"] = "many"
        path.write_text(json.dumps(kept), "utf-8")
    (verdict,) = verdicts(book)
    assert (verdict.kind, verdict.file) == (Kind.GAP, "build.json")
    assert verdict.message.startswith(damage.split()[0])


def test_a_folder_of_sound_that_is_no_book_is_judged_by_its_sound(tmp_path: Path) -> None:
    filters = "sine=frequency=300:duration=3,apad=pad_dur=6,asplit[a][b];[b]aselect=1[c];[a][c]concat=n=2:v=0:a=1"
    run([ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", filters, str(tmp_path / "a.mp3")], timeout_s=60)
    found = verdicts(tmp_path)
    assert [(each.kind, round(each.at_s or 0)) for each in found] == [(Kind.SILENCE, 3), (Kind.SILENCE, 12)]


# What is printed.


def test_verdicts_are_lines_on_stdout_and_the_exit_code_is_14(book: Path) -> None:
    (book / "cover.jpg").unlink()
    edit_tag(book, CHAPTER, lambda found: found.delall("TALB"))
    said = CliRunner().invoke(app, ["inspect", str(book)])
    assert said.exit_code == 14
    assert said.stdout.splitlines()[-3:] == [
        "verdicts",
        "gap: cover.jpg: missing",
        f"tags: {CHAPTER}: misses TALB",
    ]
    assert "2 things wrong with this book" in said.stderr


def test_verdicts_are_part_of_the_json(book: Path) -> None:
    (book / "cover.jpg").unlink()
    said = CliRunner().invoke(app, ["inspect", str(book), "--json"])
    assert said.exit_code == 14
    found = json.loads(said.stdout)
    assert found["verdicts"] == [{"kind": "gap", "file": "cover.jpg", "at_s": None, "message": "missing"}]
    assert len(found["files"]) == 4


# Takes against their texts.


def durations(*takes: tuple[str, float], voice: str = "v") -> Durations:
    found = Durations()
    for number, (spoken, duration_s) in enumerate(takes):
        found.add("a", float(number), duration_s, voice=voice, spoken=spoken)
    return found


PLAIN = [("This is an ordinary sentence, as there are many.", 3.0)] * 6


def test_the_norm_is_the_books_own_so_that_a_slow_voice_is_no_fault() -> None:
    slow = [(text, 3 * duration_s) for text, duration_s in PLAIN]
    assert not list(durations(*slow).odd())
    assert [each.spoken for each in durations(*slow, ("This one is as long as those above, and said fast.", 1.5)).odd()]


@pytest.mark.parametrize(
    ("spoken", "duration_s"),
    [
        ("1234567890.", 5.3),
        ("0123 456 789.", 3.9),
        ("ABCDEFGHIJ.", 3.6),
        ("GO AWAY NOW AND NEVER COME BACK TO THIS PLACE.", 3.0),
        ("π is about 3.14159265358979323846.", 6.7),
        ("a/b=c&d[e]*f", 4.5),
        ("Zzzzzzzzzzzzzzzzzzzz.", 3.2),
        ("A.", 0.2),
        ("今日は雨が降っています。", 3.0),
    ],
)
def test_what_is_spelt_out_is_no_fault(spoken: str, duration_s: float) -> None:
    assert not list(durations(*PLAIN, (spoken, duration_s)).odd())


def test_nothing_is_odd_where_there_is_no_norm() -> None:
    assert not list(durations(("One sentence that stands alone in its book.", 90.0)).odd())


def test_a_book_is_inspected_by_the_document_that_it_was_built_from(desk: Desk) -> None:
    desk.write("The Long Way\n\nIt rained.\n")
    folder = desk.build().folder
    said = CliRunner().invoke(app, ["inspect", str(desk.source), "--out", str(desk.request.out)])
    assert said.stdout == CliRunner().invoke(app, ["inspect", str(folder)]).stdout
    assert "The Long Way.mp3" in said.stdout
