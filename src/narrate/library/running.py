"""A library's build: all books planned, those that need it built side by side, the rest left; and a report of each.

In: a `Job`, and where its tasks run. Out: a `Report`. A book that is broken, or that kills whoever works at it, is
named in the report and takes no other with it. When the run is ended early, what is done is reported all the same.
"""

import filecmp
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from narrate.building import Building, Ended, build_together
from narrate.errors import NarrateError, OvertakenError, SourceError, WorkersDiedError
from narrate.library.job import Book, Job, matches
from narrate.library.outbox import Outbox
from narrate.library.preparing import Planned, PlanTask, bring_near, plan_book, prepare
from narrate.library.report import Entry, Outcome, Report
from narrate.pipeline import Housekeeping
from narrate.plan import Action, ChapterPlan, Plan
from narrate.pool import Crew, workers
from narrate.project import Flags
from narrate.speech import SpeechOptions
from narrate.store import Place, limit_bytes, open_store

_TRIES = 3
"""How often a book is planned anew because others publish it meanwhile."""

_MOST_UPLOADS = 4


class Progress(Protocol):
    """Who hears how far a library's build is. Called in the building process, often; quick, and never raises."""

    def planned(self, done: int, total: int) -> None:
        """So many of the books are planned."""

    def started(self, books: int, characters: int) -> None:
        """So many books are to be built; `characters` in all, each counted as often as it is worked on."""

    def opened(self, name: str, characters: int) -> None:
        """A book is under way."""

    def advanced(self, name: str, characters: int) -> None:
        """So many more characters of it are done."""

    def ended(self, entry: Entry) -> None:
        """What became of a book."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """Workers elsewhere: how to reach them, how many tasks they want, how many tasks they have lost so far."""

    open: Callable[[], Executor]
    room: Callable[[], int]
    lost: Callable[[], int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a person asks of a library's build. `only` are patterns of sources' names, `limit` the most books to build
    (0: all); `flags` settings above all others."""

    out: Place
    store: Place
    jobs: int
    flags: Flags = field(default_factory=dict)
    only: tuple[str, ...] = ()
    limit: int = 0
    dry_run: bool = False
    cluster: Cluster | None = None


def build_library(job: Job, order: Order, progress: Progress, *, keep: Callable[[Report], None]) -> Report:
    """Plan all, build what is new or changed. `keep` is given the report, also when the run is ended early.

    Raises NarrateError only for what concerns the whole: no worker, no scheduler, no book that `only` fits. Books' own
    errors are in the report.
    """
    run = _Run(job, order, progress)
    try:
        run.plan()
        if not order.dry_run:
            run.build()
    finally:
        report = run.report()
        if not order.dry_run:
            keep(report)
    return report


class _Run:
    def __init__(self, job: Job, order: Order, progress: Progress) -> None:
        self._order = order
        self._progress = progress
        self._began = time.monotonic()
        books = [each for each in job.books if not order.only or matches(each.name, order.only)]
        if not books:
            raise SourceError(f"--only {' '.join(order.only)}: fits none of {len(job.books)} books")
        self._tasks = {each.name: self._task(each) for each in books}
        self._planned: dict[str, Planned] = {}
        self._entries: dict[str, Entry] = {}

    def _task(self, book: Book) -> PlanTask:
        order = self._order
        return PlanTask(book=book, out=order.out, store=order.store, jobs=order.jobs, flags=order.flags)

    # --- planning

    def plan(self) -> None:
        """Find out for each book what there is to do; on this machine's cores, which see the sources."""
        waiting = deque(self._tasks.values())
        done = 0
        with Crew(self._here(), room=2 * self._order.jobs) as crew:
            while waiting or not crew.is_idle:
                while waiting and crew.has_room:
                    task = waiting.popleft()
                    crew.submit(plan_book, task, tag=task.book.name)
                for each in crew.results():
                    done += 1
                    self._progress.planned(done, len(self._tasks))
                    if each.error:
                        self._failed(each.tag, each.error, retries=each.tries - 1)
                    else:
                        self._planned[each.tag] = each.result
        self._part_doubles()

    def _part_doubles(self) -> None:
        """Of several sources that would publish to the same place, the first by name does."""
        places: dict[str, str] = {}
        for name in sorted(self._planned):
            folder = self._planned[name].folder
            first = places.setdefault(folder.casefold(), name)
            if first != name and _are_the_same(self._tasks[first].book, self._tasks[name].book):
                self._end(name, Outcome.DUPLICATE, reason=f"the same as {first}")
            elif first != name:
                message = f"has the same author and title as {first}"
                self._failed(name, NarrateError(message, hint="give one of them another title"))

    def _here(self) -> Callable[[], Executor]:
        return partial(workers, self._order.jobs, SpeechOptions(), apart=True)

    def _to_build(self) -> list[str]:
        names = []
        for name in sorted(self._planned):
            planned = self._planned[name]
            if name in self._entries:
                continue
            if planned.action is Action.UP_TO_DATE:
                self._end(name, Outcome.UNCHANGED, duration_s=planned.duration_s)
            else:
                names.append(name)
        most = self._order.limit or len(names)
        for name in names[most:]:
            self._end(name, Outcome.TO_BUILD, reason="beyond --limit")
        return names[:most]

    # --- building

    def build(self) -> None:
        """Build what needs it, several books at a time."""
        names = self._to_build()
        self._progress.started(len(names), sum(self._planned[name].characters for name in names))
        if not names:
            return
        cluster = self._order.cluster
        with ExitStack() as stack:
            uploads = stack.enter_context(_Uploads(self._order.out, self._uploaded))
            site = (cluster.open, cluster.room) if cluster else (self._here(), 2 * self._order.jobs)
            crew = stack.enter_context(Crew(site[0], room=site[1]))
            self._again = deque(names)
            self._tries = dict.fromkeys(names, 0)
            self._since: dict[str, float] = {}
            for ended in build_together(self._books(), crew):
                self._take(ended, uploads)
        open_store(self._order.store).evict(limit_bytes())

    def _books(self) -> Iterator[Building]:
        while self._again:
            name = self._again.popleft()
            task = self._tasks[name]
            self._since.setdefault(name, time.monotonic())
            try:
                project, plan, published = prepare(task)
                if plan.publish is Action.UP_TO_DATE:
                    self._end(name, Outcome.UNCHANGED, duration_s=self._planned[name].duration_s)
                    continue
                bring_near(task, project, published)
            except Exception as error:
                self._failed(name, error)
                continue
            listener = _Listener(name, self._progress)
            housekeeping = Housekeeping(listener, self._order.store)
            yield Building(project, plan, housekeeping, elsewhere=self._order.cluster is not None, name=name)

    def _take(self, ended: Ended, uploads: "_Uploads") -> None:
        name = ended.book.name
        retries = ended.book.retries
        if isinstance(ended.error, OvertakenError) and self._tries[name] < _TRIES:
            self._tries[name] += 1
            self._again.append(name)
        elif ended.error:
            self._failed(name, ended.error, retries=retries)
        else:
            release = ended.made()
            entry = self._entry(
                name,
                Outcome.BUILT,
                duration_s=release.duration_s,
                retries=retries,
                reason=self._planned[name].reason,
            )
            uploads.add(release.folder, entry)

    def _uploaded(self, entry: Entry, error: Exception | None) -> None:
        if error:
            self._failed(entry.name, error, retries=entry.retries)
        else:
            self._keep(replace(entry, wall_s=time.monotonic() - self._since[entry.name]))

    # --- reporting

    def report(self) -> Report:
        """What is known now; books that nothing is known of are still to be built."""
        entries = []
        for name in sorted(self._tasks):
            entry = self._entries.get(name)
            if entry is None:
                planned = self._planned.get(name)
                is_fine = planned is not None and planned.action is Action.UP_TO_DATE
                reason = planned.reason if planned else "not reached"
                outcome = Outcome.UNCHANGED if is_fine else Outcome.TO_BUILD
                entry = self._entry(name, outcome, reason=reason, duration_s=planned.duration_s if planned else 0.0)
            entries.append(entry)
        cluster = self._order.cluster
        return Report(
            out=str(self._order.out),
            entries=tuple(entries),
            wall_s=time.monotonic() - self._began,
            lost=cluster.lost() if cluster else 0,
        )

    def _entry(
        self, name: str, outcome: Outcome, *, reason: str = "", duration_s: float = 0.0, retries: int = 0
    ) -> Entry:
        planned = self._planned.get(name)
        return Entry(
            name=name,
            outcome=outcome,
            title=planned.title if planned else "",
            author=planned.author if planned else "",
            folder=planned.folder if planned else "",
            reason=reason,
            duration_s=duration_s,
            retries=retries,
            characters=planned.characters if planned else 0,
            warnings=planned.warnings if planned else (),
        )

    def _end(self, name: str, outcome: Outcome, *, reason: str = "", duration_s: float = 0.0) -> None:
        self._keep(self._entry(name, outcome, reason=reason, duration_s=duration_s))

    def _failed(self, name: str, error: Exception, *, retries: int = 0) -> None:
        outcome = Outcome.QUARANTINED if isinstance(error, WorkersDiedError) else Outcome.FAILED
        reason = str(error) if isinstance(error, NarrateError) else f"{type(error).__name__}: {error}"
        for known in (str(self._tasks[name].book.source), Path(name).name):  # the report names the book anyway
            reason = reason.removeprefix(f"{known}: ")
        if isinstance(error, NarrateError) and error.hint:
            reason += f" ({error.hint})"
        self._keep(self._entry(name, outcome, reason=" ".join(reason.split()), retries=retries))

    def _keep(self, entry: Entry) -> None:
        self._entries[entry.name] = entry
        self._progress.ended(entry)


def _are_the_same(one: Book, other: Book) -> bool:
    """Whether two books are the same file, or files of the same bytes."""
    if not (isinstance(one.source, Path) and isinstance(other.source, Path)):
        return False
    with suppress(OSError):
        return filecmp.cmp(one.source, other.source, shallow=False)
    return False


class _Listener:
    """What one book's build says, told under its name."""

    def __init__(self, name: str, progress: Progress) -> None:
        self._name = name
        self._progress = progress

    def started(self, plan: Plan) -> None:
        """See `building.Progress`."""
        total = sum(each.characters * (1 + len(each.encodes)) for each in plan.chapters if each.encodes)
        self._progress.opened(self._name, total)

    def advanced(self, _chapter: ChapterPlan, characters: int) -> None:
        """See `building.Progress`."""
        self._progress.advanced(self._name, characters)

    def finished(self, chapter: ChapterPlan, file: Path) -> None:
        """Nothing: a library's listener hears of whole books."""


class _Uploads:
    """Finished books on their way to where they are published, a few at a time, beside the building of others.

    Where that is a folder of this machine they are there already.
    """

    def __init__(self, out: Place, done: Callable[[Entry, Exception | None], None]) -> None:
        self._outbox = None if isinstance(out, Path) else Outbox(out)
        self._done = done
        self._running: dict[Future[None], Entry] = {}
        self._threads = ThreadPoolExecutor(2)

    def __enter__(self) -> "_Uploads":
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=error[0] is not None)
        self._settle(most=0)

    def add(self, folder: Path, entry: Entry) -> None:
        """Send the book in `folder`, and tell `done`; waits when too many are under way."""
        if self._outbox is None:
            self._done(entry, None)
            return
        self._running[self._threads.submit(_send, self._outbox, folder, entry.folder)] = entry
        self._settle(most=_MOST_UPLOADS)

    def _settle(self, *, most: int) -> None:
        for future in list(self._running):
            if future.done() or len(self._running) > most:
                entry = self._running.pop(future)
                if not future.cancelled():
                    error = future.exception()
                    self._done(entry, error if isinstance(error, Exception) else None)


def _send(outbox: Outbox, book: Path, folder: str) -> None:
    outbox.publish(book, folder)
    shutil.rmtree(book, ignore_errors=True)
