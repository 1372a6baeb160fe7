"""`narrate player`: a page to listen from, beside the books, for any static host, a phone or a disk."""

from pathlib import Path
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json
from narrate.cli.streams import printable, remark

Shelf = Annotated[
    Path,
    typer.Argument(metavar="[FOLDER]", readable=False, help="Where the books are (audiobooks), or one book's folder."),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="DIR",
        readable=False,
        help="Another folder, with a copy of the sound; default: beside the books.",
    ),
]


def player(
    folder: Shelf = options.DEFAULT_OUT, to: To = None, quiet: options.Quiet = False, json: options.Json = False
) -> None:
    """Write a player for the browser: works from any static host and from the disk."""
    from narrate.errors import SourceError
    from narrate.publish.player.folder import write_player
    from narrate.shelf import ShelfBook, read_shelf

    shelf = read_shelf(folder)
    if not shelf.books:
        reason = f": {shelf.warnings[0]}" if shelf.warnings else ""
        raise SourceError(f"{folder}: no book in it{reason}", hint="narrate build makes one")

    def advanced(book: ShelfBook) -> None:
        if not quiet:
            remark(f"ready: {printable(book.title)}")

    made = write_player(shelf, to or folder, advanced)
    if not quiet:
        for warning in made.warnings:
            remark(f"warning: {printable(warning)}")
    if json:
        print_json({"index": str(made.index), "books": len(made.books), "warnings": list(made.warnings)})
    else:
        print(made.index)
