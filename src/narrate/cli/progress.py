"""How far a build is, on stderr: a moving bar on a terminal, plain lines elsewhere, nothing when quiet."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.cli.streams import printable, remark
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.plan import ChapterPlan, Plan


def listener(*, quiet: bool, plain: bool) -> "Nobody | Lines | Bar":
    """The one that fits: `plain` or no terminal gives lines."""
    if quiet:
        return Nobody()
    if plain or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return Lines()
    return Bar()


class Nobody:
    """For `--quiet`."""

    def started(self, plan: "Plan") -> None:
        """Nothing."""

    def advanced(self, chapter: "ChapterPlan", characters: int) -> None:
        """Nothing."""

    def finished(self, chapter: "ChapterPlan", file: Path) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""


class Tally:
    """How much is done of how much: each character is spoken once, and encoded once for each codec."""

    def __init__(self, plan: "Plan") -> None:
        self.total = sum((1 + len(each.encodes)) * each.characters for each in plan.chapters if each.encodes)
        self.done = 0
        self._began = time.monotonic()

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 1.0

    @property
    def left_s(self) -> float | None:
        """Seconds that remain at the speed so far; None while that is a guess."""
        passed = time.monotonic() - self._began
        return passed * (1 - self.share) / self.share if self.share > 0.02 and passed > 1 else None

    def line(self, chapter: "ChapterPlan", chapters: int) -> str:
        """`chapter 2 of 4, 37 %, 0:12 left`."""
        left = self.left_s
        ending = f", {clock(left)} left" if left is not None and self.share < 1 else ""
        return f"chapter {chapter.number} of {chapters}, {self.share:.0%}{ending}"


class Lines:
    """A line for every tenth of the way and for every finished chapter; no control characters."""

    _MOST_CHAPTER_LINES = 100

    def started(self, plan: "Plan") -> None:
        """Say what is to be done."""
        self._plan = plan
        self._tally = Tally(plan)
        self._tenths = 0
        made = sum(1 for chapter in plan.chapters if not chapter.reused)
        remark(f"{made} of {len(plan.chapters)} chapters to make")
        for each in plan.formats:
            count = sum(each.codec in chapter.encodes for chapter in plan.chapters)
            if each.codec and count:
                remark(f"{each.name}: {count} of {len(plan.chapters)} chapters to encode")

    def advanced(self, chapter: "ChapterPlan", characters: int) -> None:
        """Say so at every tenth."""
        self._tally.done += characters
        tenths = 10 * self._tally.done // max(1, self._tally.total)
        if self._tenths < tenths < 10:
            self._tenths = tenths
            remark(self._tally.line(chapter, len(self._plan.chapters)))

    def finished(self, chapter: "ChapterPlan", file: Path) -> None:  # noqa: ARG002
        """Say which chapter is done."""
        if not chapter.reused and len(self._plan.chapters) <= self._MOST_CHAPTER_LINES:
            remark(f"chapter {chapter.number} of {len(self._plan.chapters)} done: {printable(chapter.title)}")

    def ended(self) -> None:
        """Nothing is left open."""


class Bar:
    """One line that is drawn anew, by rich; drawn in this thread, so that no other one is alive when workers fork."""

    _EVERY_S = 0.1

    def started(self, plan: "Plan") -> None:
        """Draw it; anew, when the book is planned anew."""
        self.ended()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._plan = plan
        self._tally = Tally(plan)
        self._drawn = 0.0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._bar: Any = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)
        self._task = self._bar.add_task("reading", total=self._tally.total or 1, left="")
        self._bar.start()

    def advanced(self, chapter: "ChapterPlan", characters: int) -> None:
        """Draw it again, a few times a second."""
        self._tally.done += characters
        now = time.monotonic()
        if now - self._drawn < self._EVERY_S:
            return
        self._drawn = now
        left = self._tally.left_s
        self._bar.update(
            self._task,
            completed=self._tally.done,
            description=f"chapter {chapter.number} of {len(self._plan.chapters)}",
            left=f"{clock(left)} left" if left is not None else "",
        )
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._bar.refresh()

    def finished(self, chapter: "ChapterPlan", file: Path) -> None:
        """Nothing more than the bar shows."""

    def ended(self) -> None:
        """Remove the bar."""
        if hasattr(self, "_bar"):
            with contextlib.suppress(OSError):
                self._bar.stop()
