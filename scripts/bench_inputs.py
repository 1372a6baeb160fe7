"""What the bench reads: the essay where it is beside this checkout, the example, and a book that it writes itself."""

import itertools
import random
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT

ESSAY = ROOT.parent / "shared/essay/but-at-that-moment.txt"
EXAMPLE = ROOT / "examples/night-drive.md"
BOOK_CHARACTERS, BOOK_CHAPTERS, BOOK_SEED = 540_000, 30, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A text to make a book of; `again` is the chapter that is regenerated."""

    name: str
    file: str
    text: str
    again: int
    beside: Path | None = None

    def write(self, folder: Path, *, changed: bool = False) -> Path:
        """The source in `folder`, and the picture beside it."""
        if self.beside:
            shutil.copy(self.beside, folder)
        path = folder / self.file
        path.write_text(reworded(self.text) if changed else self.text, encoding="utf-8")
        return path


def reworded(text: str, *, near: float = 0.5) -> str:
    """`text` with one word changed: a plain one between plain ones, the nearest to that part of the way through."""
    words = re.finditer(r"(?<=[a-z] )[a-z]{4,9}(?= [a-z])", text)
    word = min(words, key=lambda found: abs(found.start() - near * len(text)))
    return f"{text[: word.start()]}lantern{text[word.end() :]}"


def find_input(name: str) -> Input | None:
    """The input of that name; None for the essay where it is not beside this checkout."""
    if name == "essay":
        return Input(name=name, file="essay.txt", text=ESSAY.read_text("utf-8"), again=2) if ESSAY.is_file() else None
    if name == "example":
        picture = EXAMPLE.with_suffix(".png")
        return Input(name=name, file=EXAMPLE.name, text=EXAMPLE.read_text("utf-8"), again=2, beside=picture)
    text = write_book(BOOK_CHARACTERS, chapters=BOOK_CHAPTERS, seed=BOOK_SEED)
    return Input(name=name, file="book.md", text=text, again=BOOK_CHAPTERS // 2)


def _words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",")]


_NOUNS = _words(
    "road, lantern, engine, window, river, kitchen, letter, bridge, tide, harbour, mirror, station, garden, winter, "
    "orchard, clock, ferry, valley, suitcase, map, driver, neighbour, meadow, chimney, blanket, tunnel, whistle, "
    "paper, kettle, signal, fence, compass, staircase, barn, cradle, ladder, painter, sailor, teacher, storm, candle, "
    "coat, hedge, market, pavement, railway, shadow, village"
)
_ADJECTIVES = _words(
    "quiet, narrow, yellow, patient, broken, early, silver, crowded, careful, distant, heavy, gentle, empty, stubborn, "
    "bright, wooden, frozen, ordinary, curious, slow, unfinished, borrowed, green, restless, familiar, hollow"
)
_VERBS = _words(
    "followed, remembered, carried, forgot, crossed, repaired, watched, mentioned, borrowed, painted, counted, "
    "avoided, lifted, opened, described, missed, measured, found, answered, invented, kept, buried, noticed, warmed"
)
_NAMES = _words("Anna, Tobias, Mrs. Hale, Dr. Frith, Ida, Marcus, Jonas, Petra, Wilhelmina, Ned")
_PLACES = _words(
    "past the mill, beyond the second bridge, under the railway, at the end of the lane, near the coast, between two "
    "villages, on the way to the station, behind the church, in the valley"
)
_NUMBERS = [str(number) for number in range(11, 99)]
_SENTENCES = (
    "The {a} {n} {v} the {n}.",
    "{p} {v} the {n} {l}, and the {a} {n} stayed where it was.",
    "It was {y}, and nobody {v} the {n}.",
    "When the {n} was {a}, {p} {v} a {a} {n} {l}; the {n} had been there for {y} years, or so {p} said.",
    "“Have you ever {v} a {a} {n}?” {p} asked. “Only a {a} {n} {l},” said {p}.",
    "Why had the {n} {v} the {a} {n}?",
    "There were {y} of them: a {n}, a {a} {n}, and the {n} that {p} {v} in 19{y}.",
    "No {n} {v}, not {l}.",
    "{p} – who {v} every {n} {l} – was {a} that day, but the {n}, the {n} and the {a} {n} were not, and so {p} {v} "
    "them one after the other until the {n} was as {a} as it had been {l} on the first morning.",
    "“{p}, the {n}! The {a} {n}!” It {v} {l}.",
    "Perhaps the {n} was {a}; perhaps {p} only {v} it that way…",
)


def write_book(characters: int, *, chapters: int, seed: int) -> str:
    """A book of at least so many characters in so many chapters, in Markdown. The same for the same seed."""
    chance = random.Random(seed)

    def one(of: Sequence[str]) -> str:
        return of[int(chance.random() * len(of))]  # `random()` alone is the same in every version of Python

    def sentence() -> str:
        return re.sub(r"\{(\w)\}", lambda found: one(words[found[1]]), one(_SENTENCES))

    words = {"n": _NOUNS, "a": _ADJECTIVES, "v": _VERBS, "p": _NAMES, "l": _PLACES, "y": _NUMBERS}
    parts, length = ["# The Long Road\n"], 0
    for number in range(1, chapters + 1):
        parts.append(f"## The {one(_ADJECTIVES).title()} {one(_NOUNS).title()}, part {number}\n")
        while length < characters * number / chapters:
            paragraph = " ".join(sentence() for _ in range(1 + int(6 * chance.random()))) + "\n"
            parts.append(paragraph)
            length += len(paragraph) + 1
    return "\n".join(parts)


def repeated_book(characters: int) -> str:
    """A book of at least so many characters whose 25 chapters come again and again."""
    title, *chapters = re.split(r"(?m)^(?=## )", write_book(500_000, chapters=25, seed=BOOK_SEED))
    parts, length = [title], 0
    for chapter in itertools.cycle(chapters):
        if length >= characters:
            return "".join(parts)
        parts.append(chapter)
        length += len(chapter)
    raise AssertionError("a cycle has no end")
