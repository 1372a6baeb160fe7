#!/usr/bin/env python3
"""What happens to a book when its build is killed, starved or lied to: real builds, real signals, real full disks.

    scripts/torture --count 12 --seed 1        # every kind once, within a minute: what CI runs
    scripts/torture --count 1000 --minutes 10
    scripts/torture --seed 1 --trial 7         # one trial again

A trial disturbs a build (a first one, one after a changed word, or `regenerate`) at a random time. Then the published
book must be whole, the earlier or the new one to the byte; five seconds later no process of the build may live; and a
build that nobody disturbs must end in the bytes of the reference and leave nothing beside them. Seed and number decide
everything about a trial but the machine's own timing. Exit 1 when anything was lost, left over, or ended unclearly.
Linux only. As root it mounts small file systems of its own below TMPDIR, where all it writes lies.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from bench_report import in_columns
from measuring import Program
from torture_builds import SCENARIOS, TITLE, Desk, References, Trial
from torture_judge import End, judge_book, judge_end, leftovers, running
from torture_kinds import KINDS, MOUNTED, can_mount, small_disks

GONE_WITHIN_S = 5


@dataclass(kw_only=True, slots=True)
class Tally:
    """All trials of a kind."""

    trials: int = 0
    died: int = 0
    losses: int = 0
    leftovers: int = 0
    unclear: int = 0
    slowest_s: float = 0.0


class Torture:
    """Runs trials and keeps count; `faults` are what they found, a line each."""

    def __init__(self, work: Path, seed: int) -> None:
        self.work, self.seed = work, seed
        self.program = Program(work / "program")
        sys.path.insert(0, str(self.program.source))
        self.books = References(work / "right", self.program)
        self.kinds = list(KINDS)
        if not can_mount(work):
            print("torture: !! NO DISK IS FILLED OR MADE READ-ONLY: that needs root, and mount", file=sys.stderr)
            self.kinds = [kind for kind in KINDS if kind not in MOUNTED]
        self.tallies = {kind: Tally() for kind in self.kinds}
        self.faults: list[str] = []

    def kind_of(self, number: int) -> str:
        """Of trial `number`, counted from 1: every kind once, in an order of chance, then again."""
        turn, place = divmod(number - 1, len(self.kinds))
        return random.Random(f"{self.seed}/turn {turn}").sample(self.kinds, len(self.kinds))[place]

    def trial(self, number: int) -> None:
        """One trial, judged."""
        kind, chance = self.kind_of(number), random.Random(f"{self.seed}/{number}")
        with tempfile.TemporaryDirectory(dir=self.work, prefix="trial-", ignore_cleanup_errors=True) as name:
            desk = Desk(Path(name), self.program)
            trial = Trial(chance=chance, desk=desk, books=self.books, scenario=chance.choice(SCENARIOS))
            with small_disks(desk) if kind in MOUNTED else nullcontext():
                try:
                    self._run(number, kind, trial)
                finally:
                    _kill(running(desk.mark))  # there are some when this was interrupted

    def _run(self, number: int, kind: str, trial: Trial) -> None:
        desk = trial.desk
        trial.prepare()
        KINDS[kind](trial)
        unclear = [fault for end in trial.ends for fault in judge_end(end, may_fail=trial.may_fail)]
        unclear += _still_running(desk)
        allowed = {name: self.books[name] for name in sorted(trial.allowed)}
        lost = trial.faults + judge_book(desk.out / TITLE, allowed, must_exist=trial.scenario.before)
        after = desk.start("build").end()
        lost += [f"the next build {fault}" for fault in judge_end(after, may_fail=False)]
        right = {trial.scenario.result: self.books[trial.scenario.result]}
        lost += [f"after the next build, {fault}" for fault in judge_book(desk.out / TITLE, right, must_exist=True)]
        left = leftovers(out=desk.out, store=desk.store, scratch=desk.scratch)
        tally = self.tallies[kind]
        tally.trials += 1
        tally.died += any(end.code for end in trial.ends)
        tally.losses += bool(lost)
        tally.leftovers += bool(left)
        tally.unclear += bool(unclear)
        tally.slowest_s = max(tally.slowest_s, *(end.wall_s for end in (*trial.ends, after)))
        self._tell(f"{number}, {kind}, {trial.scenario.name}", trial, lost + left + unclear)

    def _tell(self, name: str, trial: Trial, faults: list[str]) -> None:
        ends = ", ".join(_described(end) for end in trial.ends)
        notes = f" ({', '.join(trial.notes)})" if trial.notes else ""
        print(f"trial {name}{notes}: {ends}{'; ' + '; '.join(faults) if faults else ''}", file=sys.stderr, flush=True)
        if faults:
            number = name.partition(",")[0]
            again = f"scripts/torture --seed {self.seed} --trial {number}"
            self.faults.append(f"{name}{notes}: {'; '.join(faults)}\n    {again}")

    def table(self) -> str:
        """What came of all trials."""
        head = ("kind of trial", "trials", "died", "losses", "leftovers", "unclear", "slowest s")
        lines, whole = [head], Tally()
        for kind, one in self.tallies.items():
            lines.append((kind, *_numbers(one)))
            for name in ("trials", "died", "losses", "leftovers", "unclear"):
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
            whole.slowest_s = max(whole.slowest_s, one.slowest_s)
        return in_columns([*lines, ("together", *_numbers(whole))], left=(0,))


def _numbers(tally: Tally) -> tuple[str, ...]:
    counts = (tally.trials, tally.died, tally.losses, tally.leftovers, tally.unclear)
    return (*map(str, counts), f"{tally.slowest_s:.1f}")


def _described(end: End) -> str:
    said = f" «{end.err.strip().splitlines()[-1][:160]}»" if end.err.strip() else ""
    return f"{'killed' if end.code == -signal.SIGKILL else f'exit {end.code}'} after {end.wall_s:.1f} s{said}"


def _still_running(desk: Desk) -> list[str]:
    """What lives GONE_WITHIN_S after its build has ended; it is then killed."""
    until = time.monotonic() + GONE_WITHIN_S
    while (alive := running(desk.mark)) and time.monotonic() < until:
        time.sleep(0.02)
    _kill(alive)
    return [f"{len(alive)} of its processes lived {GONE_WITHIN_S} s later"] if alive else []


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Parse, torture, print."""
    parser = argparse.ArgumentParser(prog="scripts/torture", description="Disturb real builds, and judge what is left.")
    parser.add_argument("--seed", type=int, default=1, help="what decides the trials (1)")
    parser.add_argument("--count", type=int, default=100, help="how many trials (100)")
    parser.add_argument("--minutes", type=float, default=30.0, help="begin no trial after so many minutes (30)")
    parser.add_argument("--trial", type=int, metavar="N", help="only trial N of the seed")
    given = parser.parse_args()
    if not sys.platform.startswith("linux"):
        parser.error("this needs Linux")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that disks are unmounted and folders removed
    until = time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory(prefix="narrate-torture-") as folder:
        torture = Torture(Path(folder), given.seed)
        for number in [given.trial] if given.trial else range(1, given.count + 1):
            if time.monotonic() >= until:
                break
            torture.trial(number)
        print(torture.table())
    if torture.faults:
        print("\nfaults:", *torture.faults, sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
