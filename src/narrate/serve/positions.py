"""Where each book was left, for all devices: one small SQLite file in the user's data folder. The newest one wins.

The only thing that `narrate serve` writes.
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from narrate.errors import OutputError

_PATIENCE_S = 5
_MOST = 1e9
_SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
  book TEXT PRIMARY KEY, chapter INTEGER NOT NULL, at_s REAL NOT NULL, left_s REAL NOT NULL, when_ms INTEGER NOT NULL
) WITHOUT ROWID
"""
_KEEP_NEWEST = """
INSERT INTO positions VALUES (?, ?, ?, ?, ?)
ON CONFLICT (book) DO UPDATE SET chapter = excluded.chapter, at_s = excluded.at_s, left_s = excluded.left_s,
  when_ms = excluded.when_ms
WHERE excluded.when_ms > positions.when_ms
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A place in a book: `chapter` from 0, `at` seconds in it, `left` seconds to the end; `when` it was left, in ms
    since 1970 by the device's clock."""

    chapter: int
    at: float
    left: float
    when: int

    @classmethod
    def read(cls, value: object) -> "Position":
        """A position from JSON. Raises ValueError for anything else."""
        if not isinstance(value, dict) or set(value) != {"chapter", "at", "left", "when"}:
            raise ValueError("no position")
        for name, each in value.items():
            whole = name in ("chapter", "when")
            if isinstance(each, bool) or not isinstance(each, int if whole else int | float) or not math.isfinite(each):
                raise ValueError(f"{name} is no number")
            if each < 0 or (each > _MOST and name != "when") or each > 1e15:
                raise ValueError(f"{name} is out of range")
        return cls(chapter=value["chapter"], at=float(value["at"]), left=float(value["left"]), when=value["when"])

    def to_json(self) -> dict[str, Any]:
        """As `read` takes it."""
        return asdict(self)


def default_file() -> Path:
    """The file in this user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("narrate", appauthor=False) / "positions.sqlite"


class Positions:
    """The positions in `file`, which is made when it is not there.

    Every call opens it anew: calls come from many threads, and another server may use it, too. Raises OutputError.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{file.parent}: cannot be made: {error.strerror}") from error
        with self._open() as database:
            database.execute(_SCHEMA)

    def all(self) -> dict[str, Position]:
        """Every book's position by its key."""
        with self._open() as database:
            rows = database.execute("SELECT book, chapter, at_s, left_s, when_ms FROM positions").fetchall()
        return {book: Position(chapter=chapter, at=at, left=left, when=when) for book, chapter, at, left, when in rows}

    def keep(self, book: str, position: Position) -> Position:
        """Keep `position`, unless a newer one is there; returns the one that stands.

        A time in the future becomes now: a device whose clock is ahead would else win for good.
        """
        when = min(position.when, round(time.time() * 1000))
        with self._open() as database:
            database.execute(_KEEP_NEWEST, (book, position.chapter, position.at, position.left, when))
            row = database.execute("SELECT chapter, at_s, left_s, when_ms FROM positions WHERE book = ?", (book,))
            chapter, at, left, stood = row.fetchone()
        return Position(chapter=chapter, at=at, left=left, when=stood)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=_PATIENCE_S)) as database, database:
                yield database
        except sqlite3.Error as error:
            hint = "if it is damaged, delete it: only places in books are lost"
            raise OutputError(f"{self._file}: positions cannot be kept: {error}", hint=hint) from error
