"""`scripts/bench` measures what it says it does, and `scripts/torture` runs, and notices what it is there to notice."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from narrate.publish import mp3
from narrate.publish.options import Mp3Options

SCRIPTS = Path(__file__).parents[1] / "scripts"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the scripts measure and disturb on Linux")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield
    for name in (
        "bench_inputs",
        "bench_report",
        "bench_rivals",
        "measuring",
        "torture_builds",
        "torture_judge",
        "torture_kinds",
    ):
        sys.modules.pop(name, None)


@pytest.fixture
def judge(scripts: None) -> ModuleType:  # noqa: ARG001
    import torture_judge

    return torture_judge


def run(script: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A script, by the interpreter of these tests, with `folder` as its TMPDIR."""
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, "TMPDIR": str(folder)}
    )


@pytest.mark.slow
def test_the_bench_measures_every_case_of_the_example_and_leaves_nothing(tmp_path: Path) -> None:
    done = run("bench.py", "--runs", "1", "--inputs", "example", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == 1
    rows = {row["case"]: row for row in found["rows"]}
    ours = ("cold", "unchanged", "one word changed", "one chapter again")
    assert {*ours, "(c) the floor", "narrate --help", "python -c pass"} <= rows.keys()
    for case in ours:
        assert rows[case]["input"] == "example"
        assert 0 < rows[case]["cpu_s"] < 60
        assert 0 < rows[case]["wall_s"] < 60
        assert 5 < rows[case]["peak_mb"] < 1000
    assert rows["cold"]["to_cold"] is None
    assert rows["unchanged"]["to_cold"] == pytest.approx(rows["unchanged"]["wall_s"] / rows["cold"]["wall_s"])
    assert rows["cold"]["to_floor"] == pytest.approx(rows["cold"]["wall_s"] / rows["(c) the floor"]["wall_s"])
    mastering, encode = rows["mastering"], rows["… its encode"]
    assert 0 < mastering["cpu_s"] < encode["cpu_s"]
    assert mastering["to_encode"] == pytest.approx(mastering["cpu_s"] / encode["cpu_s"])
    assert [target["what"] for target in mastering["targets"]] == ["to_encode"]
    assert {target["what"] for target in rows["unchanged"]["targets"]} == {"wall_s", "peak_mb"}
    if shutil.which("lame") and shutil.which("espeak-ng"):
        assert rows["cold"]["to_pipe"] > 0
    else:
        assert any("SKIPPED" in note for note in found["notes"])
    assert "× (a)" in done.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("scripts")
def test_the_benchs_own_book_is_the_same_each_time_and_as_long_as_asked() -> None:
    from bench_inputs import find_input, reworded, write_book

    book = find_input("book").text  # type: ignore[union-attr]
    assert len(book.encode()) >= 500_000
    assert book.count("\n## ") == 30
    assert book == find_input("book").text  # type: ignore[union-attr]
    assert book != write_book(540_000, chapters=30, seed=2)
    changed = [pair for pair in zip(book.split(), reworded(book).split(), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    assert changed[0][1] == "lantern"


@pytest.mark.usefixtures("scripts")
def test_memory_is_summed_over_the_whole_tree_and_time_over_all_that_was_waited_for(tmp_path: Path) -> None:
    from measuring import measure

    (tmp_path / "leaf.py").write_text(
        "import time\ndata = b'x' * 60_000_000\nwhile time.process_time() < 0.4:\n    pass\n"
    )
    (tmp_path / "twig.sh").write_text(f"{sys.executable} {tmp_path}/leaf.py; true\n")
    twice = f"sh {tmp_path}/twig.sh & sh {tmp_path}/twig.sh & wait"
    found = measure(["sh", "-c", twice], env=dict(os.environ), deadline_s=60)
    assert found.code == 0
    assert 120 < found.peak_mb < 200
    assert 0.75 < found.cpu_s < 3


@pytest.mark.usefixtures("scripts")
def test_time_of_what_outlives_its_command_by_a_moment_is_counted(tmp_path: Path) -> None:
    from measuring import measure

    (tmp_path / "server.py").write_text("import time\nwhile time.process_time() < 0.4:\n    pass\n")
    found = measure(
        ["sh", "-c", f"{sys.executable} {tmp_path}/server.py & exit 0"], env=dict(os.environ), deadline_s=60
    )
    assert found.code == 0
    assert 0.4 <= found.cpu_s < 2


@pytest.mark.usefixtures("scripts")
def test_what_outlives_its_deadline_is_killed_with_all_it_started() -> None:
    from measuring import measure

    began = time.monotonic()
    found = measure(["sh", "-c", "sleep 100 & sleep 100"], env=dict(os.environ), deadline_s=0.3)
    assert found.code == -9
    assert time.monotonic() - began < 10


def test_a_bench_without_matplotlib_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(SCRIPTS / "bench.py"), "--plot", str(tmp_path / "plot.png")]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 2
    assert "pip install matplotlib" in done.stderr


def test_the_bench_loads_matplotlib_only_to_draw(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(SCRIPTS / "bench.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "--plot FILE" in done.stdout


@pytest.mark.usefixtures("scripts")
def test_the_bench_draws_what_it_measured(tmp_path: Path) -> None:
    from bench_report import COLD, PIPE, plot

    rows = [{"input": "essay", "case": COLD, "to_pipe": 0.4}, {"input": "essay", "case": PIPE, "to_pipe": None}]
    plot(rows, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_torture_tries_a_dozen_ways_and_loses_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    done = run("torture.py", "--count", "12", "--seed", "1", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    head, *lines = done.stdout.splitlines()
    assert head.split("  ")[0] == "kind of trial"
    assert lines[-1].split()[:5] == ["together", "12", lines[-1].split()[2], "0", "0"]
    assert done.stderr.count("\ntrial ") + done.stderr.startswith("trial ") == 12
    assert not any(tmp_path.iterdir())
    assert time.monotonic() - began < 240  # a minute where nothing else runs


def encoded(sound: np.ndarray) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return mp3.encode(lambda: [sound], options=Mp3Options(), scratch=Path(folder, "sound.mp3"))


def book(folder: Path, word: str) -> Path:
    """What looks like a published book: three short MP3s, of which two sound otherwise for a longer word."""
    (folder / "chapters").mkdir(parents=True)
    for number, name in enumerate(("Book.mp3", "chapters/01.mp3", "chapters/02.mp3")):
        sound = np.full((1152 * 40, 1), 0.0 if number == 1 else len(word) / 100, np.float32)
        mp3.write_mp3(folder / name, tag=b"", options=Mp3Options(), mpeg_frame_count=40, parts=[encoded(sound)])
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(folder.rglob("*.mp3"))}
    manifest = {"readingOrder": ["chapters/01.mp3", "chapters/02.mp3"], "resources": ["Book.mp3"], "name": word}
    (folder / "publication.json").write_text(json.dumps(manifest))
    files["publication.json"] = (folder / "publication.json").stat().st_size
    (folder / "build.json").write_text(json.dumps({"files": files, "word": word}))
    return folder


@pytest.fixture
def shelf(tmp_path: Path, judge: ModuleType) -> tuple[Path, dict[str, dict[str, str]]]:
    """A published book, and the contents of the two that it may be."""
    old, new = (book(tmp_path / name / "Book", word) for name, word in (("old", "rain"), ("new", "snowfall")))
    return old, {"old": judge.contents(old), "new": judge.contents(new)}


def test_torture_finds_no_fault_in_the_earlier_book_or_the_new_one(judge: ModuleType, shelf) -> None:
    old, allowed = shelf
    assert judge.judge_book(old, allowed, must_exist=True) == []
    assert judge.judge_book(old.parents[1] / "new/Book", allowed, must_exist=True) == []
    assert judge.judge_whole(old) == []


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        pytest.param(
            lambda old: (old / "chapters/02.mp3").unlink(), "missing, or not of the recorded size", id="a file"
        ),
        pytest.param(lambda old: os.truncate(old / "Book.mp3", 300), "not of the recorded size", id="its end"),
        pytest.param(lambda old: flip(old / "chapters/02.mp3"), "other in chapters/02.mp3", id="a bit"),
        pytest.param(
            lambda old: shutil.copy(old.parents[1] / "new/Book/chapters/02.mp3", old / "chapters/02.mp3"),
            "the new book in 2 of 5 files, other in Book.mp3, build.json, publication.json",
            id="a mix of two books",
        ),
        pytest.param(lambda old: (old / "build.json").unlink(), "unreadable", id="its record"),
        pytest.param(lambda old: (old / "stray.mp3").touch(), "other in stray.mp3", id="a file too many"),
        pytest.param(shutil.rmtree, "the earlier book is gone", id="all of it"),
    ],
)
def test_torture_notices_a_planted_loss(judge: ModuleType, shelf, loss, said: str) -> None:
    old, allowed = shelf
    loss(old)
    assert said in "; ".join(judge.judge_book(old, allowed, must_exist=True))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_torture_notices_an_mp3_that_does_not_decode(judge: ModuleType, shelf) -> None:
    old, _ = shelf
    size = (old / "Book.mp3").stat().st_size
    (old / "Book.mp3").write_bytes(b"\x17" * size)
    assert "Book.mp3: does not decode" in "; ".join(judge.judge_whole(old))


def test_torture_notices_what_is_left_over(judge: ModuleType, tmp_path: Path) -> None:
    out, store, scratch = (tmp_path / name for name in ("out", "store", "scratch"))
    for folder in (out / ".Book.0123.building", store / "takes/ab", scratch):
        folder.mkdir(parents=True)
    (out / ".Book.0123.lock").touch()
    (store / "takes/ab/.12-0.part").touch()
    (store / "takes/ab/abc").touch()
    (scratch / "narrate-x").mkdir()
    assert judge.leftovers(out=out, store=store, scratch=scratch) == [
        "left over: out/.Book.0123.building",
        "left over: out/.Book.0123.lock",
        "left over: scratch/narrate-x",
        "left over: store/takes/ab/.12-0.part",
    ]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        pytest.param({"code": 0, "err": ""}, "", id="good"),
        pytest.param({"code": -9, "err": "", "killed": True}, "", id="killed by us"),
        pytest.param({"code": 8, "err": "narrate: no space (free some)\n"}, "", id="one clear line"),
        pytest.param({"code": 8, "err": "narrate: one\nand another\n"}, "exit 8, saying", id="two lines"),
        pytest.param({"code": 8, "err": ""}, "exit 8, saying []", id="no line"),
        pytest.param(
            {"code": 1, "err": "Traceback (most recent call last):\nOSError: 28\n"}, "a traceback", id="traceback"
        ),
        pytest.param({"code": 77, "err": "narrate: what?\n"}, "exit 77", id="an exit code of no kind"),
        pytest.param({"code": -11, "err": ""}, "died of signal 11", id="crashed"),
        pytest.param({"code": -9, "err": "", "hung": True}, "did not end within", id="hung"),
        pytest.param({"code": 0, "err": "Process ForkProcess-1:\n"}, "succeeded, and yet said", id="talking"),
    ],
)
def test_torture_wants_clear_ends(judge: ModuleType, end, said: str) -> None:
    found = "; ".join(judge.judge_end(judge.End(wall_s=1.0, **end), may_fail=True))
    assert (said in found) if said else not found


def test_torture_wants_success_where_nothing_was_in_the_way(judge: ModuleType) -> None:
    end = judge.End(code=8, wall_s=1.0, err="narrate: no space\n")
    assert "nothing was in its way" in judge.judge_end(end, may_fail=False)[0]


def test_torture_finds_the_processes_of_its_builds_by_their_mark(judge: ModuleType) -> None:
    mark = f"NARRATE_TORTURE=test-{os.getpid()}"
    name, value = mark.split("=")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(["cat"], env={**os.environ, name: value}, **pipes) as process:
        try:
            # Its answer says that it runs: /proc has an empty environment for a process that is still being exec'ed.
            os.write(process.stdin.fileno(), b"?")
            assert os.read(process.stdout.fileno(), 1) == b"?"
            assert judge.running(mark) == [process.pid]
        finally:
            process.kill()
    assert judge.running(mark) == []


def test_scale_measures_a_library_here_and_on_dask_and_says_what_ten_thousand_books_rest_on() -> None:
    words = ["--books", "1", "--characters", "3000", "--workers", "1", "--tasks", "30", "--speed", "1500", "--json"]
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "scale.py"), *words], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (here,), (there,), (nothing, slow) = found["machine"], found["cluster"], found["simulated"]
    assert here["tasks"] == there["tasks"] >= 2
    assert here["audio_s"] == there["audio_s"] > 100
    assert there["scheduler_bytes"] < here["audio_s"] * 44_100 / 10, "no samples pass through the scheduler"
    assert there["store_bytes"] > here["audio_s"] * 44_100
    assert nothing["tasks"] == 30
    assert nothing["scheduler_bytes"] > 30 * 2400
    assert slow["wall_s"] >= slow["audio_s"] / 1500
    far = found["extrapolated"]
    assert far["tasks"] == pytest.approx(there["tasks"] * 360_000_000 / there["audio_s"], rel=0.01)
    assert "10,000 books of 10 h" in done.stderr
