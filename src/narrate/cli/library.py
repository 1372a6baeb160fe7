"""`narrate library`: a folder of documents in, a shelf of audiobooks out; on this machine or on many."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.library_progress import LibraryBars, LibraryLines, library_listener
from narrate.cli.output import columns, fitted, print_json, shortened, table, terminal_width
from narrate.cli.streams import printable, remark
from narrate.errors import ConfigError, LibraryError, NoBookError
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.library.job import Job
    from narrate.library.report import Entry, Report
    from narrate.library.running import Order
    from narrate.store import Place

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Many books at once.")

_MOST_ROWS = 200
_LONGEST_CELL = 60
_HEAD = ("source", "outcome", "audio", "why")
_BETWEEN = 6  # the spaces between them

Source = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER|LIST",
        help="A folder, a library.toml, or a file with one source a line (- for standard input).",
        show_default=False,
        readable=False,
    ),
]
Out = Annotated[
    str, typer.Option("--out", metavar="DIR|URL", help="Where books go, e.g. s3://bucket/books (audiobooks).")
]
StoreAt = Annotated[
    str,
    typer.Option(
        "--store", metavar="DIR|URL", help="Where spoken sentences are kept, e.g. s3://bucket/store (NARRATE_STORE)."
    ),
]
ClusterAt = Annotated[
    str, typer.Option("--cluster", metavar="ADDRESS", help="Work on Dask's workers, e.g. tcp://scheduler:8786.")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="PATTERN", help="Only these sources, e.g. 'german/*'; repeatable.")
]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Build at most so many books (0: all).")]
Player = Annotated[bool, typer.Option("--player", help="Write the player beside the books (local --out).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be built, and why; build nothing.")]


@app.command("build", short_help="Build every book of a folder or a list.")
def build(
    source: Source,
    out: Out = "",
    store: StoreAt = "",
    cluster: ClusterAt = "",
    only: Only = None,
    limit: Limit = 0,
    dry_run: DryRun = False,
    player: Player = False,
    voice: options.Voice = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    describe: options.Describe = None,
    jobs: options.Jobs = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    plain: options.Plain = False,
) -> None:
    """Build every book of a folder or a list: what is new or changed, past what is broken."""
    from narrate.library.job import read_job
    from narrate.library.running import Order
    from narrate.library.writing import add_player, check_out, check_player
    from narrate.process import cores
    from narrate.store import default_place

    job = read_job(source, out=_place(out))
    to = _place(out) or job.out or options.DEFAULT_OUT
    at = _place(store) or job.store or default_place()
    reached = cluster or job.cluster
    if reached and isinstance(at, Path):
        raise ConfigError(
            f"--cluster needs a store that its workers see, and {at} is a folder of this machine",
            hint="--store s3://…, or --store file:///… where every machine has that folder",
        )
    if not dry_run:
        check_out(to)
    if player:
        check_player(to)
    flags = {"voice": voice, "rate": rate, "pitch": pitch, "describe.mode": describe}
    order = Order(
        out=to,
        store=at,
        jobs=jobs or cores(),
        flags={name: value for name, value in flags.items() if value is not None},
        only=tuple(only or ()),
        limit=limit,
        dry_run=dry_run,
        cluster=_cluster(reached) if reached and not dry_run else None,
    )
    if not quiet:
        for each in job.remarks:
            remark(f"warning: {printable(each)}")
    report = _run(job, order, library_listener(quiet=quiet, plain=plain), quiet=quiet)
    if player and not dry_run:
        for warning in add_player(report, to):
            remark(f"warning: {printable(warning)}")
    print_json(report.summary()) if json else _print(report, quiet=quiet)
    _verdict(report)


def _run(job: "Job", order: "Order", progress: LibraryLines | LibraryBars, *, quiet: bool) -> "Report":
    """Build; when that is ended early, say what is done all the same."""
    from narrate.library.running import build_library
    from narrate.library.writing import keep_report

    kept: list[Report] = []

    def keep(report: "Report") -> None:
        kept.append(report)
        keep_report(report, order.out)

    try:
        report = build_library(job, order, progress, keep=keep)
    except BaseException:
        progress.closed()
        if kept and not quiet:
            remark(in_one_line(kept[0]))
        raise
    progress.closed()
    return report


def _cluster(address: str):  # type: ignore[no-untyped-def]
    from narrate.library.cluster import cluster

    return cluster(address)


def _place(text: str) -> "Place":
    return options.place(text) if text else ""


def _print(report: "Report", *, quiet: bool) -> None:
    from narrate.library.report import FINE

    shown = report.entries
    if len(shown) > _MOST_ROWS:
        shown = tuple(sorted(shown, key=lambda each: each.outcome in FINE))[:_MOST_ROWS]  # what failed first
    print(table(_HEAD, _rows(shown, terminal_width()), right=(2,)))
    if len(report.entries) > len(shown):
        print(f"… and {len(report.entries) - len(shown)} more: see --json")
    if not quiet:
        remark(in_one_line(report))


def _rows(entries: "Sequence[Entry]", width: int) -> list[list[str]]:
    """A row a book; in a terminal of `width` columns, as much of its name and of why as fits: all of it was said as it
    happened, and is in library.json."""
    rows = [
        [
            shortened(printable(each.name), _LONGEST_CELL),
            str(each.outcome),
            clock(each.duration_s) if each.duration_s else "",
            shortened(printable(each.reason), 2 * _LONGEST_CELL),
        ]
        for each in entries
    ]
    if not width:
        return rows
    widths = [max(columns(row[column]) for row in (_HEAD, *rows)) for column in range(3)]
    free = width - widths[1] - widths[2] - _BETWEEN
    of_name = min(widths[0], free // 2)
    return [[fitted(row[0], of_name), row[1], row[2], fitted(row[3], free - of_name)] for row in rows]


def in_one_line(report: "Report") -> str:
    """`12 books: 10 built, 1 unchanged, 1 failed; 93:10:05 of audio in 1:02:03, 2 tasks tried again`."""
    from narrate.library.report import Outcome

    counts = ", ".join(f"{report.count(each)} {each}" for each in Outcome if report.count(each))
    again = f", {report.retries} tasks tried again" if report.retries else ""
    return (
        f"{len(report.entries)} book{'s' * (len(report.entries) != 1)}: {counts or 'none'}; "
        f"{clock(report.duration_s)} of audio in {clock(report.wall_s)}{again}"
    )


def _verdict(report: "Report") -> None:
    """Raises LibraryError or NoBookError when books failed."""
    if not report.failed:
        return
    failed = [each for each in report.entries if each.outcome in ("failed", "quarantined")]
    first = f"{printable(failed[0].name)}: {failed[0].reason}"
    if len(failed) == len(report.entries):
        raise NoBookError(f"none of {len(failed)} books could be made; the first: {first}")
    raise LibraryError(f"{len(failed)} of {len(report.entries)} books could not be made; the first: {first}")


@app.command(
    "worker",
    short_help="Work for a library's build.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def worker(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The scheduler's, e.g. tcp://scheduler:8786.")],
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=1024, help="How many; default: the cores there are.")
    ] = None,
    memory: Annotated[str, typer.Option("--memory", metavar="SIZE", help="What each may use, e.g. 2GB.")] = "auto",
) -> None:
    """Work for a library's build: `dask worker`, one process a core. What follows -- goes to it."""
    from importlib.util import find_spec

    from narrate.process import cores

    if find_spec("distributed") is None:
        raise ConfigError("a worker needs Dask", hint="pip install 'narrate-road[cluster]'")
    from narrate.library.cluster import check_address
    from narrate.library.worker import work_for

    check_address(address)
    work_for(address, processes=processes or cores(), memory=memory, more=context.args)
