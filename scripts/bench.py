#!/usr/bin/env python3
"""How fast narrate is, measured beside what else one could do, in one run, everything in turn.

    scripts/bench                                   # essay, example and a book of 540 KB; about an hour on two cores
    scripts/bench --inputs essay,example --json     # a minute or two
    scripts/bench --scale                           # 20 KB to 2 MB: cost a character, and peak memory
    scripts/bench --scale-spoken --scale-most 20MB  # the same without speech and encoding, which the store spares

Beside narrate stand (a) `espeak-ng -f X --stdout | lame --quiet - out.mp3`, what a user would type; (b) the loop that
most people write, pyttsx3 a paragraph and pydub `+=`; (c) the floor: CPU seconds of espeak-ng speaking every utterance
of the book in one process, through our own driver and without a fork, plus CPU seconds of the release's own ffmpeg
command encoding the book's PCM on one core, divided by the cores. Of that the encode stands by itself, and beside it
the CPU seconds of mastering: what takes are measured and compressed by, and what the filters add to the encode.

What is measured is a copy of the checkout, compiled, so that nobody's editing disturbs a long run. Wall time is
monotonic, around the whole process; CPU time is `wait4`'s, of the process and all it waited for; memory is the summed
PSS of the process tree at its highest, looked at every 50 ms, or less often where that would take over 2 % of a core.
Ratios are medians of each run's own ratio. Writes below TMPDIR only, and cleans up.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_inputs import BOOK_SEED, ESSAY, Input, find_input, repeated_book, write_book
from bench_report import (
    AGAIN,
    COLD,
    ENCODE,
    FLOOR,
    HELP,
    MASTERING,
    NAIVE_LOOP,
    PASS,
    PIPE,
    SAME,
    WORD,
    Case,
    plot,
    rows,
    scale_table,
    table,
)
from bench_rivals import (
    NAIVE,
    PIPED_WAV_ENDS_AFTER,
    encode_cpu_s,
    mastering_cpu_s,
    pipe_command,
    right_lengths,
    speech_cpu_s,
)
from measuring import Measured, Program, in_child, measure


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
        missing = [max(0.0, due - mine) for mine, due in zip(got, right, strict=True)]
        short = sum(lost > 0.1 * due for lost, due in zip(missing, right, strict=True))
        self.lost.append((sum(missing) / sum(right), short, len(right)))

    def _floor(self, text: Input, folder: Path) -> None:
        source = text.write(folder)
        whole, scratch = folder / "whole.mp3", folder / "f.mp3"
        encode_s = encode_cpu_s(whole, scratch)
        mastering_s = in_child(mastering_cpu_s, whole, scratch, deadline_s=3600)
        speech_s = in_child(speech_cpu_s, source, deadline_s=3600)
        for name, cpu_s in ((FLOOR, speech_s + encode_s), (ENCODE, encode_s), (MASTERING, mastering_s)):
            case = self.case(text.name, name)
            case.cpus_s.append(cpu_s)
            case.walls_s.append(cpu_s / cores())


def _published(out: Path) -> Path:
    return next(path for path in out.rglob("*.mp3") if path.parent.name != "chapters")


def _inodes(out: Path) -> set[int]:
    """A chapter that is taken over as it was is linked, so its inode says that it was not made anew."""
    return {path.stat().st_ino for path in out.rglob("chapters/*.mp3")}


SIZES = (20_000, 200_000, 2_000_000, 20_000_000)
_REPEATED = 500_000
_STORED_BYTES_A_CHARACTER = 4000  # takes 2.9 KB, stretches 0.7 KB, until the store's limit
_PUBLISHED_BYTES_A_CHARACTER = 2200  # chapters and book 0.7 KB each, chapters also while they are written


def scale(program: Program, work: Path, most: int, *, spoken: bool) -> list[dict[str, Any]]:
    """A cold build of each size up to `most` characters, in chapters of about 20 KB; the small ones three times.

    `spoken`: of a text that repeats itself, with a store that holds its speech and its encodes. What is left is
    everything else, of which alone memory and time could grow with a book; 20 MB then take minutes, not an hour.
    """
    from narrate.store import DEFAULT_LIMIT

    store = ["--store", str(work / "spoken")] if spoken else []
    if spoken:
        _timed(program, work, repeated_book(_REPEATED), store)
    found = []
    for size in (size for size in SIZES if size <= most and not (spoken and size < _REPEATED)):
        stored = 0 if spoken else min(size * _STORED_BYTES_A_CHARACTER, 1.3 * DEFAULT_LIMIT)
        needed = size * _PUBLISHED_BYTES_A_CHARACTER + stored
        if shutil.disk_usage(work).free < needed:
            print(f"bench: left out: {size:,} characters need {needed / 1e9:.0f} GB of free disk", file=sys.stderr)
            break
        text = repeated_book(size) if spoken else write_book(size, chapters=max(1, size // 20_000), seed=BOOK_SEED)
        runs = [_timed(program, work, text, store) for _ in range(3 if size <= 200_000 else 1)]
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


def _timed(program: Program, work: Path, text: str, store: list[str]) -> Measured:
    """A build of `text` from nothing, but for what `store`, if it names one, holds."""
    with tempfile.TemporaryDirectory(dir=work) as name:
        source = Path(name, "book.md")
        source.write_text(text, encoding="utf-8")
        command = program.command(
            "build", source, "--out", f"{name}/o", *(store or ["--store", f"{name}/s"]), "--quiet"
        )
        run = measure(command, env=program.env, deadline_s=12 * 3600)
    if run.code:
        raise SystemExit(f"bench: {len(text):,} characters: {run.err.strip()[-400:]}")
    print(f"bench: {len(text):,} characters: {run.wall_s:.1f} s", file=sys.stderr)
    return run


def cores() -> int:
    """The cores that narrate would use."""
    from narrate import process

    return process.cores()


def main() -> None:
    """Parse, measure, print."""
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was measured so far is then shown
    with tempfile.TemporaryDirectory(prefix="narrate-bench-") as name:
        work = Path(name)
        program = Program(work / "program")
        sys.path.insert(0, str(program.source))
        os.environ["PYTHONPATH"] = str(program.source)
        if given.scale or given.scale_spoken:
            sizes = scale(program, work, given.scale_most, spoken=given.scale_spoken)
            _print({"scale": sizes}, scale_table(sizes), as_json=given.json)
            return
        bench = Bench(program, work)
        _measure(bench, given)
        found = rows(bench.cases)
        runs = len(bench.case("-", PASS).walls_s)
        _print(_summary(bench, runs, found), _text(bench, runs, found), as_json=given.json)
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
    try:
        for number in range(given.runs):
            bench.start_up()
            for text in inputs:
                bench.input(text, number=number)
    except KeyboardInterrupt:
        bench.note("!! interrupted: these are fewer runs than were asked for")


def _text(bench: Bench, runs: int, found: Sequence[dict[str, Any]]) -> str:
    lines = [f"{runs} runs in turn, {cores()} cores; medians; «others»: cores busy with something else meanwhile", ""]
    lines += [table(found), "", *bench.notes]
    if bench.lost:
        share = statistics.median(lost for lost, _, _ in bench.lost)
        short = statistics.median(count for _, count, _ in bench.lost)
        lines.append(
            f"(b) lost {share:.1%} of its audio; {short:g} of {bench.lost[0][2]} paragraphs missing or cut short"
        )
    watched = [(row["watching"], row["wall_s"]) for row in found if row["watching"] is not None]
    watching = sum(share * wall_s for share, wall_s in watched) / max(1e-9, sum(wall_s for _, wall_s in watched))
    lines.append(f"looking at memory took {watching:.1%} of a core")
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
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="How fast narrate is, beside what else there is."
    )
    parser.add_argument("--runs", type=int, default=5, help="how often everything is measured, in turn (5)")
    parser.add_argument("--inputs", type=_inputs, default="essay,example,book", help="of essay, example, book")
    parser.add_argument("--json", action="store_true", help="one object on stdout, the table on stderr")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    parser.add_argument("--scale", action="store_true", help="the cost a character from 20 KB upwards instead")
    parser.add_argument(
        "--scale-spoken", action="store_true", help="the same from 2 MB, speech and encodes in the store"
    )
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
