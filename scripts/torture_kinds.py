"""The ways in which `torture` disturbs a build, and what it builds.

A Trial comes in, with a desk to build on; builds are started, disturbed and awaited, and their ends noted in it.
Signals go only to processes that these builds started, and all that is written lies below the desk's folder.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench_inputs import reworded, write_book
from measuring import Program, children
from torture_judge import Contents, End, contents, judge_book, judge_whole

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


def kill_all(trial: Trial) -> None:
    """The whole process group at once, as a power cut would; sometimes again in the next build."""
    for _ in range(trial.chance.randint(1, 2)):
        build = trial.start()
        trial.wait(build)
        build.signal(signal.SIGKILL, group=True)
        trial.ends.append(build.end(killed=True))


def kill_parent(trial: Trial) -> None:
    """Only the process that was started: what it started must follow."""
    build = trial.start()
    trial.wait(build)
    build.signal(signal.SIGKILL)
    trial.ends.append(build.end(killed=True))


def _kill_some(trial: Trial, find: Callable[[Build], list[int]], *, most: int) -> None:
    build = trial.start()
    for _ in range(trial.chance.randint(1, most)):
        trial.wait(build, share=0.5)  # late in a build there is none left to be found
        pid = trial.catch(build, find)
        if pid is not None:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    trial.ends.append(build.end())


def kill_worker(trial: Trial) -> None:
    """A worker or two, as the kernel does when memory is short; fewer than a task has tries, so it must not fail."""
    trial.may_fail = False
    _kill_some(trial, workers, most=2)


def kill_encoder(trial: Trial) -> None:
    """Up to three ffmpegs."""
    _kill_some(trial, ffmpegs, most=3)


def kill_speaker(trial: Trial) -> None:
    """A child that speaks a sentence, or two; there are three attempts at each, so it must not fail."""
    trial.may_fail = False
    _kill_some(trial, speakers, most=2)


def stop_worker(trial: Trial) -> None:
    """A worker stands still for a while, as on a machine that swaps."""
    trial.may_fail = False
    build = trial.start()
    trial.wait(build)
    pid = trial.catch(build, workers)
    if pid is not None:
        with suppress(OSError):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(trial.chance.uniform(0.1, 2))
        with suppress(OSError):
            os.kill(pid, signal.SIGCONT)
    trial.ends.append(build.end())


def damage_before(trial: Trial) -> None:
    """Entries of the store are damaged between two builds."""
    trial.may_fail = False
    if trial.scenario is FIRST:
        trial.books.old(trial.desk, with_book=False)
    entries = _entries(trial.desk.store)
    for path in trial.chance.sample(entries, trial.chance.randint(1, len(entries))):
        _damage(path, entries, trial.chance)
    trial.ends.append(trial.start().end())


def damage_during(trial: Trial) -> None:
    """Entries of the store are damaged while a build writes and reads them."""
    trial.may_fail = False
    build = trial.start()
    for _ in range(trial.chance.randint(1, 30)):
        if not build.lives:
            break
        time.sleep(trial.chance.uniform(0, 2 * trial.books.usual_s[trial.scenario.name] / 30))
        if entries := _entries(trial.desk.store):
            _damage(trial.chance.choice(entries), entries, trial.chance)
    trial.ends.append(build.end())


def _entries(store: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in store.rglob("*") if path.is_file() and not path.name.startswith("."))
    return []


def _damage(path: Path, entries: Sequence[Path], chance: random.Random) -> None:
    with suppress(OSError):
        data = path.read_bytes()
        match chance.randrange(7):
            case 0 if data:
                at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
                path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            case 1:
                path.write_bytes(data[: chance.randint(0, len(data))])
            case 2:
                path.write_bytes(chance.randbytes(chance.randint(0, 5000)))
            case 3:  # whole, but another one's
                path.write_bytes(chance.choice(entries).read_bytes())
            case 4:
                path.unlink()
            case 5:
                path.with_name(f"{path.name}.foreign").write_bytes(b"not ours")
            case 6:
                path.unlink()
                path.mkdir()


def two_builds(trial: Trial) -> None:
    """Two builds of one book at once: of the same text, or of two texts that differ in different chapters."""
    trial.may_fail = False
    second = trial.chance.choice([trial.scenario.result, "newer"])
    trial.allowed.add(second)
    trial.desk.write(trial.books.texts[second], "second.md")
    builds = [trial.start()]
    if trial.chance.random() < 0.7:
        time.sleep(trial.chance.uniform(0, 0.3))
    else:
        trial.wait(builds[0])
    builds.append(trial.desk.start("build", source="second.md"))
    victim = None
    if trial.chance.random() < 0.3:
        victim = trial.chance.choice(builds)
        trial.wait(victim)
        victim.signal(signal.SIGKILL, group=True)
    trial.ends += [build.end(killed=build is victim) for build in builds]


def two_books(trial: Trial) -> None:
    """Two books on one store at once."""
    trial.may_fail = False
    trial.desk.write(trial.books.texts["other"], "other.md")
    builds = [trial.start(), trial.desk.start("build", source="other.md")]
    trial.ends += [build.end() for build in builds]
    trial.faults += judge_book(trial.desk.out / OTHER_TITLE, {"other": trial.books["other"]}, must_exist=True)


def folder_vanishes(trial: Trial) -> None:
    """`--out` or `--store` is renamed away in the middle, and comes back after the build has ended."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    away = folder.with_name(f"{folder.name}.away")
    build = trial.start()
    trial.wait(build)
    folder.rename(away)
    trial.ends.append(build.end())
    if (folder / TITLE).is_dir():
        shutil.rmtree(away)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        away.rename(folder)


def disk_full(trial: Trial) -> None:
    """`--out` or `--store` is a small disk, which fills: a build needs about the most that it has room for."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    used = sum(path.stat().st_size + 4096 for path in folder.rglob("*"))
    first, later = {"out": (7_000_000, 4_000_000), "store": (16_000_000, 600_000)}[folder.name]
    room = first if trial.scenario is FIRST else later
    _remount(folder, f"size={used + trial.chance.randrange(room)}")
    trial.ends.append(trial.start().end())
    _remount(folder, "size=512m")


def read_only(trial: Trial) -> None:
    """`--out` or `--store` can only be read, from the beginning or from somewhere on."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    if trial.chance.random() < 0.4:
        _remount(folder, "ro")
        build = trial.start()
    else:
        build = trial.start()
        trial.wait(build)
        while build.lives and not _remount(folder, "ro", check=False):
            time.sleep(0.005)  # while a file in it is open for writing
    trial.ends.append(build.end())
    _remount(folder, "rw")


@contextmanager
def small_disks(desk: Desk) -> Iterator[None]:
    """`out`, `store` and TMPDIR of the desk are file systems in memory, each of its own."""
    mounted = []
    try:
        for folder in (desk.out, desk.store, desk.scratch):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", folder], check=True)
            mounted.append(folder)
        yield
    finally:
        asked = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, asked)  # what asks us to end waits until nothing is mounted
        subprocess.run(["umount", "--lazy", *mounted], check=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, asked)


def _remount(folder: Path, option: str, *, check: bool = True) -> bool:
    command = ["mount", "-o", f"remount,{option}", str(folder)]
    return subprocess.run(command, capture_output=True, check=check).returncode == 0


def can_mount(folder: Path) -> bool:
    """Whether file systems can be mounted here."""
    with suppress(OSError, subprocess.CalledProcessError), tempfile.TemporaryDirectory(dir=folder) as name:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True, capture_output=True)
        subprocess.run(["umount", name], check=True, capture_output=True)
        return True
    return False


KINDS: dict[str, Callable[[Trial], None]] = {
    "kill everything": kill_all,
    "kill the parent": kill_parent,
    "kill workers": kill_worker,
    "kill encoders": kill_encoder,
    "kill speakers": kill_speaker,
    "stop a worker": stop_worker,
    "damage between builds": damage_before,
    "damage during a build": damage_during,
    "two builds of a book": two_builds,
    "two books, one store": two_books,
    "folder vanishes": folder_vanishes,
    "disk full": disk_full,
    "disk read-only": read_only,
}
MOUNTED = ("disk full", "disk read-only")
