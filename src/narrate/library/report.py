"""The report of a library's build: what became of every book. Data, and how it is written down as JSON.

In: what the run told. Out: the same, summed up. Nothing here touches a file.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from narrate.document import Metadata
from narrate.release import release_folder

REPORT_FILE = "library.json"
PAGE_FILE = "library.html"


class Outcome(StrEnum):
    """What became of a book."""

    BUILT = "built"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"  # the very same document as another one
    FAILED = "failed"
    QUARANTINED = "quarantined"  # its work kills whoever does it
    TO_BUILD = "to build"  # a dry run, `--limit`, or the run was ended before


FINE = frozenset({Outcome.BUILT, Outcome.UNCHANGED, Outcome.DUPLICATE, Outcome.TO_BUILD})


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One book. `folder` is its place below the library's; `duration_s` the audio's, `wall_s` from its first task to
    its last; `retries` counts tasks that were given out again."""

    name: str
    outcome: Outcome
    title: str = ""
    author: str = ""
    folder: str = ""
    reason: str = ""
    duration_s: float = 0.0
    wall_s: float = 0.0
    retries: int = 0
    characters: int = 0
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All books in the order of their names. `lost` counts tasks that a cluster gave out again after a worker's end."""

    out: str
    entries: tuple[Entry, ...]
    wall_s: float
    lost: int = 0

    def count(self, outcome: Outcome) -> int:
        """How many books ended so."""
        return sum(each.outcome is outcome for each in self.entries)

    @property
    def duration_s(self) -> float:
        """Audio in all, in seconds."""
        return sum(each.duration_s for each in self.entries if each.outcome in (Outcome.BUILT, Outcome.UNCHANGED))

    @property
    def retries(self) -> int:
        """Tasks that were given out again."""
        return self.lost + sum(each.retries for each in self.entries)

    @property
    def failed(self) -> int:
        """Books that there is no new audiobook of, though there should be."""
        return sum(each.outcome not in FINE for each in self.entries)

    def summary(self) -> dict[str, object]:
        """As one JSON object."""
        return {
            "out": self.out,
            "books": len(self.entries),
            **{str(each).replace(" ", "_"): self.count(each) for each in Outcome},
            "audio_s": round(self.duration_s, 3),
            "wall_s": round(self.wall_s, 1),
            "retries": self.retries,
            "entries": [
                {
                    "source": each.name,
                    "outcome": str(each.outcome),
                    "title": each.title,
                    "author": each.author,
                    "folder": each.folder,
                    "reason": each.reason,
                    "audio_s": round(each.duration_s, 3),
                    "wall_s": round(each.wall_s, 1),
                    "retries": each.retries,
                    "warnings": list(each.warnings),
                }
                for each in self.entries
            ],
        }


def place_of(metadata: Metadata) -> str:
    """Where a book lies below the library's folder, with `/`."""
    return release_folder(metadata).as_posix()
