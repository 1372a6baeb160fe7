"""How far a library's build is, on stderr: bars for the whole and for each book under way, or plain lines."""

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from narrate.cli.streams import printable, remark
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.library.report import Entry


def library_listener(*, quiet: bool, plain: bool) -> "LibraryLines | LibraryBars":
    """The one that fits: `plain` or no terminal gives lines."""
    if quiet or plain or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return LibraryLines(quiet=quiet)
    return LibraryBars()


class LibraryLines:
    """A line for each book that ends, and for every twentieth of the whole."""

    _PLANNED_EVERY = 500

    def __init__(self, *, quiet: bool = False) -> None:
        self._say = (lambda _: None) if quiet else remark
        self._began = time.monotonic()
        self._total = self._done = self._steps = self._books = 0
        self._open: dict[str, list[int]] = {}

    def planned(self, done: int, total: int) -> None:
        """Say so now and then."""
        if done == total or done % self._PLANNED_EVERY == 0:
            self._say(f"{done} of {total} books looked at")

    def started(self, books: int, characters: int) -> None:
        """Say what is to be done."""
        self._total = characters
        self._books = books
        self._began = time.monotonic()
        self._say(f"{books} book{'s' * (books != 1)} to build")

    def opened(self, name: str, characters: int) -> None:
        """Remember it for the next line."""
        self._open[name] = [0, characters]

    def advanced(self, name: str, characters: int) -> None:
        """Say at every twentieth how far the whole is, and each book under way."""
        self._done += characters
        if name in self._open:
            self._open[name][0] += characters
        steps = 20 * self._done // max(1, self._total)
        if self._steps < steps < 20:
            self._steps = steps
            share = self._done / self._total
            left = (time.monotonic() - self._began) * (1 - share) / share
            under_way = ", ".join(f"{printable(each)} {_percent(*counts)}" for each, counts in self._open.items())
            self._say(f"{share:.0%}, {clock(left)} left; under way: {under_way}")

    def ended(self, entry: "Entry") -> None:
        """Say what became of it; not of those that were left as they are."""
        self._open.pop(entry.name, None)
        if entry.outcome in ("built", "failed", "quarantined"):
            detail = clock(entry.duration_s) if entry.outcome == "built" else entry.reason
            self._say(f"{entry.outcome}: {printable(entry.name)}: {printable(detail)}")

    def closed(self) -> None:
        """Nothing is left open."""


class LibraryBars:
    """A bar for the whole and one for each book under way, by rich; drawn in this thread."""

    _EVERY_S = 0.2

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        name = TextColumn("{task.description}", markup=False)  # a file's name may have [brackets] in it
        columns = (name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bars: Any = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True)
        self._whole = self._bars.add_task("looking at books", total=None)
        self._books: dict[str, Any] = {}
        self._drawn = 0.0
        self._bars.start()

    def planned(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bars.update(self._whole, completed=done, total=total)
        self._draw()

    def started(self, books: int, characters: int) -> None:
        """The bar is for building from here on."""
        self._bars.reset(
            self._whole, description=f"{books} book{'s' * (books != 1)}", total=characters or 1, completed=0
        )

    def opened(self, name: str, characters: int) -> None:
        """A bar more; the same one when the book is planned anew."""
        if name in self._books:
            self._bars.reset(self._books[name], total=characters)
        else:
            self._books[name] = self._bars.add_task(printable(name)[-40:], total=characters or 1)

    def advanced(self, name: str, characters: int) -> None:
        """Move two bars."""
        self._bars.advance(self._whole, characters)
        if name in self._books:
            self._bars.advance(self._books[name], characters)
        self._draw()

    def ended(self, entry: "Entry") -> None:
        """A bar less; what failed is said at once."""
        if entry.name in self._books:
            self._bars.remove_task(self._books.pop(entry.name))
        if entry.outcome in ("failed", "quarantined"):
            with contextlib.suppress(OSError):
                told = f"{entry.outcome}: {printable(entry.name)}: {printable(entry.reason)}"
                self._bars.console.print(told, markup=False, highlight=False, soft_wrap=True)

    def closed(self) -> None:
        """Remove the bars."""
        with contextlib.suppress(OSError):
            self._bars.stop()

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._drawn >= self._EVERY_S:
            self._drawn = now
            with contextlib.suppress(OSError):  # the terminal may be gone
                self._bars.refresh()


def _percent(done: int, total: int) -> str:
    return f"{done / total:.0%}" if total else "100%"
