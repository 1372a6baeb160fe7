"""A shelf as a podcast on a disk: `feed.xml` and its companions, beside the books or where an export puts them."""

import shutil
from pathlib import Path

from narrate.errors import SourceError
from narrate.publish.feed import FILE, FOLDER, companions, feed
from narrate.publish.files import output_error, whole_file
from narrate.shelf import Shelf


def write_feed(shelf: Shelf, to: Path, base_url: str, *, title: str = "Audiobooks") -> Path:
    """Write the feed of the shelf's books into `to`, which `base_url` will lead to; returns its path.

    Companions of an earlier feed go. Raises SourceError when there is no book, ConfigError, OutputError.
    """
    if not shelf.books:
        reason = f": {shelf.warnings[0]}" if shelf.warnings else ""
        raise SourceError(f"{shelf.folder}: no book in it{reason}", hint="narrate build makes one")
    made = feed(shelf.books, base_url, place_of=shelf.place_of, title=title)
    old, new = to / FOLDER, to / f".{FOLDER}.part"
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for name, data in companions(shelf.books, shelf.place_of):
            path = new / Path(name).relative_to(FOLDER)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        shutil.rmtree(old, ignore_errors=True)
        new.replace(old)
    except OSError as error:
        raise output_error(error, to) from error
    with whole_file(to / FILE) as file:
        file.write(made)
    return to / FILE
