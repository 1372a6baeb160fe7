"""`narrate feed`: the books of a folder as a podcast feed, beside them, for any static host."""

from pathlib import Path
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.streams import printable, remark

Shelf = Annotated[
    Path,
    typer.Argument(metavar="[FOLDER]", readable=False, help="Where the books are, or one book's folder."),
]
BaseUrl = Annotated[str, typer.Option("--base-url", help="The address that FOLDER will have.", show_default=False)]
Title = Annotated[str, typer.Option("--title", help="What a feed of several books is called.")]


def feed(
    base_url: BaseUrl,
    folder: Shelf = options.DEFAULT_OUT,
    title: Title = "Audiobooks",
    quiet: options.Quiet = False,
) -> None:
    """Write feed.xml, with chapters and transcripts, into a folder of books, to be put on any web host."""
    from narrate.podcast import write_feed
    from narrate.shelf import read_shelf

    shelf = read_shelf(folder)
    if not quiet:
        for warning in shelf.warnings:
            remark(f"warning: {printable(warning)}")
    print(write_feed(shelf, folder, base_url, title=title))
