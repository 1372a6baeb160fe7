"""`narrate serve`: the player, the files and the feed over HTTP, on this machine or in the home's network."""

import sys
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.player import Shelf
from narrate.cli.signals import INTERRUPTED
from narrate.cli.streams import printable, remark

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen (8274); 0: any free port.")]
Lan = Annotated[bool, typer.Option("--lan", help="Let other devices of this network in, by an address with a token.")]


def serve(folder: Shelf = options.DEFAULT_OUT, lan: Lan = False, port: Port = 8274) -> None:
    """Listen in the browser: serve a folder of books until Ctrl-C."""
    from narrate.errors import OutputError
    from narrate.serve import positions, server
    from narrate.serve.access import Access
    from narrate.serve.app import make_app
    from narrate.serve.books import Books

    try:
        kept = positions.Positions(positions.default_file())
    except OutputError as error:
        remark(f"warning: {printable(str(error))}")
        kept = None
    books = Books(folder, sync=kept is not None)
    for warning in books.warnings:
        remark(f"warning: {printable(warning)}")
    access = Access.by_token() if lan else Access()
    host = server.own_address() if lan else "127.0.0.1"
    with server.listen("0.0.0.0" if lan else host, port) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}/"
        feed = f"{address}feed.xml"
        if access.token:
            feed = f"{address}~{access.token}/feed.xml"
            address += f"?token={access.token}"
            _print_code(address)
        print(address, flush=True)
        remark(f"for a podcast app: {feed}")
        remark(f"{len(books)} book{'s' * (len(books) != 1)}; Ctrl-C ends")
        try:
            server.run(make_app(books, kept, access), listening)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


def _print_code(address: str) -> None:
    """The address as a QR code, where there is a terminal that has blocks to draw it with."""
    import segno

    if sys.stdout.isatty() and (sys.stdout.encoding or "").lower().startswith("utf"):
        segno.make(address, error="m").terminal(compact=True)
