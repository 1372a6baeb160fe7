#!/usr/bin/env python3
"""Every reader on thousands of damaged documents: the golden cases' inputs, mutated, each read in another process.

    scripts/fuzz --count 300 --seed 1          # a short share, as the tests run it
    scripts/fuzz --count 100000 --minutes 30   # a long one
    scripts/fuzz --seed 1 --kind pdf --trial 7 # one input again, with its traceback; --save FILE keeps it
    scripts/fuzz --atheris --kind html --minutes 5

What may happen: the document is read, and every block of it accounted for; or one clear line says why not. What may
not: any other exception, an error of several lines, a hang, a process that dies or grows beyond --memory, an error
about a damaged file that was in truth a mistake of ours. Seed, kind and number decide everything about an input. Exit 1
when anything was found.

--atheris looks for new paths by coverage instead; it has wheels for Linux on x86-64 alone: pip install atheris.
"""

import argparse
import importlib
import multiprocessing
import os
import pkgutil
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench_report import in_columns
from fuzz_seeds import KINDS, mutated, seeds

HANG_S = 10.0
_S_PER_MB = 5.0
"""More for a large input, since parsers cost their length. Nearly all are read within a second of CPU."""
_MOST_WAITS = 15
"""For a process that gets no CPU: so many times as long by the clock."""
_OURS = "src/narrate"
_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "src"))


@dataclass(kw_only=True, slots=True)
class Tally:
    """All inputs of a kind. `errors` are clean ones; the rest are faults; `slowest_s` is of CPU."""

    inputs: int = 0
    read: int = 0
    errors: int = 0
    crashes: int = 0
    hangs: int = 0
    slowest_s: float = 0.0
    said: Counter[str] = field(default_factory=Counter)


def outcome(kind: str, data: bytes) -> tuple[str, str]:
    """("read", ""), ("error", its line) or ("crash", a traceback)."""
    from narrate.document import Document
    from narrate.errors import NarrateError
    from narrate.source import READERS
    from narrate.source.recognise import recognise

    path = Path(f"/nonexistent/fuzz.{kind}")
    try:
        recognise(data)
        document = READERS[path.suffix](path, data)
        assert isinstance(document, Document)
        assert document.is_balanced or not document.seen, f"{document.seen} blocks seen, others accounted for"
    except NarrateError as error:
        if "\n" in str(error) or len(str(error)) > 1000:
            return "crash", f"an error of several lines: {error!r}"
        if fault := _ours(error.__cause__):
            return "crash", fault
        return "error", str(error)
    except BaseException:
        return "crash", traceback.format_exc()
    return "read", ""


def _ours(cause: BaseException | None) -> str:
    """A mistake of ours that was taken for damage: raised in our code, and of a kind that is never meant."""
    if not isinstance(cause, AttributeError | TypeError | NameError | KeyError | IndexError | AssertionError):
        return ""
    frames = traceback.extract_tb(cause.__traceback__)
    if not frames or _OURS not in frames[-1].filename.replace(os.sep, "/"):
        return ""
    return "".join(traceback.format_exception(cause))


def _serve(pipe: Connection, memory: int) -> None:
    """Read inputs until there are none; what they say goes back."""
    if sys.platform.startswith("linux"):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (job := pipe.recv()) is not None:
        pipe.send(outcome(*job))


class Reader:
    """A process that reads, and is replaced when it hangs or dies."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._start()

    def _start(self) -> None:
        # Forked where that can be: a child is there at once, and reads as its parent would.
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("fork" if sys.platform.startswith("linux") else methods[0])
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs, self._memory), daemon=True)
        self._process.start()
        theirs.close()

    def read(self, kind: str, data: bytes) -> tuple[str, str, float]:
        """What became of an input, what was said, and seconds of CPU; "hang" and "crash" when its process had to be
        replaced."""
        self._pipe.send((kind, data))
        began = self._used_s()
        most_s = HANG_S + _S_PER_MB * len(data) / (1 << 20)
        try:
            for _ in range(_MOST_WAITS):
                if self._pipe.poll(most_s):
                    what, said = self._pipe.recv()
                    return what, said, self._used_s() - began
                if self._used_s() - began >= most_s:
                    break
            what, said = "hang", f"not read within {most_s:.0f} s"
        except (EOFError, ConnectionError):
            self._process.join(5)
            what, said = "crash", f"the process ended with {self._process.exitcode}"
        self.stop()
        self._start()
        return what, said, most_s

    def _used_s(self) -> float:
        """Seconds of CPU that the process has used, since on a busy machine the clock says little; the clock where that
        cannot be told."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def fuzz(args: argparse.Namespace) -> int:
    """All inputs that were asked for; the table, the faults, and 1 if there were any."""
    kinds = [args.kind] if args.kind else list(KINDS)
    tallies = {kind: Tally() for kind in kinds}
    faults: list[str] = []
    deadline = time.monotonic() + 60 * args.minutes
    reader = Reader(args.memory << 20)
    originals = {kind: seeds(kind) for kind in kinds}
    for number in range(args.count):
        if time.monotonic() > deadline:
            break
        kind = kinds[number % len(kinds)]
        what, said, took_s = reader.read(kind, mutated(kind, originals[kind], args.seed, number))
        _count(tallies[kind], what, said, took_s)
        if what in ("crash", "hang"):
            again = f"scripts/fuzz --seed {args.seed} --kind {kind} --trial {number}"
            faults.append(f"{what}: {again}\n{said}")
            print(faults[-1], file=sys.stderr)
    reader.stop()
    _report(tallies, args.verbose)
    return int(bool(faults))


def _count(tally: Tally, what: str, said: str, took_s: float) -> None:
    tally.inputs += 1
    tally.slowest_s = max(tally.slowest_s, took_s)
    tally.read += what == "read"
    tally.errors += what == "error"
    tally.crashes += what == "crash"
    tally.hangs += what == "hang"
    if what == "error":
        tally.said[said.partition(": ")[2][:60]] += 1


def _report(tallies: dict[str, Tally], verbose: bool) -> None:
    rows = [["reader", "inputs", "read", "clean errors", "crashes", "hangs", "slowest"]]
    for kind, each in tallies.items():
        counts = (each.inputs, each.read, each.errors, each.crashes, each.hangs)
        rows.append([kind, *map(str, counts), f"{each.slowest_s:.2f} s"])
    names = ("inputs", "read", "errors", "crashes", "hangs")
    total = [sum(getattr(each, name) for each in tallies.values()) for name in names]
    rows.append(["all", *map(str, total), f"{max(each.slowest_s for each in tallies.values()):.2f} s"])
    print(in_columns(rows, left=(0,)))
    if verbose:
        for kind, each in tallies.items():
            for said, count in each.said.most_common(12):
                print(f"{kind}: {count} × {said}")


def with_atheris(args: argparse.Namespace) -> int:
    """Inputs found by coverage; runs until the time is up or something is found."""
    try:
        import atheris
    except ImportError:
        print("fuzz: atheris is not installed: pip install atheris (Linux on x86-64 only)", file=sys.stderr)
        return 2
    kind = args.kind or "html"
    with atheris.instrument_imports(include=["narrate.source", "mammoth", "pypdf"]):
        import mammoth  # noqa: F401
        import pypdf  # noqa: F401

        from narrate import source

        for module in pkgutil.iter_modules(source.__path__, "narrate.source."):
            importlib.import_module(module.name)

    def one(data: bytes) -> None:
        what, said = outcome(kind, data)
        if what == "crash":
            raise AssertionError(said)

    corpus = args.corpus / kind
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(kind)):
        (corpus / f"seed-{number}").write_bytes(data)
    limits = [f"-max_total_time={int(60 * args.minutes)}", f"-timeout={HANG_S:.0f}", f"-rss_limit_mb={args.memory}"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, f"-seed={args.seed}"], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="inputs in all (1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, help="one reader only")
    parser.add_argument("--minutes", type=float, default=10.0, help="stop after so long (10)")
    parser.add_argument("--memory", type=int, default=2048, help="MB that a reading process may take (2048)")
    parser.add_argument("--trial", type=int, help="read one input again, here")
    parser.add_argument("--save", type=Path, help="with --trial: keep the input in a file")
    parser.add_argument("--verbose", action="store_true", help="say which errors there were")
    parser.add_argument("--atheris", action="store_true", help="guided by coverage")
    parser.add_argument("--corpus", type=Path, default=_ROOT / ".fuzz", help="where atheris keeps what it finds")
    args = parser.parse_args()
    if args.atheris:
        return with_atheris(args)
    if args.trial is None:
        return fuzz(args)
    kind = args.kind or KINDS[args.trial % len(KINDS)]
    data = mutated(kind, seeds(kind), args.seed, args.trial)
    if args.save:
        args.save.write_bytes(data)
    what, said = outcome(kind, data)
    print(f"{what}: {said}")
    return int(what == "crash")


if __name__ == "__main__":
    sys.exit(main())
