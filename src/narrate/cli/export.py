"""`narrate export`: a finished book into a folder for a car, a phone, Audiobookshelf or a podcast's host."""

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.finding import Book, project_of

To = Annotated[Path, typer.Option("--to", metavar="DIR", readable=False, help="Where it goes.", show_default=False)]
For = Annotated[str, typer.Option("--for", metavar="WHOM", help="car, phone, audiobookshelf or podcast.")]
PartLength = Annotated[str | None, typer.Option("--part", help="Parts of about this length: 25m, 1h.")]
Announce = Annotated[bool, typer.Option("--announce", help="Say “Chapter 4 of 12” before each file.")]
NoDescriptions = Annotated[
    bool, typer.Option("--no-descriptions", help="Without pictures and tables; needs the document.")
]
BaseUrl = Annotated[str, typer.Option("--base-url", help="For a podcast: the address that DIR will have.")]

_LENGTH = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,4})m(?:in)?)?(?:(\d{1,5})s)?")


def export(
    book: Book,
    to: To,
    target: For = "car",
    part: PartLength = None,
    announce: Announce = False,
    no_descriptions: NoDescriptions = False,
    base_url: BaseUrl = "",
    out: options.Out = options.DEFAULT_OUT,
    store: options.StoreDir = None,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
    plain: options.Plain = False,
) -> None:
    """Put a finished book where it will be listened to."""
    from narrate.cli.progress import listener
    from narrate.errors import ConfigError
    from narrate.export import narrator
    from narrate.export.delivery import ExportOptions
    from narrate.export.delivery import export as put
    from narrate.export.variant import without_descriptions
    from narrate.shelf import read_book

    wanted = ExportOptions(part_s=_seconds(part), announce=announce, base_url=base_url)
    request = options.request(book, out, {}, store, jobs)
    if isinstance(book, Path) and book.is_dir():
        if no_descriptions:
            raise ConfigError(
                "--no-descriptions needs the document, not the book's folder", hint="narrate export essay.md …"
            )
        print(put(read_book(book), to, target, options=wanted, announcer=partial(narrator.of_book, request.store)))
        return
    project = project_of(request)
    speaker = partial(narrator.of_project, project)
    if not no_descriptions:
        print(put(read_book(project.folder), to, target, options=wanted, announcer=speaker))
        return
    progress = listener(quiet=quiet, plain=plain)
    with tempfile.TemporaryDirectory(prefix="narrate-export-") as folder:
        try:
            made = without_descriptions(project, Path(folder), progress)
        finally:
            progress.ended()
        print(put(read_book(made), to, target, options=wanted, announcer=speaker))


def _seconds(text: str | None) -> float | None:
    from narrate.errors import ConfigError

    if text is None:
        return None
    found = _LENGTH.fullmatch(text.strip().lower().replace(" ", ""))
    if found is None or not any(found.groups()):
        raise ConfigError(f"--part: not a length: {text!r}", hint="say 25m, 90s or 1h30m")
    hours, minutes, seconds = (float(each or 0) for each in found.groups())
    return 3600 * hours + 60 * minutes + seconds
