"""What `torture` builds: small books, builds of them that can be looked into and killed, and what each should give.

A Program comes in and a folder; Trials go out, on which `torture_kinds` works. Signals go only to processes that these
builds started, and all that is written lies below the desk's folder.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench_inputs import reworded, write_book
from measuring import Program, children
from torture_judge import Contents, End, contents, judge_whole

DEADLINE_S = 60
CHARACTERS = 5400  # in three chapters: each alone is more than the pipeline speaks without worker processes
TITLE, OTHER_TITLE = "The Long Road", "The Other Road"


def texts() -> dict[str, str]:
    """The books by name: `old`, it with a word changed in chapter 2 (`new`) or in chapter 3 (`newer`), another one."""
    old = write_book(CHARACTERS, chapters=3, seed=7)
    other = write_book(CHARACTERS, chapters=3, seed=8).replace(TITLE, OTHER_TITLE)
    return {"old": old, "new": reworded(old), "newer": reworded(old, near=0.85), "other": other}


# --- builds


class Desk:
    """A folder to build in: sources, `out`, `store`, and `scratch`, which is the builds' TMPDIR."""

    def __init__(self, folder: Path, program: Program) -> None:
        self.folder, self._program = folder, program
        self.out, self.store, self.scratch = folder / "out", folder / "store", folder / "scratch"
        self.mark = f"NARRATE_TORTURE={folder.name}"
        for each in (self.out, self.store, self.scratch):
            each.mkdir(parents=True, exist_ok=True)

    def write(self, text: str, name: str = "book.md") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, command: str, *arguments: str, source: str = "book.md") -> "Build":
        """Begin `narrate build` or `regenerate`, in a process group of its own."""
        words = self._program.command(command, self.folder / source, *arguments, "--out", self.out)
        words += ["--store", str(self.store), "--jobs", "2", "--quiet"]
        env = self._program.env | {"TMPDIR": str(self.scratch), "NARRATE_TORTURE": self.folder.name}
        return Build(words, env)


class Build:
    """A running build."""

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said, env=env,
            start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int, *, group: bool = False) -> None:
        if self.lives:
            (os.killpg if group else os.kill)(self.pid, number)

    def end(self, *, killed: bool = False) -> End:
        """Wait for its end, or make it after DEADLINE_S."""
        hung = False
        try:
            self._process.wait(max(0.1, self._began + DEADLINE_S - time.monotonic()))
        except subprocess.TimeoutExpired:
            hung = True
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self._said.seek(0)
        err = self._said.read().decode("utf-8", "replace")
        self._said.close()
        wall_s = time.monotonic() - self._began
        return End(code=self._process.returncode, wall_s=wall_s, err=err, killed=killed, hung=hung)


def workers(build: Build) -> list[int]:
    """Its worker processes; not what it forks itself to speak a sentence, which is gone at once."""
    first = [pid for pid in children(build.pid) if not _is_ffmpeg(pid)]
    if first:
        time.sleep(0.02)
    return sorted(set(first) & set(children(build.pid)))


def ffmpegs(build: Build) -> list[int]:
    """The encoders that it or its workers have started."""
    return [pid for parent in (build.pid, *children(build.pid)) for pid in children(parent) if _is_ffmpeg(pid)]


def speakers(build: Build) -> list[int]:
    """The children of its workers that speak a sentence each."""
    found = [pid for parent in children(build.pid) for pid in children(parent)]
    time.sleep(0.001)  # what becomes an ffmpeg has become one by then
    return [pid for pid in found if Path(f"/proc/{pid}").exists() and not _is_ffmpeg(pid)]


def _is_ffmpeg(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().startswith("ffmpeg")
    return False


# --- what is disturbed


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A build to disturb. `before`: whether the old book is published already; `result`: what it makes."""

    name: str
    before: bool
    result: str
    command: tuple[str, ...] = ("build",)


FIRST = Scenario(name="first build", before=False, result="old")
WORD = Scenario(name="a word changed", before=True, result="new")
AGAIN = Scenario(name="regenerate", before=True, result="old", command=("regenerate", "2"))
SCENARIOS = (FIRST, WORD, AGAIN)


class References:
    """The right books, built where nobody disturbs, and how long a build takes."""

    def __init__(self, folder: Path, program: Program) -> None:
        self._folder, self._program, self._made = folder, program, dict[str, Contents]()
        self.texts = texts()
        self.usual_s = {FIRST.name: self._make("old")}
        self.usual_s[WORD.name] = self.usual_s[AGAIN.name] = self._make("new")

    def __getitem__(self, name: str) -> Contents:
        if name not in self._made:
            self._make(name)
        return self._made[name]

    def old(self, desk: Desk, *, with_book: bool = True) -> None:
        """Put the published old book (unless not `with_book`) and its store on the desk."""
        shutil.copytree(self._folder / "old/store", desk.store, dirs_exist_ok=True)
        if with_book:
            shutil.copytree(self._folder / "old/out", desk.out, dirs_exist_ok=True)

    def _make(self, name: str) -> float:
        desk = Desk(self._folder / name, self._program)
        desk.write(self.texts[name])
        end = desk.start("build").end()
        folder = desk.out / (OTHER_TITLE if name == "other" else TITLE)
        if end.code or (faults := judge_whole(folder)):
            raise SystemExit(f"torture: the {name} book itself is not right: {end.err.strip() or faults}")
        self._made[name] = contents(folder)
        return end.wall_s


@dataclass(kw_only=True, slots=True)
class Trial:
    """One trial: what it is given, and what came of it. `allowed` are the books that may be published afterwards."""

    chance: random.Random
    desk: Desk
    books: References
    scenario: Scenario
    allowed: set[str] = field(default_factory=set)
    ends: list[End] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    may_fail: bool = True

    def prepare(self) -> None:
        """The desk as the scenario wants it."""
        if self.scenario.before:
            self.books.old(self.desk)
            self.allowed.add("old")
        self.allowed.add(self.scenario.result)
        self.desk.write(self.books.texts[self.scenario.result])

    def start(self) -> Build:
        return self.desk.start(*self.scenario.command)

    def wait(self, build: Build, *, share: float = 1.0) -> None:
        """Until a random time of the build, or of the first `share` of its usual time."""
        until = time.monotonic() + self.chance.uniform(0, share * self.books.usual_s[self.scenario.name])
        while build.lives and time.monotonic() < until:
            time.sleep(0.002)

    def catch(self, build: Build, find: Callable[[Build], list[int]]) -> int | None:
        """One of the processes that `find` finds, as soon as there is one; None when the build ends before."""
        while build.lives:
            if found := find(build):
                return self.chance.choice(found)
            time.sleep(0.001)
        self.notes.append("ended before there was one")
        return None
