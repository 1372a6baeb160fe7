"""What the program says and leaves behind: bad input, full disks, Ctrl-C, odd terminals. Each test runs it for real."""

import contextlib
import errno
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.id3 import ID3
from running import (
    LONG,
    NARRATE,
    SHORT,
    Ran,
    as_anybody,
    environment,
    narrate,
    remount,
    session,
    shared,
    small_disk,
    started,
    until,
)
from typer.testing import CliRunner

import fake_engine
from conftest import EXAMPLE, contents, decoded, timeline
from fake_engine import FakeEngine
from narrate import speech, work
from narrate.cli.app import app
from narrate.publish import mp3
from narrate.store import FolderStore


@dataclass
class Shelf:
    """A folder with a source in it and a good book made from it."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "short.txt"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def book(self) -> Path:
        return self.out / "A Short Drive"

    def build(self, source: Path | None = None, *words: str | Path, command: str = "build", **variables: str) -> Ran:
        where = ["--out", self.out, "--store", self.folder / "store"]
        return narrate(command, source or self.source, *where, *words, env=environment(**variables))

    def change(self) -> None:
        self.source.write_text(SHORT.replace("after", "long after"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with shared(tmp_path_factory, "shelf") as folder:
        shelf = Shelf(folder)
        if not shelf.source.exists():
            shelf.source.write_text(SHORT)
            assert shelf.build().code == 0
    return folder


@pytest.fixture
def shelf(built: Path, tmp_path: Path) -> Shelf:
    return Shelf(shutil.copytree(built, tmp_path / "shelf"))


@pytest.fixture
def untouched(shelf: Shelf) -> Iterator[Shelf]:
    """The shelf; after the test its book must be what it was, and alone."""
    before = contents(shelf.out)
    yield shelf
    assert contents(shelf.out) == before
    assert [path.name for path in shelf.out.iterdir()] == ["A Short Drive"]


# Bad input: one line, a code of its own kind, and the earlier book as it was.


def test_a_missing_file(untouched: Shelf) -> None:
    untouched.build(untouched.folder / "gone.txt").failed(3, "gone.txt", "no such file", "check the name")


def test_an_empty_file(untouched: Shelf) -> None:
    untouched.source.write_bytes(b"")
    untouched.build().failed(3, "short.txt", "empty", "text in it")


def test_a_binary_file(untouched: Shelf) -> None:
    untouched.source.write_bytes(bytes(range(256)) * 40)
    untouched.build().failed(3, "short.txt", "binary")


def test_a_picture_with_the_suffix_of_a_text(untouched: Shelf) -> None:
    untouched.source.write_bytes(EXAMPLE.with_suffix(".png").read_bytes())
    untouched.build().failed(3, "short.txt", "PNG picture", "export it")


def test_a_folder(untouched: Shelf) -> None:
    untouched.build(untouched.folder).failed(3, "a folder", "name a file inside it")


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_a_file_that_may_not_be_read(untouched: Shelf) -> None:
    untouched.source.chmod(0)
    ran = narrate("build", untouched.source, "--out", untouched.out, preexec=as_anybody)
    ran.failed(3, "short.txt", "no permission", "chmod u+r")


def test_a_pipe_is_refused_and_not_waited_for(untouched: Shelf) -> None:
    os.mkfifo(untouched.folder / "pipe.txt")
    untouched.build(untouched.folder / "pipe.txt").failed(3, "pipe.txt", "pipe", "save it as a file")


def test_a_link_that_leads_to_itself(untouched: Shelf) -> None:
    (untouched.folder / "loop.txt").symlink_to("loop.txt")
    untouched.build(untouched.folder / "loop.txt").failed(3, "loop.txt", "links")


def test_nothing_but_white_space(untouched: Shelf) -> None:
    untouched.source.write_text(" \t\n\n \u200b\u00a0\n")
    untouched.build().failed(3, "short.txt", "white space")


@pytest.mark.parametrize("name", ["short.xyz", "short.mobi", "short"])
def test_an_unknown_type(untouched: Shelf, name: str) -> None:
    (untouched.folder / name).write_text(SHORT)
    untouched.build(untouched.folder / name).failed(3, name, "narrate reads .txt")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_a_file_that_is_not_plain_utf_8_is_read_all_the_same(tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "cafe.txt"
    source.write_bytes(
        "Ein Café am Weg\n\nWir hätten längst müde sein müssen, aber die Straße schlief.\n".encode(encoding)
    )
    ran = narrate("plan", source, "--json", "--store", tmp_path / "store")
    assert ran.code == 0, ran.err
    plan = json.loads(ran.out)
    assert plan["title"] == "Ein Café am Weg"
    assert any("not UTF-8" in warning for warning in plan["warnings"]) == (encoding == "cp1252")


def test_a_voice_that_does_not_exist(untouched: Shelf) -> None:
    untouched.build(None, "--voice", "gmw/em").failed(5, "“gmw/em”", "did you mean", "narrate voices")


def test_a_language_that_no_voice_speaks(untouched: Shelf) -> None:
    untouched.build(None, "--language", "xx").failed(5, "“xx”", "narrate voices")


def test_an_interlude_that_is_no_audio(untouched: Shelf) -> None:
    untouched.build(None, "--interlude", untouched.source).failed(7, "short.txt", "not a sound file")


def test_an_interlude_that_is_not_there(untouched: Shelf) -> None:
    untouched.build(None, "--interlude", "gone.wav").failed(4, "interludes.file", "gone.wav")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("raet = 180", ("'raet'", "rate")),
        ('rate = "fast"', ("rate must be a whole number", "'fast'")),
        ("rate = 1000", ("from 80 to 450", "1000")),
        ("rate =", ("not valid TOML",)),
        ("rate = " + "[" * 5000, ("not valid TOML", "nested")),
    ],
)
def test_a_wrong_setting(untouched: Shelf, settings: str, said: tuple[str, ...]) -> None:
    (untouched.folder / "narrate.toml").write_text(settings)
    untouched.build().failed(4, "narrate.toml", *said)


def test_an_output_folder_below_a_file(untouched: Shelf) -> None:
    untouched.change()
    ran = narrate("build", untouched.source, "--out", untouched.source / "out", "--store", untouched.folder / "store")
    ran.failed(8, "short.txt", "is a file")


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_an_output_folder_without_permission(shelf: Shelf) -> None:
    before = contents(shelf.out)
    shelf.change()
    shelf.out.chmod(0o555)
    where = ["--out", shelf.out, "--store", shelf.folder / "store"]
    ran = narrate("build", shelf.source, *where, preexec=as_anybody)
    shelf.out.chmod(0o755)
    ran.failed(8, "A Short Drive", "Permission denied", "a folder that you may write to")
    assert contents(shelf.out) == before


def test_a_read_only_disk(shelf: Shelf) -> None:
    with small_disk(shelf.folder / "disk", "4m") as disk:
        shelf.out.rename(shelf.folder / "was")
        shelf.out.symlink_to(disk)
        assert shelf.build().code == 0
        before = contents(disk)
        shelf.change()
        remount(disk, "ro")
        shelf.build().failed(8, "A Short Drive", "ead-only", "another folder")
        assert contents(disk) == before


def test_a_full_disk_where_the_book_goes(shelf: Shelf) -> None:
    with small_disk(shelf.folder / "disk", "4m") as disk:
        shelf.out.rename(shelf.folder / "was")
        shelf.out.symlink_to(disk)
        assert shelf.build().code == 0
        before = contents(disk)
        with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.truncate(disk / "filler", (disk / "filler").stat().st_size - 128 * 1024)
        shelf.change()
        shelf.build().failed(8, "cannot be written", "No space left", "free some space")
        (disk / "filler").unlink()
        assert contents(disk) == before
        assert shelf.build().code == 0


def test_a_full_disk_where_the_store_is(untouched: Shelf) -> None:
    untouched.change()
    with small_disk(untouched.folder / "disk", "64k") as disk:
        ran = narrate("build", untouched.source, "--out", untouched.out, "--store", disk)
        ran.failed(8, "store", "No space left", "--store")


@pytest.mark.parametrize(("chapter", "said"), [("9", "no chapter 9"), ("The Sea", "'The Sea'"), ("2-1", "2-1")])
def test_a_chapter_that_does_not_exist(untouched: Shelf, chapter: str, said: str) -> None:
    untouched.build(None, chapter, command="regenerate").failed(9, said, "short.txt")


def test_no_message_obeys_what_a_name_tells_the_terminal(untouched: Shelf) -> None:
    ran = untouched.build(Path("a\x1b[2J\u202eb\nc.txt"))
    assert ran.code == 3
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", ran.err)
    assert ran.err.count("\n") == 1


# Input that is odd, and no error.


def test_control_characters_emoji_zero_width_and_right_to_left_marks_are_input(tmp_path: Path) -> None:
    (tmp_path / "odd.md").write_text(
        "# Odd\x07 😀 \u202eTitle\u202c\n\n"
        "The \u200broad\x1b[31m is\x00 long. 🚗💨 It\u00ad hums.\n\nשלום, \u200fדרך.\n"
    )
    ran = narrate("build", "odd.md", "--json", "--store", "store", cwd=tmp_path)
    assert ran.code == 0, ran.err
    (chapter,) = timeline(tmp_path / json.loads(ran.out)["folder"])
    spoken = " ".join(cue["spoken"] for cue in chapter["cues"] if cue["kind"] == "utterance")
    assert not re.search("[\x00-\x1f\u202a-\u202e]", spoken + chapter["title"])
    for word in ("road", "long", "hums", "דרך"):
        assert word in spoken


def test_what_is_nested_too_deeply_is_read_or_at_least_missed(tmp_path: Path) -> None:
    (tmp_path / "deep.md").write_text("# Deep\n\nHello.\n\n" + "> " * 200 + "Is anybody there?\n\nGoodbye.\n")
    plan = json.loads(narrate("plan", "deep.md", "--json", "--store", "store", cwd=tmp_path).out)
    assert plan["chapters"][0]["utterances"] == 4 or plan["warnings"]


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """A fake engine, selected by a narrate.toml, that speaks three thousand characters in a second."""
    engine = FakeEngine()
    monkeypatch.setitem(speech.ENGINES, "fake", lambda _: engine)
    monkeypatch.setattr(fake_engine, "S_PER_CHARACTER", 0.0003)
    work.engine.cache_clear()
    return engine


def in_process(*words: str | Path) -> dict[str, object]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, (result.stderr, result.exception)
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_a_line_of_a_megabyte_is_input(tmp_path: Path, instant: FakeEngine) -> None:
    (tmp_path / "narrate.toml").write_text('engine = "fake"\n[pauses]\nsentence = 0.01\n')
    line = "The road goes on and the engine hums beneath it, " * 21000 + "and then it ends."
    (tmp_path / "line.txt").write_text(f"A Long Line\n\n{line}\n")
    began = time.monotonic()
    where = ["--out", tmp_path / "out", "--store", tmp_path / "store"]
    book = in_process("build", tmp_path / "line.txt", *where, "--json", "--quiet", "--jobs", "1")
    assert time.monotonic() - began < 60
    (chapter,) = timeline(Path(str(book["folder"])))
    said = " ".join(cue["text"] for cue in chapter["cues"] if cue["kind"] == "utterance")
    assert said.split() == f"A Long Line {line}".split()
    assert max(len(text) for text, _ in instant.spoken) < 400


def test_ten_thousand_headings_are_input(tmp_path: Path, instant: FakeEngine) -> None:
    (tmp_path / "narrate.toml").write_text('engine = "fake"')
    parts = "".join(f"## Part {number}\n\nIt hums.\n\n" for number in range(1, 10001))
    (tmp_path / "parts.md").write_text(f"# Ten Thousand\n\n{parts}")
    began = time.monotonic()
    plan = in_process("plan", tmp_path / "parts.md", "--store", tmp_path / "store", "--json")
    assert time.monotonic() - began < 30
    titles = [chapter["title"] for chapter in plan["chapters"]]  # type: ignore[attr-defined]
    assert titles == [f"Part {number}" for number in range(1, 10001)]
    assert instant.spoken == []


@pytest.mark.usefixtures("instant")
def test_a_book_of_more_chapters_than_a_table_of_contents_counts_in_one_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[int, bytes] = {}
    encode = mp3.encode

    def once(blocks: Callable[[], Iterable[np.ndarray]], **options: Any) -> bytes:
        # Starting ffmpeg 300 times would be most of this test; how long a stretch is decides all that it looks at.
        length = sum(map(len, blocks()))
        if length not in kept:
            kept[length] = encode(blocks, **options)
        return kept[length]

    monkeypatch.setattr(mp3, "encode", once)
    (tmp_path / "narrate.toml").write_text('engine = "fake"\n[interludes]\nenabled = false')
    (tmp_path / "parts.txt").write_text("Many\n\n" + "".join(f"Chapter {n}\n\nIt hums.\n\n" for n in range(1, 301)))
    where = ["--out", tmp_path / "out", "--store", tmp_path / "store"]
    book = in_process("build", tmp_path / "parts.txt", *where, "--json", "--quiet", "--jobs", "1")
    files = sorted(path.name for path in (tmp_path / "out/Many/chapters").iterdir())
    assert [files[0], files[-1]] == ["001 - Chapter 1.mp3", "300 - Chapter 300.mp3"]
    marks = sorted(mark.start_time for mark in ID3(tmp_path / "out/Many/Many.mp3").getall("CHAP"))
    assert marks == [round(chapter["start_s"] * 1000) for chapter in book["chapters"]]  # type: ignore[attr-defined]
    assert len(marks) == 300


# Manners.


def test_stdout_is_the_folder_and_nothing_else(shelf: Shelf) -> None:
    shelf.change()
    ran = shelf.build()
    assert ran.out == f"{shelf.book}\n"
    assert re.search(r"chapter \d of 2, \d+%", ran.err)
    assert ran.err.splitlines()[-1].startswith("done: 2 chapters, 0:")
    assert "\x1b" not in ran.err + ran.out


def test_json_is_one_object_on_stdout(shelf: Shelf) -> None:
    ran = shelf.build(None, "--json")
    said = json.loads(ran.out)
    assert sorted(said) == ["book", "chapters", "duration_s", "folder", "formats", "warnings"]
    assert (said["folder"], said["warnings"]) == (str(shelf.book), [])
    assert Path(said["book"]).is_file()
    heads = [{name: value for name, value in chapter.items() if name != "cues"} for chapter in timeline(shelf.book)]
    assert said["chapters"] == heads
    assert said["duration_s"] == pytest.approx(sum(head["duration_s"] for head in heads), abs=1e-3)


def test_quiet_says_nothing_but_the_result_and_errors(shelf: Shelf) -> None:
    shelf.change()
    assert shelf.build(None, "--quiet") == Ran(code=0, out=f"{shelf.book}\n", err="")
    assert shelf.build(shelf.folder / "gone.txt", "-q").failed(3).count("\n") == 0


def test_version_is_a_word_and_a_number() -> None:
    assert re.fullmatch(r"narrate \d+\.\d+\.\d+\S*\n", narrate("--version").out)


def on_a_terminal(shelf: Shelf, *words: str, **variables: str) -> str:
    """What the program draws on a terminal of 80 columns as its stderr."""
    shelf.change()
    shutil.rmtree(shelf.folder / "store")
    ours, its = pty.openpty()
    where = ["--out", shelf.out, "--store", shelf.folder / "store"]
    env = environment(**({"TERM": "xterm-256color", "COLUMNS": "80"} | variables))
    drawn = b""
    with started("build", shelf.source, *where, *words, cwd=shelf.folder, stderr=its, env=env) as process:
        os.close(its)
        with contextlib.suppress(OSError):  # Linux says EIO when the other side is closed
            while block := os.read(ours, 65536):
                drawn += block
        assert process.wait() == 0
    os.close(ours)
    return drawn.decode()


def test_on_a_terminal_a_bar_appears_and_is_removed(shelf: Shelf) -> None:
    drawn = on_a_terminal(shelf)
    assert re.search(r"chapter \d of 2 .*━.* \d+%", drawn)
    last = drawn[drawn.rindex("%") :]
    assert "\x1b[2K" in last, "the line is wiped"
    assert "\x1b[?25h" in last, "the cursor is back"
    assert re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]|\r", "", last).splitlines()[-1].startswith("done: 2 chapters")


def test_no_color_is_honoured(shelf: Shelf) -> None:
    assert re.search(r"\x1b\[[\d;]*[1-9][\d;]*m", on_a_terminal(shelf)), "else this test shows nothing"
    assert not re.search(r"\x1b\[[\d;]*[1-9][\d;]*m", on_a_terminal(shelf, NO_COLOR="1"))


@pytest.mark.parametrize(("words", "variables"), [(("--plain",), {}), ((), {"TERM": "dumb"})])
def test_plain_draws_nothing_even_on_a_terminal(
    shelf: Shelf, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    drawn = on_a_terminal(shelf, *words, **variables)
    assert "\x1b" not in drawn
    assert drawn.startswith("1 of 2 chapters to make\r\nchapter 2 of 2, ")


# Being stopped.


@dataclass
class Stopped:
    code: int
    err: str
    took_s: float


def stop(folder: Path, signal_number: int, *, group: bool, when: str) -> Stopped:
    """Stop a build as `stop_once` does: the quickest of three, or the first that takes less than a second.

    Other work may keep a machine busy for a second, the program may not.
    """
    found: list[Stopped] = []
    while len(found) < 3 and not any(each.took_s < 1 for each in found):
        found.append(stop_once(folder / f"try {len(found)}", signal_number, group=group, when=when))
    return min(found, key=lambda each: each.took_s)


def stop_once(folder: Path, signal_number: int, *, group: bool, when: str) -> Stopped:
    """Build a long book, and send a signal once stderr matches `when`. Nothing of the build may outlive it."""
    folder.mkdir()
    (folder / "long.md").write_text(LONG)
    scratch = folder / "scratch"
    scratch.mkdir()
    env = environment(TMPDIR=str(scratch))
    log = folder / "log"
    words = ["build", "long.md", "--out", "out", "--store", "store"]
    with log.open("wb") as err, started(*words, cwd=folder, stderr=err, env=env) as process:
        until(lambda: re.search(when, log.read_text()))
        began = time.monotonic()
        (os.killpg if group else os.kill)(process.pid, signal_number)
        process.wait(timeout=20)
        took_s = time.monotonic() - began
        until(lambda: session(process.pid) == [], within_s=5)
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert list(folder.glob("out/**/*")) == [], "nothing was published, and nothing else lies about"
    kept = FolderStore(folder / "store")
    for entry in kept.entries():
        assert kept.get(entry.kind, entry.path.name) is not None, "half written, and under its final name"
    return Stopped(code=process.returncode, err=log.read_text(), took_s=took_s)


@pytest.mark.parametrize("when", ["to make", r"\d%"])
def test_ctrl_c_ends_within_a_second_and_leaves_nothing_half_done(tmp_path: Path, when: str) -> None:
    stopped = stop(tmp_path, signal.SIGINT, group=True, when=when)
    assert (stopped.code, stopped.took_s < 1) == (130, True)
    assert stopped.err.splitlines()[-1].startswith("narrate: interrupted (what was spoken so far is kept")
    assert "Traceback" not in stopped.err


def test_sigterm_ends_as_cleanly(tmp_path: Path) -> None:
    stopped = stop(tmp_path, signal.SIGTERM, group=False, when=r"\d%")
    assert (stopped.code, stopped.took_s < 1) == (143, True)
    assert "Traceback" not in stopped.err


def test_a_closed_terminal_window_leaves_nothing_half_done(tmp_path: Path) -> None:
    assert stop(tmp_path, signal.SIGHUP, group=True, when=r"\d%").code == 143


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)])
def test_a_signal_that_comes_while_the_program_is_loaded_ends_it_the_same_way(
    tmp_path: Path, number: int, code: int
) -> None:
    (tmp_path / "typer").mkdir()
    (tmp_path / "typer/__init__.py").write_text("import time; open('loading', 'w').close(); time.sleep(60)")
    with started("--version", cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path))) as process:
        until((tmp_path / "loading").exists)
        process.send_signal(number)
        assert process.wait(timeout=20) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_stopped_leaves_nothing_in_the_folder_for_temporary_files(tmp_path: Path, number: int) -> None:
    (tmp_path / "long.md").write_text(LONG)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = ["build", "long.md", "--out", "out", "--store", "store"]
    with started(*words, cwd=tmp_path, env=environment(TMPDIR=str(scratch))) as process:
        until(lambda: list(tmp_path.glob("out/**/*.frames")))
        os.killpg(process.pid, number)
        process.wait(timeout=20)
    assert list(scratch.rglob("*")) == []


def test_a_build_killed_outright_is_finished_by_the_next_to_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "drive.md").write_text(EXAMPLE.read_text("utf-8").partition("## Three Rules")[0].replace("![", "["))
    whole = narrate("build", "drive.md", "--out", "whole", "--store", "other", cwd=tmp_path)
    assert whole.code == 0, whole.err
    log = tmp_path / "log"
    words = ["build", "drive.md", "--out", "out", "--store", "store"]
    for when in ("to make", "%"):
        with log.open("wb") as err, started(*words, cwd=tmp_path, stderr=err) as process:
            until(lambda when=when: when in log.read_text())
            process.kill()
            process.wait()
            # Its workers die with it, and ffmpeg with them.
            until(lambda: session(process.pid) == [], within_s=5)
    assert narrate(*words, cwd=tmp_path).code == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert [path.name for path in (tmp_path / "out").glob("*/.*")] == []


def test_two_builds_of_one_book_at_once_are_both_right(shelf: Shelf) -> None:
    shelf.change()
    shutil.rmtree(shelf.folder / "store")
    words = ["build", shelf.source, "--out", shelf.out, "--store", shelf.folder / "store", "-q"]
    with started(*words, cwd=shelf.folder) as one, started(*words, cwd=shelf.folder) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    together = contents(shelf.out)
    shutil.rmtree(shelf.out)
    assert shelf.build().code == 0
    assert contents(shelf.out) == together


# Odd surroundings.


def shell(line: str, folder: Path, **variables: str | None) -> Ran:
    """Run a line of sh in which `narrate` is the program."""
    quoted = " ".join(NARRATE)
    done = subprocess.run(
        ["sh", "-c", f'narrate() {{ {quoted} "$@"; }}; {line}'],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        timeout=60,
    )
    return Ran(code=done.returncode, out=done.stdout.decode(errors="replace"), err=done.stderr.decode())


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_or_full_streams_do_not_keep_a_book_from_being_made(shelf: Shelf, streams: str) -> None:
    shelf.change()
    before = contents(shelf.out)
    ran = shell(f"narrate build short.txt --out out --store store {streams}", shelf.folder)
    assert ran.code == 0
    assert contents(shelf.out) != before
    assert ran.out == ("" if ">&-" in streams.split() else "out/A Short Drive\n")


def test_a_reader_that_goes_away_is_no_reason_to_complain(shelf: Shelf) -> None:
    for command in ("build short.txt --out out --store store", "voices", "plan short.txt", "--help"):
        ran = shell(f"narrate {command} | head -c0", shelf.folder)
        assert "Traceback" not in ran.err
        assert "Broken" not in ran.err


def test_a_full_disk_behind_stdout_is_one_clear_line(shelf: Shelf) -> None:
    ran = shell("narrate build short.txt --out out --store store -q > /dev/full", shelf.folder)
    ran.failed(8, "output cannot be written", os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("home", [None, "/nonexistent", "/proc"])
def test_without_a_home_that_can_be_written_a_store_can_still_be_named(shelf: Shelf, home: str | None) -> None:
    ran = shell("narrate build short.txt --out new --store new-store -q", shelf.folder, HOME=home, XDG_CACHE_HOME=None)
    assert (ran.code, ran.err) == (0, "")


def test_a_home_that_cannot_be_written_is_one_clear_line(shelf: Shelf) -> None:
    ran = shell("narrate build short.txt --out new -q", shelf.folder, HOME="/proc", XDG_CACHE_HOME=None)
    ran.failed(8, "store", "/proc", "--store")


def test_an_empty_environment_is_enough(shelf: Shelf) -> None:
    done = subprocess.run(
        [*NARRATE, "build", "short.txt", "--out", "new", "--store", "new"],
        cwd=shelf.folder,
        env={},
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (0, b"new/A Short Drive\n")


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1"},
    ],
)
def test_titles_of_any_script_in_a_locale_of_none(tmp_path: Path, locale: dict[str, str]) -> None:
    title = "Café “夜のドライブ” 🚗"
    (tmp_path / "drive.md").write_text(f"# {title}\n\nHello.\n", encoding="utf-8")
    ran = shell("narrate build drive.md --out out --store store --json -q && narrate plan drive.md", tmp_path, **locale)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out.splitlines()[0])["chapters"][0]["title"] == title
    assert (tmp_path / "out" / title / f"{title}.mp3").is_file()


def test_a_locale_that_cannot_name_the_files_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "drive.md").write_text("# Café\n\nHello.\n", encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shell("narrate build drive.md --out out --store store -q", tmp_path, **locale).failed(8, "locale", "PYTHONUTF8=1")


def test_a_folder_that_was_removed_under_the_program(shelf: Shelf) -> None:
    line = "mkdir gone; cd gone; rmdir ../gone; narrate build {} {} -q"
    absolute = f"--out {shelf.out} --store {shelf.folder}/store"
    shell(line.format(shelf.source, "--out rel"), shelf.folder).failed(8, "current folder does not exist", "cd to")
    assert shell(line.format(shelf.source, absolute), shelf.folder).out == f"{shelf.book}\n"
    assert shell("mkdir gone; cd gone; rmdir ../gone; narrate --version", shelf.folder).code == 0


@pytest.mark.parametrize(
    "name", ["with space", "new\nline", 'it\'s "quoted"', "Straße 夜 🚗", "-dash", "a%20b", "file:b"]
)
def test_paths_of_any_characters(shelf: Shelf, name: str) -> None:
    folder = shelf.folder / name
    folder.mkdir()
    source = folder / f"{name}.txt"
    source.write_text(SHORT)
    recording = shutil.copy(Path(__file__).parents[2] / "audio/car-driving.flac", folder / f"{name}.flac")
    where = ["--out", Path(name, "out"), "--store", shelf.folder / "store", "--json"]
    ran = narrate("build", source, f"--interlude={recording}", *where[2:], f"--out={where[1]}", cwd=shelf.folder)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["folder"] == str(Path(name, "out", "A Short Drive"))
    assert len(contents(folder / "out")) == 7
    (first, _) = sorted((folder / "out/A Short Drive/chapters").iterdir())
    assert narrate("inspect", shutil.copy(first, folder / f"{name}.mp3"), "--json").code == 0


def test_a_name_that_is_no_unicode(shelf: Shelf) -> None:
    folder = os.fsencode(shelf.folder) + b"/b\xffd"
    os.mkdir(folder)  # noqa: PTH102
    Path(os.fsdecode(folder), "short.txt").write_text(SHORT)
    words = [*NARRATE, "build", folder + b"/short.txt", "--out", folder, "--store", "store"]
    done = subprocess.run(words, cwd=shelf.folder, env=environment(), capture_output=True)
    assert (done.returncode, done.stdout) == (0, folder + b"/A Short Drive\n")
    done = subprocess.run([*words, "--json"], cwd=shelf.folder, env=environment(), capture_output=True)
    assert (
        os.fsencode(json.loads(done.stdout.decode("utf-8", "surrogateescape"))["folder"]) == folder + b"/A Short Drive"
    )


def test_where_the_program_is_called_from_makes_no_difference(shelf: Shelf, tmp_path: Path) -> None:
    (shelf.folder / "linked.txt").symlink_to("short.txt")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store = ["--store", shelf.folder / "store"]
    recording = shutil.copy(Path(__file__).parents[2] / "audio/car-driving.flac", shelf.folder / "my-car.flac")
    here = narrate("build", "short.txt", "--interlude", "my-car.flac", "--out", "a", *store, cwd=shelf.folder)
    there = narrate("build", shelf.source, "--interlude", recording, "--out", "b", *store, cwd=elsewhere)
    linked = narrate(
        "build", "shelf/linked.txt", "--interlude", "shelf/my-car.flac", "--out", tmp_path / "c", *store, cwd=tmp_path
    )
    assert (here.out, there.out) == ("a/A Short Drive\n", "b/A Short Drive\n")
    assert contents(shelf.folder / "a") == contents(elsewhere / "b") == contents(tmp_path / "c")
    assert linked.code == 0
    again = narrate("regenerate", shelf.source, "1", "--out", shelf.folder / "a", *store, cwd=elsewhere)
    assert again.code == 0, again.err
    assert contents(shelf.folder / "a") == contents(elsewhere / "b")


# The other commands.


def test_plan_says_what_would_be_done_and_why_and_speaks_nothing(shelf: Shelf, tmp_path: Path) -> None:
    where = ["--out", shelf.out, "--store", tmp_path / "none"]
    assert "up to date" in narrate("plan", shelf.source, *where).out
    shelf.change()
    table = narrate("plan", shelf.source, *where).out
    assert "A Short Drive" in table
    (line,) = [line for line in table.splitlines() if "And one sentence" in line]
    assert "text changed" in line
    plan = json.loads(narrate("plan", shelf.source, *where, "--json", "--rate", "200").out)
    assert (plan["title"], len(plan["chapters"])) == ("A Short Drive", 2)
    assert "rate 175 → 200" in plan["chapters"][0]["reason"]
    assert not (tmp_path / "none").exists()


def test_regenerate_takes_numbers_ranges_and_titles_and_keeps_what_was_chosen(tmp_path: Path) -> None:
    parts = "".join(f"## {name}\n\nIt hums along.\n\n" for name in ("One", "Two", "Three", "Four"))
    (tmp_path / "drive.md").write_text(f"# Drive\n\n{parts}")
    where = ["--out", tmp_path / "out", "--store", tmp_path / "store", "-q"]

    def run(command: str, *words: str) -> set[str]:
        before = contents(tmp_path / "out/Drive/chapters") if (tmp_path / "out").exists() else {}
        ran = narrate(command, tmp_path / "drive.md", *words, *where)
        assert ran.code == 0, ran.err
        after = contents(tmp_path / "out/Drive/chapters")
        return {name[:2] for name in after if after[name] != before.get(name)}

    def chosen() -> list[str]:
        plan = json.loads(narrate("plan", tmp_path / "drive.md", *where[:-1], "--json").out)
        return [chapter["choice"] for chapter in plan["chapters"]]

    run("build")
    assert run("regenerate", "2", "--rate", "220") == {"02"}
    assert run("regenerate", "3-4", "--pitch", "80") == {"03", "04"}
    assert run("regenerate", "one", "four", "--voice", "gmw/en-US+f3") == {"01", "04"}
    assert chosen() == ["voice gmw/en-US+f3", "220 words a minute", "pitch 80", "voice gmw/en-US+f3, pitch 80"]
    assert run("build") == set()
    assert run("regenerate", "2", "--reset") == {"02"}
    assert chosen()[1] == ""
    assert run("build", "--reset") == {"01", "03", "04"}
    assert chosen() == [""] * 4


def test_regenerate_needs_no_flag_that_the_build_needed(tmp_path: Path) -> None:
    (tmp_path / "drive.md").write_text("---\nlanguage: tlh\n---\n\n# Drive\n\nIt hums.\n")
    where = ["--out", tmp_path / "out", "--store", tmp_path / "store", "-q"]
    assert narrate("build", tmp_path / "drive.md", "--voice", "gmw/en-US", *where).code == 0
    assert narrate("regenerate", tmp_path / "drive.md", "1", *where).code == 0


def test_inspect_measures_a_folder_or_a_file(shelf: Shelf) -> None:
    said = narrate("inspect", shelf.book)
    assert said.code == 0, "a book of a real voice has nothing wrong with it"
    table = said.out
    assert [line.split()[0] for line in table.splitlines()[:4]] == ["file", "A", "01", "02"]
    assert re.search(r"TALB +A Short Drive", table)
    assert re.search(r"2 +0:\d\d +And one sentence after", table)
    (facts,) = json.loads(narrate("inspect", shelf.book / "A Short Drive.mp3", "--json").out)["files"]
    assert facts["duration_s"] == pytest.approx(sum(c["duration_s"] for c in timeline(shelf.book)), abs=0.06)
    assert -30 < facts["loudness_lufs"] < -15
    assert facts["true_peak_dbtp"] <= -1.0  # the ceiling of the profile `road`


def test_inspect_says_when_there_is_nothing_to_inspect(shelf: Shelf) -> None:
    narrate("inspect", shelf.source).failed(3, "short.txt", "not built yet")
    narrate("inspect", shelf.folder / "gone").failed(7, "gone", "no such file or folder")
    (shelf.folder / "empty").mkdir()
    narrate("inspect", shelf.folder / "empty").failed(7, "empty", "no MP3s", "OUT/Author/Title")


def test_voices_are_listed_narrowed_and_heard(tmp_path: Path) -> None:
    everything = json.loads(narrate("voices", "--json").out)
    english = json.loads(narrate("voices", "--language", "en", "--json").out)
    assert len(everything) > 100 > len(english) > 5
    assert {voice["language"].partition("-")[0] for voice in english} == {"en"}
    assert re.search(r"gmw/en-US +English \(America\) +en-US", narrate("voices").out)
    for name in ("sample.mp3", "sample.wav"):
        ran = narrate("voices", "--voice", "gmw/en-US", "--sample", tmp_path / name)
        assert ran.out == f"{tmp_path / name}\n"
        sound = decoded(tmp_path / name)
        assert 2 < len(sound) / 44100 < 8
        assert np.sqrt(np.mean(sound**2)) > 0.03
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample.mp3", "sample.wav"]


def test_voices_that_cannot_be_heard(tmp_path: Path) -> None:
    narrate("voices", "--sample", tmp_path / "sample.xyz").failed(7, "sample.xyz", ".mp3")
    narrate("voices", "--language", "xx").failed(5, "'xx'", "narrate voices")
    one = ["voices", "--voice", "gmw/en-US", "--sample"]
    narrate(*one, tmp_path / "gone/sample.mp3").failed(8, "sample.mp3", "cannot be written")
    narrate("voices", "--rate", "9999").failed(4, "rate must be from 80 to 450")
    for ffmpeg, said in (("/nonexistent", "/nonexistent"), ("/bin/false", "failed")):
        ran = narrate(*one, tmp_path / "sample.mp3", env=environment(IMAGEIO_FFMPEG_EXE=ffmpeg))
        ran.failed(7, said)
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_everything_here_and_says_what_to_do_where_something_is_missing(tmp_path: Path) -> None:
    well = narrate("doctor", "--store", tmp_path)
    assert (well.code, "missing" in well.out) == (0, False)
    assert "engine pyttsx3" in well.out
    ill = narrate("doctor", "--store", tmp_path, "--json", env=environment(IMAGEIO_FFMPEG_EXE="/nonexistent"))
    assert ill.code == 1
    missing = {finding["what"]: finding for finding in json.loads(ill.out) if not finding["ok"]}
    assert sorted(missing) == ["MP3 encoder", "ffmpeg"]
    assert "/nonexistent" in missing["ffmpeg"]["found"]
    assert "pip install" in missing["ffmpeg"]["advice"]


def test_without_ffmpeg_a_build_says_who_knows_more(untouched: Shelf) -> None:
    untouched.change()
    ran = untouched.build(None, IMAGEIO_FFMPEG_EXE="/nonexistent")
    ran.failed(7, "/nonexistent", "narrate doctor")


def test_help_loads_neither_numbers_nor_engines_nor_drawings() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "narrate", "--help"], capture_output=True, env=environment()
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "narrate.cli.app" in loaded
    assert loaded.isdisjoint(
        {"numpy", "pyttsx3", "rich", "soxr", "pydub", "mutagen", "PIL", "markdown_it", "yaml", "charset_normalizer"}
    )


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(name: str) -> None:
    ran = narrate("--show-completion", name, env=environment(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"))
    assert (ran.code, ran.err) == (0, "")
    assert "_NARRATE_COMPLETE" in ran.out


def test_commands_are_completed() -> None:
    asked = environment(_NARRATE_COMPLETE="complete_bash", COMP_WORDS="narrate re", COMP_CWORD="1")
    assert narrate(env=asked).out.split() == ["regenerate"]
