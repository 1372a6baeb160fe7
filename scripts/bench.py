#!/usr/bin/env python3
"""How fast narrate is, measured beside what else one could do, in one run, everything in turn.

    scripts/bench                                   # essay, example and a book of 540 KB; about an hour on two cores
    scripts/bench --inputs essay,example --json     # a minute or two
    scripts/bench --scale                           # 20 KB to 2 MB: cost a character, and peak memory

Beside narrate stand (a) `espeak-ng -f X --stdout | lame --quiet - out.mp3`, what a user would type; (b) the loop that
most people write, pyttsx3 a paragraph and pydub `+=`; (c) the floor: CPU seconds of espeak-ng speaking every utterance
of the book in one process, through our own driver and without a fork, plus CPU seconds of the release's own ffmpeg
command encoding the book's PCM on one core, divided by the cores.

What is measured is a copy of the checkout, compiled, so that nobody's editing disturbs a long run. Wall time is
monotonic, around the whole process; CPU time is `wait4`'s, of the process and all it waited for; memory is the summed
PSS of the process tree at its highest, looked at every 50 ms or less often, so that looking takes at most 2 % of a core.
Ratios are medians of each run's own ratio. Writes below TMPDIR only, and cleans up.
"""

import argparse
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ESSAY = ROOT.parent / "shared/essay/but-at-that-moment.txt"
EXAMPLE = ROOT / "examples/night-drive.md"
BOOK_CHARACTERS, BOOK_CHAPTERS, BOOK_SEED = 540_000, 30, 1
RATE_WPM = 175  # espeak-ng's default, and ours
PIPED_WAV_ENDS_AFTER = 700_000
"""Characters beyond which the WAV header that espeak-ng writes to a pipe (0x7ffff000 bytes) cuts the sound short."""
MEMORY_MB = 400


# --- the program under test, and its processes


class Program:
    """A compiled copy of this checkout's package below `folder`, and the environment that it is run in."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        shutil.copytree(ROOT / "src/narrate", self.source / "narrate", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "audio", folder / "audio")
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(self.source)], check=True)
        drop = ("PYTHONDONTWRITEBYTECODE", "NARRATE_STORE")
        self.env = {name: value for name, value in os.environ.items() if name not in drop}
        self.env["PYTHONPATH"] = str(self.source)

    def command(self, *arguments: str | Path) -> list[str]:
        """`narrate` with these arguments."""
        return [sys.executable, "-m", "narrate", *map(str, arguments)]


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that live; none when it is gone. Linux only."""
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def tree(pid: int) -> Iterator[int]:
    """`pid` and all that descend from it."""
    yield pid
    for child in children(pid):
        yield from tree(child)


class Watch(threading.Thread):
    """Samples the memory of a process tree until `stop`: `peak_mb`, and `share`, the part of a core that this took."""

    EVERY_S = 0.05
    MOST_SHARE = 0.02

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self._peak_kb = 0
        self.cpu_s = 0.0

    def run(self) -> None:
        while not self._over.is_set():
            began = time.thread_time()
            self._peak_kb = max(self._peak_kb, sum(_pss_kb(pid) for pid in tree(self._pid)))
            took = time.thread_time() - began
            self.cpu_s += took
            self._over.wait(max(self.EVERY_S, took / self.MOST_SHARE))

    def stop(self) -> float:
        """The peak in MB (1e6 bytes); 0 where there is no /proc."""
        self._over.set()
        self.join()
        return self._peak_kb * 1024 / 1e6


def _pss_kb(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        return int(file.read(400).split(b"\nPss:", 1)[1].split(None, 1)[0])
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One run of one command. `others` is how many cores were busy with anything else meanwhile."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    others: float
    watching: float
    code: int
    out: str
    err: str


def measure(command: Sequence[str], *, env: dict[str, str], deadline_s: float) -> Measured:
    """Run `command` in a process group of its own, killed after `deadline_s`, and measure it."""
    os.sync()  # what the case before has left to be written is not this one's cost
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        busy, began = _busy_s(), time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, start_new_session=True
        )
        watch = Watch(process.pid)
        watch.start()
        alarm = threading.Timer(deadline_s, _kill_group, [process.pid])
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        busy = _busy_s() - busy
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        peak_mb = watch.stop()
        cpu_s = usage.ru_utime + usage.ru_stime
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
    return Measured(
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_mb=peak_mb,
        others=max(0.0, busy - cpu_s - watch.cpu_s) / wall_s,
        watching=watch.cpu_s / wall_s,
        code=process.returncode,
        out=said[0],
        err=said[1],
    )


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _busy_s() -> float:
    """CPU seconds that all processes of this machine have used since it started; 0 where there is no /proc."""
    with suppress(OSError, ValueError), open("/proc/stat") as file:
        user, nice, system, _idle, _wait, irq, softirq = map(int, file.readline().split()[1:8])
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return 0.0


def in_child(function: Callable[..., Any], *arguments: object, deadline_s: float) -> Any:
    """What `function(*arguments)` returns in a fresh process, which may hang or crash: then SystemExit."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not mine.poll(deadline_s):
            raise SystemExit(f"bench: {function.__name__} did not end within {deadline_s:.0f} s")
        return mine.recv()
    except EOFError:
        raise SystemExit(f"bench: {function.__name__} ended without an answer") from None
    finally:
        process.kill()
        process.join()


def _answer(line: Any, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    line.send(function(*arguments))


# --- what is read


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A text to make a book of; `again` is the chapter that is regenerated."""

    name: str
    file: str
    text: str
    again: int
    beside: Path | None = None

    @property
    def reworded(self) -> str:
        """The text with one word changed: a plain one of a long line, as near to the middle as there is."""
        middle = len(self.text) // 2
        words = re.finditer(r"(?<=[a-z] )[a-z]{4,9}(?= [a-z])", self.text)
        word = min(words, key=lambda found: abs(found.start() - middle))
        return f"{self.text[: word.start()]}lantern{self.text[word.end() :]}"

    def write(self, folder: Path, *, changed: bool = False) -> Path:
        """The source in `folder`, and the picture beside it."""
        if self.beside:
            shutil.copy(self.beside, folder)
        path = folder / self.file
        path.write_text(self.reworded if changed else self.text, encoding="utf-8")
        return path


def find_input(name: str) -> Input | None:
    """The input of that name; None for the essay where it is not beside this checkout."""
    if name == "essay":
        return Input(name=name, file="essay.txt", text=ESSAY.read_text("utf-8"), again=2) if ESSAY.is_file() else None
    if name == "example":
        picture = EXAMPLE.with_suffix(".png")
        return Input(name=name, file=EXAMPLE.name, text=EXAMPLE.read_text("utf-8"), again=2, beside=picture)
    text = write_book(BOOK_CHARACTERS, chapters=BOOK_CHAPTERS, seed=BOOK_SEED)
    return Input(name=name, file="book.md", text=text, again=BOOK_CHAPTERS // 2)


_NOUNS = """road lantern engine window river kitchen letter bridge tide harbour mirror station garden winter orchard clock
ferry valley suitcase map driver neighbour meadow chimney blanket tunnel whistle paper kettle signal fence compass
staircase barn cradle ladder painter sailor teacher storm candle coat hedge market pavement railway shadow village""".split()
_ADJECTIVES = """quiet narrow yellow patient broken early silver crowded careful distant heavy gentle empty stubborn
bright wooden frozen ordinary curious slow unfinished borrowed green restless familiar hollow""".split()
_VERBS = """followed remembered carried forgot crossed repaired watched mentioned borrowed painted counted avoided
lifted opened described missed measured found answered invented kept buried noticed warmed""".split()
_ADVERBS = "slowly twice again carefully at once without a word by accident every evening almost never".split(" ")
_NAMES = "Anna Tobias Mrs. Hale Dr. Frith Ida Marcus Jonas Petra Wilhelmina Ned".split(" ")
_PLACES = ["past the mill", "beyond the second bridge", "under the railway", "at the end of the lane", "near the coast",
           "between two villages", "on the way to the station", "behind the church", "in the valley"]  # fmt: skip
_SENTENCES = (
    "The {a} {n} {v} the {n}.",
    "{p} {v} the {n} {l}, and the {a} {n} stayed where it was.",
    "It was {y}, and nobody {v} the {n}.",
    "When the {n} was {a}, {p} {v} a {a} {n} {l}; the {n} had been there for {y} years, or so {p} said.",
    "“Have you ever {v} a {n}?” {p} asked. “Only {l},” said {p}.",
    "Why had the {n} {v} the {a} {n}?",
    "There were {y} of them: a {n}, a {a} {n}, and the {n} that {p} {v} in 19{y}.",
    "No {n}.",
    "{p} – who {v} every {n} {l} – was {a} that day, but the {n}, the {n} and the {a} {n} were not, and so {p} {v} them "
    "one after the other until the {n} was as {a} as it had been {l} on the first morning.",
    "“{p}!” The {n} {v} {l}.",
    "Perhaps the {n} was {a}; perhaps {p} only {v} it that way…",
)


def write_book(characters: int, *, chapters: int, seed: int) -> str:
    """A book of at least so many characters in so many chapters, in Markdown. The same for the same seed."""
    chance = random.Random(seed)

    def one(of: Sequence[str]) -> str:
        return of[int(chance.random() * len(of))]  # `random()` alone is the same in every version of Python

    def sentence() -> str:
        words = {"n": _NOUNS, "a": _ADJECTIVES, "v": _VERBS, "p": _NAMES, "l": _PLACES}
        return re.sub(r"\{(\w)\}", lambda m: one(words[m[1]]) if m[1] in words else str(int(10 + 89 * chance.random())),
                      one(_SENTENCES))  # fmt: skip

    parts, length = ["# The Long Road\n"], 0
    for number in range(1, chapters + 1):
        parts.append(f"## The {one(_ADJECTIVES).title()} {one(_NOUNS).title()}, part {number}\n")
        while length < characters * number / chapters:
            paragraph = " ".join(sentence() for _ in range(1 + int(6 * chance.random()))) + "\n"
            parts.append(paragraph)
            length += len(paragraph) + 1
    return "\n".join(parts)


# --- what stands beside narrate


def pipe_command(source: Path, target: Path, characters: int) -> list[str]:
    """(a). Beyond what a piped WAV header can say, lame is told the format, or it would stop early without a word."""
    lame = "lame --quiet" if characters <= PIPED_WAV_ENDS_AFTER else "lame --quiet -r -s 22.05 --bitwidth 16 -m m"
    return ["sh", "-c", f'espeak-ng -f "$1" --stdout | {lame} - "$2"', "sh", str(source), str(target)]


NAIVE = """\
import json, sys
import ctypes, os, espeakng_loader  # the same espeak-ng as narrate's
ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
import imageio_ffmpeg, pyttsx3
from pydub import AudioSegment
AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
source, folder = sys.argv[1:]
engine = pyttsx3.init()
engine.setProperty("rate", 175)
book, lengths = AudioSegment.empty(), []
for number, paragraph in enumerate(open(source, encoding="utf-8").read().split("\\n\\n")):
    if not paragraph.strip():
        continue
    engine.save_to_file(paragraph, f"{folder}/{number}.wav")
    engine.runAndWait()
    try:
        part = AudioSegment.from_wav(f"{folder}/{number}.wav")
    except Exception:
        part = AudioSegment.empty()
    book += part
    lengths.append(part.duration_seconds)
book.export(f"{folder}/book.mp3", format="mp3")
json.dump(lengths, sys.stderr)
"""
"""(b), as most people write it, but for the first lines, which let it run without a system package, and the `except`
that lets it go on where the file it was promised is not there."""


def right_lengths(text: str) -> list[float]:
    """The seconds that each paragraph of (b) should take."""
    engine, heard = _voice()
    return [_speak(engine, heard, paragraph) for paragraph in text.split("\n\n") if paragraph.strip()]


def speech_cpu_s(source: Path) -> float:
    """CPU seconds of espeak-ng speaking every utterance of the book in this process, one after the other."""
    from narrate.pipeline import open_project
    from narrate.project import Request
    from narrate.speech.sayable import sayable

    project = open_project(Request(source=source))
    scripts = [project.script(number) for number in range(1, len(project.document.chapters) + 1)]
    spoken = [sayable(each.spoken).text for script in scripts for each in script.utterances]
    engine, heard = _voice(project.config.delivery.voice)
    began = time.process_time()
    for text in spoken:
        _speak(engine, heard, text)
    return time.process_time() - began


def _voice(voice: str = "gmw/en") -> tuple[Any, list[float]]:
    from narrate.speech import espeak_driver

    engine = espeak_driver.connect()
    heard: list[float] = []
    engine.connect("audio", lambda pcm, sample_rate, **_: heard.append(sum(map(len, pcm)) / 2 / sample_rate))
    engine.setProperty("voice", voice)
    engine.setProperty("rate", RATE_WPM)
    return engine, heard


def _speak(engine: Any, heard: list[float], text: str) -> float:
    heard.clear()
    engine.say(text)
    engine.runAndWait()
    return sum(heard)


def encode_cpu_s(book: Path, scratch: Path) -> float:
    """CPU seconds of the release's own encode of the book's PCM: no limiter, one core for it, its input from a pipe."""
    from narrate.process import ffmpeg_path
    from narrate.publish import mp3
    from narrate.publish.options import Mp3Options

    options = Mp3Options()
    decode = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(book), "-f", "f32le"]
    decode += ["-ac", str(options.channels), "-ar", str(options.sample_rate), "-"]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    encode = mp3.encode_command(options, output=scratch)
    if shutil.which("taskset") and len(cores) > 1:  # its threads cost a fifth less on one core than across two
        decode = ["taskset", "-c", ",".join(map(str, cores[1:])), *decode]
        encode = ["taskset", "-c", str(cores[0]), *encode]
    with subprocess.Popen(decode, stdout=subprocess.PIPE) as source:
        encoder = subprocess.Popen(encode, stdin=source.stdout)
        assert source.stdout is not None
        source.stdout.close()
        _, status, usage = os.wait4(encoder.pid, 0)
        encoder.returncode = os.waitstatus_to_exitcode(status)
    if source.returncode or encoder.returncode:
        raise SystemExit("bench: the floor's encode failed")
    scratch.unlink()
    return usage.ru_utime + usage.ru_stime


# --- one run, everything in turn


@dataclass(kw_only=True, slots=True)
class Case:
    """All runs of one case of one input."""

    input: str
    name: str
    walls_s: list[float] = field(default_factory=list)
    cpus_s: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    watching: list[float] = field(default_factory=list)

    def add(self, found: Measured) -> None:
        self.walls_s.append(found.wall_s)
        self.cpus_s.append(found.cpu_s)
        self.peaks_mb.append(found.peak_mb)
        self.others.append(found.others)
        self.watching.append(found.watching)

    def to(self, other: "Case | None") -> float | None:
        """The median of each run's wall time in that run's of `other`."""
        if other is None or not self.walls_s or len(other.walls_s) != len(self.walls_s):
            return None
        return statistics.median(mine / theirs for mine, theirs in zip(self.walls_s, other.walls_s, strict=True))


PIPE, NAIVE_LOOP, FLOOR = "(a) espeak-ng | lame", "(b) pyttsx3, pydub +=", "(c) the floor"
COLD, SAME, WORD, AGAIN = "cold", "unchanged", "one word changed", "one chapter again"
ORDER = (COLD, SAME, WORD, AGAIN, PIPE, NAIVE_LOOP, FLOOR)
HELP, PASS = "narrate --help", "python -c pass"


class Bench:
    """The cases measured so far, by input and name; `notes` is what must be said beside the table."""

    def __init__(self, program: Program, work: Path) -> None:
        self.program, self.work = program, work
        self.cases: dict[tuple[str, str], Case] = {}
        self.notes: list[str] = []
        self.lost: list[tuple[float, int, int]] = []
        self.has_pipe = bool(shutil.which("espeak-ng") and shutil.which("lame"))
        if not self.has_pipe:
            self.note("!! (a) IS SKIPPED: espeak-ng and lame are not on this machine (apt install espeak-ng lame)")

    def note(self, line: str) -> None:
        if line not in self.notes:
            self.notes.append(line)
            print(f"bench: {line}", file=sys.stderr)

    def case(self, of: str, name: str) -> Case:
        return self.cases.setdefault((of, name), Case(input=of, name=name))

    def run(self, of: str, name: str, command: Sequence[str], *, deadline_s: float = 7200) -> Measured:
        """Measure `command` for that case. Ends the bench when it fails."""
        found = measure(command, env=self.program.env, deadline_s=deadline_s)
        if found.code:
            raise SystemExit(f"bench: {of}, {name}: exit {found.code}: {found.err.strip()[-400:]}")
        self.case(of, name).add(found)
        print(f"bench: {of}, {name}: {found.wall_s:.2f} s", file=sys.stderr)
        return found

    def start_up(self) -> None:
        """`narrate --help` beside an interpreter that does nothing."""
        self.run("-", PASS, [sys.executable, "-c", "pass"])
        self.run("-", HELP, self.program.command("--help"))

    def input(self, text: Input, *, number: int) -> None:
        """All cases of an input, once. Every second run begins with narrate, the others with (a)."""
        with tempfile.TemporaryDirectory(dir=self.work) as name:
            folder = Path(name)
            steps = [lambda: self._builds(text, folder, first=not number), lambda: self._beside(text, folder)]
            for step in steps if number % 2 == 0 else reversed(steps):
                step()
            self._floor(text, folder)

    def _builds(self, text: Input, folder: Path, *, first: bool) -> None:
        source = text.write(folder)
        options = ["--out", folder / "out", "--store", folder / "store", "--quiet"]
        self.run(text.name, COLD, self.program.command("build", source, *options))
        self.run(text.name, SAME, self.program.command("build", source, *options))
        shutil.copy(_published(folder / "out"), folder / "whole.mp3")
        before = _inodes(folder / "out")
        text.write(folder, changed=True)
        self.run(text.name, WORD, self.program.command("build", source, *options))
        made = len(_inodes(folder / "out") - before)
        if first and made != 1:
            self.note(f"{text.name}: one word changed, and {made} chapters were made")
        self.run(text.name, AGAIN, self.program.command("regenerate", source, str(text.again), *options))
        text.write(folder)

    def _beside(self, text: Input, folder: Path) -> None:
        source = text.write(folder)
        if self.has_pipe:
            if len(text.text) > PIPED_WAV_ENDS_AFTER:
                self.note(f"{text.name}: (a) passes raw PCM, because its WAV header would end the sound early")
            self.run(text.name, PIPE, pipe_command(source, folder / "pipe.mp3", len(text.text)))
        if text.name == "essay":
            self._naive(text, source, folder)

    def _naive(self, text: Input, source: Path, folder: Path) -> None:
        parts = folder / "naive"
        parts.mkdir()
        command = [sys.executable, "-c", NAIVE, str(source), str(parts)]
        found = measure(command, env=self.program.env, deadline_s=300)
        if found.code:
            self.note(f"{text.name}: (b) ended with {found.code} within {found.wall_s:.0f} s, which happens to it")
            return
        self.case(text.name, NAIVE_LOOP).add(found)
        got = json.loads(found.err.splitlines()[-1])
        right = in_child(right_lengths, text.text, deadline_s=300)
        short = sum(mine < 0.9 * due for mine, due in zip(got, right, strict=True))
        self.lost.append((1 - sum(got) / sum(right), short, len(right)))

    def _floor(self, text: Input, folder: Path) -> None:
        source = text.write(folder)
        cpu_s = in_child(speech_cpu_s, source, deadline_s=3600) + encode_cpu_s(folder / "whole.mp3", folder / "f.mp3")
        case = self.case(text.name, FLOOR)
        case.cpus_s.append(cpu_s)
        case.walls_s.append(cpu_s / cores())


def cores() -> int:
    """The cores that narrate would use."""
    from narrate import process

    return process.cores()


def _published(out: Path) -> Path:
    return next(path for path in out.rglob("*.mp3") if path.parent.name != "chapters")


def _inodes(out: Path) -> set[int]:
    """A chapter that is taken over as it was is linked, so its inode says that it was not made anew."""
    return {path.stat().st_ino for path in out.rglob("chapters/*.mp3")}


# --- what it comes to


TARGETS = (
    ("essay", COLD, "to_pipe", 0.40),
    ("essay", WORD, "to_cold", 0.45),
    ("essay", SAME, "wall_s", 0.5),
    ("example", SAME, "wall_s", 0.5),
    ("book", COLD, "to_floor", 1.25),
    ("book", COLD, "to_pipe", 0.35),
    ("book", WORD, "to_cold", 0.06),
    ("book", SAME, "wall_s", 1.5),
)
_UNITS = {"to_pipe": "× (a)", "to_floor": "× (c)", "to_cold": "× cold", "wall_s": "s", "peak_mb": "MB"}


def rows(bench: Bench) -> list[dict[str, Any]]:
    """A row a case, and with each the targets that issue 3 sets it."""
    found = []
    for of in dict.fromkeys(of for of, _ in bench.cases):
        names = ORDER if of != "-" else (HELP, PASS)
        for case in (bench.cases[of, name] for name in names if (of, name) in bench.cases):
            if case.walls_s:
                found.append(_row(case, bench))
    return found


def _row(case: Case, bench: Bench) -> dict[str, Any]:
    def beside(name: str) -> float | None:
        return case.to(bench.cases.get((case.input, name))) if name != case.name else None

    row: dict[str, Any] = {
        "input": case.input,
        "case": case.name,
        "wall_s": statistics.median(case.walls_s),
        "to_pipe": beside(PIPE),
        "to_floor": beside(FLOOR),
        "to_cold": beside(COLD),
        "cpu_s": statistics.median(case.cpus_s),
        "peak_mb": max(case.peaks_mb, default=None),
        "others": statistics.median(case.others) if case.others else None,
        "watching": max(case.watching, default=None),
        "walls_s": case.walls_s,
    }
    limits = [(what, most) for of, name, what, most in TARGETS if (of, name) == (case.input, case.name)]
    if case.name in (COLD, SAME, WORD, AGAIN):
        limits.append(("peak_mb", MEMORY_MB))
    if case.name == HELP:
        limits.append(("wall_s", round(2 * statistics.median(bench.cases["-", PASS].walls_s) + 0.1, 3)))
    row["targets"] = [
        {"what": what, "most": most, "met": row[what] <= most} for what, most in limits if row[what] is not None
    ]
    return row


def table(found: Sequence[dict[str, Any]]) -> str:
    """The rows for a person."""
    head = ("input", "case", "wall s", "× (a)", "× (c)", "× cold", "CPU s", "peak MB", "others", "target")
    lines = [head]
    for row in found:
        marks = ", ".join(f"≤ {t['most']:g} {_UNITS[t['what']]} {'✓' if t['met'] else '✗'}" for t in row["targets"])
        numbers = [f"{row['wall_s']:.2f}", *(_number(row[name], 3) for name in ("to_pipe", "to_floor", "to_cold"))]
        numbers += [f"{row['cpu_s']:.2f}", _number(row["peak_mb"], 0), _number(row["others"], 1)]
        lines.append((row["input"], row["case"], *numbers, marks))
    return in_columns(lines, left=(0, 1, 9))


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def in_columns(lines: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    """Rows of cells as columns; those in `left` begin at the left, the others end at the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def plot(found: Sequence[dict[str, Any]], path: Path) -> None:
    """A bar chart of what each case takes, in parts of (a), an input a panel."""
    from matplotlib.figure import Figure

    shown = [row for row in found if row["to_pipe"] is not None or row["case"] == PIPE]
    inputs = list(dict.fromkeys(row["input"] for row in shown))
    if not inputs:
        raise SystemExit("bench: nothing to plot: every bar is a part of (a), which was skipped")
    counts = [sum(row["input"] == of for row in shown) for of in inputs]
    figure = Figure(figsize=(8, 0.6 * len(inputs) + 0.34 * len(shown)), layout="constrained")
    panels = figure.subplots(len(inputs), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": counts})
    for panel, of in zip(panels[:, 0], inputs, strict=True):
        bars = [row for row in shown if row["input"] == of][::-1]
        values = [row["to_pipe"] or 1.0 for row in bars]
        ours = [row["case"] in (COLD, SAME, WORD, AGAIN) for row in bars]
        names = [f"narrate, {row['case']}" if our else row["case"] for row, our in zip(bars, ours, strict=True)]
        drawn = panel.barh(names, values, color=["#d9822b" if our else "#9aa5b1" for our in ours], height=0.7)
        panel.bar_label(drawn, [f"{value:.2f}" for value in values], padding=3, fontsize=8)
        panel.set_title(of, loc="left", fontsize=10, fontweight="bold")
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(axis="y", length=0, labelsize=8)
        panel.tick_params(axis="x", labelsize=8)
        panel.margins(x=0.08)
    panels[-1, 0].set_xlabel("time to an audiobook, espeak-ng | lame = 1 (less is faster)", fontsize=8)
    figure.savefig(path, dpi=150)


# --- cost by size


SIZES = (20_000, 200_000, 2_000_000, 20_000_000)
_STORED_BYTES_A_CHARACTER = 5000  # takes 2.9 KB, stretches, chapters and book 0.7 KB each, with what is over


def scale(program: Program, work: Path, most: int) -> list[dict[str, Any]]:
    """A cold build of each size up to `most` characters, in chapters of about 20 KB; the small ones three times."""
    found = []
    for size in (size for size in SIZES if size <= most):
        if shutil.disk_usage(work).free < size * _STORED_BYTES_A_CHARACTER:
            needed = size * _STORED_BYTES_A_CHARACTER / 1e9
            raise SystemExit(f"bench: {size:,} characters need {needed:.0f} GB of free disk below {work}")
        text = write_book(size, chapters=max(1, size // 20_000), seed=BOOK_SEED)
        runs = []
        for _ in range(3 if size <= 200_000 else 1):
            with tempfile.TemporaryDirectory(dir=work) as name:
                source = Path(name, "book.md")
                source.write_text(text, encoding="utf-8")
                command = program.command("build", source, "--out", f"{name}/o", "--store", f"{name}/s", "--quiet")
                runs.append(measure(command, env=program.env, deadline_s=12 * 3600))
            if runs[-1].code:
                raise SystemExit(f"bench: {size:,} characters: {runs[-1].err.strip()[-400:]}")
            print(f"bench: {len(text):,} characters: {runs[-1].wall_s:.1f} s", file=sys.stderr)
        found.append(
            {
                "characters": len(text),
                "wall_s_per_1000": statistics.median(run.wall_s for run in runs) / len(text) * 1000,
                "cpu_s_per_1000": statistics.median(run.cpu_s for run in runs) / len(text) * 1000,
                "peak_mb": max(run.peak_mb for run in runs),
                "others": statistics.median(run.others for run in runs),
                "watching": max(run.watching for run in runs),
            }
        )
    return found


def scale_table(found: Sequence[dict[str, Any]]) -> str:
    """The sizes for a person."""
    lines = [("characters", "wall s / 1,000", "CPU s / 1,000", "× the first", "peak MB", "others", "target")]
    for row in found:
        cost = row["cpu_s_per_1000"] / found[0]["cpu_s_per_1000"]
        marks = f"≤ {MEMORY_MB} MB {'✓' if row['peak_mb'] <= MEMORY_MB else '✗'}, ≤ 1.15 × {'✓' if cost <= 1.15 else '✗'}"
        numbers = (f"{row['wall_s_per_1000']:.4f}", f"{row['cpu_s_per_1000']:.4f}", f"{cost:.2f}")
        lines.append((f"{row['characters']:,}", *numbers, f"{row['peak_mb']:.0f}", f"{row['others']:.1f}", marks))
    return in_columns(lines, left=(6,))


# --- the command


def main() -> None:
    """Parse, measure, print."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="narrate-bench-") as name:
        work = Path(name)
        program = Program(work / "program")
        sys.path.insert(0, str(program.source))
        os.environ["PYTHONPATH"] = str(program.source)
        if given.scale:
            sizes = scale(program, work, given.scale_most)
            _print({"scale": sizes}, scale_table(sizes), as_json=given.json)
            return
        bench = Bench(program, work)
        _measure(bench, given)
        found = rows(bench)
        _print(_summary(bench, given.runs, found), _text(bench, given.runs, found), as_json=given.json)
        if given.plot:
            plot(found, given.plot)


def _measure(bench: Bench, given: argparse.Namespace) -> None:
    inputs = []
    for name in given.inputs:
        text = find_input(name)
        if text is None:
            bench.note(f"!! the essay IS SKIPPED: there is no {ESSAY}")
        else:
            inputs.append(text)
    with tempfile.TemporaryDirectory(dir=bench.work) as folder:  # libraries and ffmpeg come from the disk once
        Path(folder, "warm.txt").write_text("Warm\n\nA sentence, so that everything is read from the disk once.\n")
        command = bench.program.command("build", f"{folder}/warm.txt", "--out", f"{folder}/o", "--store", f"{folder}/s")
        measure(command, env=bench.program.env, deadline_s=120)
    for number in range(given.runs):
        bench.start_up()
        for text in inputs:
            bench.input(text, number=number)


def _text(bench: Bench, runs: int, found: Sequence[dict[str, Any]]) -> str:
    lines = [f"{runs} runs in turn, {cores()} cores; medians; «others»: cores busy with something else meanwhile", ""]
    lines += [table(found), "", *bench.notes]
    if bench.lost:
        share = statistics.median(lost for lost, _, _ in bench.lost)
        short = statistics.median(count for _, count, _ in bench.lost)
        lines.append(f"(b) lost {share:.1%} of its audio; {short:g} of {bench.lost[0][2]} paragraphs missing or cut short")
    watching = max((row["watching"] for row in found if row["watching"] is not None), default=0.0)
    lines.append(f"looking at memory took at most {watching:.1%} of a core")
    return "\n".join(lines)


def _summary(bench: Bench, runs: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    lost = [{"share": share, "paragraphs": count, "of": of} for share, count, of in bench.lost]
    return {"runs": runs, "cores": cores(), "python": sys.version.split()[0], "rows": found, "naive_lost": lost,
            "notes": bench.notes}  # fmt: skip


def _print(summary: dict[str, Any], text: str, *, as_json: bool) -> None:
    print(text, file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="How fast narrate is, beside what else there is.")
    parser.add_argument("--runs", type=int, default=5, help="how often everything is measured, in turn (5)")
    parser.add_argument("--inputs", type=_inputs, default="essay,example,book", help="of essay, example, book")
    parser.add_argument("--json", action="store_true", help="one object on stdout, the table on stderr")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    parser.add_argument("--scale", action="store_true", help="the cost a character from 20 KB upwards instead")
    parser.add_argument("--scale-most", type=_size, default=2_000_000, metavar="SIZE", help="2MB; or 20MB: an hour")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs: at least 1")
    if given.plot:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            parser.error("--plot needs matplotlib: .venv/bin/python -m pip install matplotlib")
    return given


def _inputs(names: str) -> list[str]:
    found = names.split(",")
    if unknown := set(found) - {"essay", "example", "book"}:
        raise argparse.ArgumentTypeError(f"no input {min(unknown)!r}: essay, example, book")
    return found


def _size(words: str) -> int:
    found = re.fullmatch(r"(\d+) ?([km]?)b?", words.casefold())
    if not found:
        raise argparse.ArgumentTypeError(f"{words!r} is no size: 200KB, 20MB")
    return int(found[1]) * {"": 1, "k": 1000, "m": 1_000_000}[found[2]]


if __name__ == "__main__":
    main()
