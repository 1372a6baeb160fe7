"""What many tests share: a desk with a source, a store and a shelf, and an engine that is instant and deterministic."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from fake_engine import FakeEngine
from narrate import pipeline, speech, work
from narrate.plan import ChapterPlan, Plan
from narrate.process import ffmpeg_path
from narrate.project import Project, Request
from narrate.release import Release

# A busy machine is slow, and no test of ours is about how long an example takes.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ESSAY = Path(__file__).parents[2] / "shared/essay/but-at-that-moment.txt"
EXAMPLE = Path(__file__).parents[1] / "examples/night-drive.md"

THREE_CHAPTERS = """\
The Long Way

Chapter 1

The engine starts at once. It hums.

A second paragraph follows.

Chapter 2

Rain falls on the road.

Chapter 3

We are home.
"""


class Listener:
    """Keeps what a build says of its progress."""

    def __init__(self) -> None:
        self.characters = 0
        self.chapters: list[int] = []

    def started(self, plan: Plan) -> None:
        self.total = 2 * sum(chapter.characters for chapter in plan.chapters if not chapter.reused)

    def advanced(self, chapter: ChapterPlan, characters: int) -> None:  # noqa: ARG002
        self.characters += characters

    def finished(self, chapter: ChapterPlan, file: Path) -> None:
        assert file.stat().st_size > 0
        self.chapters.append(chapter.number)


@dataclass
class Desk:
    """A source, a shelf and a store in a folder of their own, and the fake engine to build with."""

    folder: Path
    engine: FakeEngine
    name: str = "book.txt"
    flags: dict[str, Any] = field(default_factory=dict)
    listener: Listener = field(default_factory=Listener)

    def write(self, text: str) -> None:
        self.source.write_text(text, encoding="utf-8")

    @property
    def source(self) -> Path:
        return self.folder / self.name

    @property
    def request(self) -> Request:
        flags = {"engine": "fake"} | self.flags
        return Request(source=self.source, out=self.folder / "shelf", flags=flags, store=self.folder / "store", jobs=1)

    def open(self) -> Project:
        return pipeline.open_project(self.request)

    def plan(self) -> Plan:
        return pipeline.make_plan(self.open())

    def build(self) -> Release:
        """Build, and forget what was said to the engine before."""
        self.engine.spoken.clear()
        project = self.open()
        return pipeline.run(project, pipeline.make_plan(project), self.listener)

    @property
    def said(self) -> list[str]:
        """What the engine was asked to say in the last build."""
        return [text for text, _ in self.engine.spoken]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as found:
        yield found


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """A desk for as long as the block lasts."""
    engine = FakeEngine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(speech.ENGINES, "fake", lambda _: engine)
        work.engine.cache_clear()
        yield Desk(folder=folder, engine=engine)


@pytest.fixture
def essay() -> Path:
    if not ESSAY.is_file():
        pytest.skip("the essay is not beside this checkout")
    return ESSAY


def timeline(folder: Path) -> list[dict[str, Any]]:
    """The chapters of a published timeline."""
    return json.loads((folder / "timeline.json").read_text("utf-8"))["chapters"]


def decoded(path: Path, sample_rate: int = 44100) -> "np.ndarray":
    """The sound of a file, by ffmpeg."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1"]
    command += ["-ar", str(sample_rate), "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4")


def contents(folder: Path, skip: Callable[[Path], bool] = lambda _: False) -> dict[str, bytes]:
    """Every file below `folder` by its name in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not skip(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
