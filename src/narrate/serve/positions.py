"""Where each book was left, for all devices: one small SQLite file in the user's data folder. The newest one wins.

The only thing that `narrate serve` writes.
"""

import math
import re
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
_MARK = re.compile(r"([0-9a-z]{1,7}\.){3}\d{1,9}|")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
  book TEXT PRIMARY KEY, chapter INTEGER NOT NULL, at_s REAL NOT NULL, left_s REAL NOT NULL, when_ms INTEGER NOT NULL,
  mark TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
"""
_ADD_MARK = "ALTER TABLE positions ADD COLUMN mark TEXT NOT NULL DEFAULT ''"
_FIELDS = "book, chapter, at_s, left_s, when_ms, mark"
_KEEP_NEWEST = f"""
INSERT INTO positions ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (book) DO UPDATE SET chapter = excluded.chapter, at_s = excluded.at_s, left_s = excluded.left_s,
  when_ms = excluded.when_ms, mark = excluded.mark
WHERE excluded.when_ms > positions.when_ms
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A place in a book: `chapter` from 0, `at` seconds in it, `left` seconds to the end; `when` it was left, in ms
    since 1970. `mark` finds the sentence again in a book that was built anew (`static/place.js`); "" where not known.
    """

    chapter: int
    at: float
    left: float
    when: int
    mark: str = ""

    @classmethod
    def read(cls, value: object) -> "Position":
        """A position from JSON. Raises ValueError for anything else."""
        if not isinstance(value, dict) or set(value) - {"mark"} != {"chapter", "at", "left", "when"}:
            raise ValueError("no position")
        mark = value.get("mark", "")
        if not isinstance(mark, str) or not _MARK.fullmatch(mark):
            raise ValueError("mark is none")
        for name in ("chapter", "at", "left", "when"):
            each = value[name]
            whole = name in ("chapter", "when")
            if isinstance(each, bool) or not isinstance(each, int if whole else int | float) or not math.isfinite(each):
                raise ValueError(f"{name} is no number")
            if each < 0 or (each > _MOST and name != "when") or each > 1e15:
                raise ValueError(f"{name} is out of range")
        return cls(
            chapter=value["chapter"], at=float(value["at"]), left=float(value["left"]), when=value["when"], mark=mark
        )

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
            if "mark" not in [name for _, name, *_ in database.execute("PRAGMA table_info(positions)")]:
                database.execute(_ADD_MARK)

    def all(self) -> dict[str, Position]:
        """Every book's position by its key."""
        with self._open() as database:
            rows = database.execute(f"SELECT {_FIELDS} FROM positions").fetchall()
        return dict(map(_read, rows))

    def keep(self, book: str, position: Position) -> Position:
        """Keep `position`, unless a newer one is there; returns the one that stands.

        A time in the future becomes now: a device whose clock is ahead would else win for good.
        """
        when = min(position.when, round(time.time() * 1000))
        with self._open() as database:
            row = (book, position.chapter, position.at, position.left, when, position.mark)
            database.execute(_KEEP_NEWEST, row)
            stands = database.execute(f"SELECT {_FIELDS} FROM positions WHERE book = ?", (book,)).fetchone()
        return _read(stands)[1]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=_PATIENCE_S)) as database, database:
                yield database
        except sqlite3.Error as error:
            hint = "if it is damaged, delete it: only places in books are lost"
            raise OutputError(f"{self._file}: positions cannot be kept: {error}", hint=hint) from error


def _read(row: tuple[str, int, float, float, int, str]) -> tuple[str, Position]:
    book, chapter, at, left, when, mark = row
    return book, Position(chapter=chapter, at=at, left=left, when=when, mark=mark)
