"""A finished book as a person names it: by its folder, or by the document that it was built from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.source.location import Location, located

if TYPE_CHECKING:
    from narrate.project import Project, Request

    Book = Path | Location
else:  # Typer knows no unions
    Book = Annotated[
        Path,
        typer.Argument(
            help="A book's folder, or the document that it was built from.",
            metavar="BOOK",
            parser=located,
            show_default=False,
        ),
    ]


def published(book: Path | Location, out: Path) -> Path:
    """The folder of a finished book; `out` is where documents' books are.

    Raises SourceError when a document was not built yet, or cannot be read any more, and ConfigError for its settings.
    """
    if isinstance(book, Path) and book.is_dir():
        return book
    return project_of(options.request(book, out, {}, None)).folder


def project_of(request: "Request") -> "Project":
    """The project of a document's finished book, as it was built. Raises as `published` does."""
    from narrate import pipeline
    from narrate.errors import SourceError

    project = pipeline.open_project(request, as_built=True)
    if project.record is None:
        raise SourceError(f"{request.source}: not built yet", hint=f"first: narrate build {request.source}")
    return project
