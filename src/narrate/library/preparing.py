"""What one book of a library needs, found out in a worker process, so that a document that crashes its reader takes
nothing else with it.

In: a `PlanTask`. Out: a small `Planned`; or, for whoever builds the book, its project and plan (`prepare`).
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from narrate import store
from narrate.library.job import Book
from narrate.library.outbox import Outbox, Published
from narrate.library.report import place_of
from narrate.plan import Action, Plan
from narrate.planning import make_plan
from narrate.project import Flags, Project, Request, open_project
from narrate.store import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTask:
    """Find out what there is to do for `book`. `flags` are the command line's, above all that the book says."""

    book: Book
    out: Place
    store: Place
    jobs: int
    flags: Flags

    @property
    def here(self) -> Path:
        """The folder of this machine that books are made in: `out` itself where that is one."""
        return self.out if isinstance(self.out, Path) else store.cache_root(self.out) / "outbox"


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What a build would do. `characters` are those to be spoken or encoded, each as often as it will be counted;
    `duration_s` is the published audio's, else an estimate."""

    title: str
    author: str
    folder: str
    action: Action
    reason: str
    characters: int
    duration_s: float
    warnings: tuple[str, ...]


def plan_book(task: PlanTask) -> Planned:
    """What there is to do for a book. Raises NarrateError."""
    project, plan, _ = prepare(task)
    before = project.record
    rate = project.config.mp3.sample_rate
    published_s = sum(each.frame_count for each in before.chapters) / rate if before else 0.0
    is_published = plan.publish is Action.UP_TO_DATE
    return Planned(
        title=project.metadata.title,
        author=project.metadata.author,
        folder=place_of(project.metadata),
        action=plan.publish,
        reason=plan.publish_reason,
        characters=sum(each.characters * (1 + len(each.encodes)) for each in plan.chapters if each.encodes),
        duration_s=published_s if is_published else sum(each.estimate_s for each in plan.chapters),
        warnings=plan.warnings,
    )


def prepare(task: PlanTask) -> tuple[Project, Plan, Published | None]:
    """The book's project and plan, and what is published of it behind an address. Raises NarrateError."""
    request = Request(
        source=task.book.source,
        out=task.here,
        flags={**task.book.overrides, **task.flags},
        defaults=task.book.defaults,
        store=task.store,
        jobs=task.jobs,
    )
    project = open_project(request)
    if isinstance(task.out, Path):
        return project, make_plan(project), None
    published = Outbox(task.out).published(place_of(project.metadata))
    before = published.record
    project = replace(project, record=before, choices=before.choices if before else ())
    return project, make_plan(project, sizes=published.sizes), published


def bring_near(task: PlanTask, project: Project, published: Published | None) -> None:
    """Let this machine have what a build takes over of a book that is published behind an address."""
    if published is None:
        return
    shutil.rmtree(project.folder, ignore_errors=True)  # what a build that was killed has left
    if published.record:
        assert isinstance(task.out, str)
        Outbox(task.out).bring(place_of(project.metadata), published, project.folder)
