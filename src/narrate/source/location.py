"""Sources that are no files: `-` for standard input, and addresses. Touches nothing.

What is asked of a source's Path (its folder for settings, its stem, how it is shown) can be asked of a Location too.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class Location:
    """A source that is no file, as it was given. Its settings are looked for in the current folder."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def is_standard_input(self) -> bool:
        return self.text == "-"

    @property
    def parent(self) -> Path:
        """The folder that paths in settings count from."""
        return Path()

    @property
    def stem(self) -> str:
        return self.name.stem

    @property
    def name(self) -> Path:
        """What its title is made of when it says none: an address's last part, else its host. No such file exists."""
        if self.is_standard_input:
            return Path("standard-input")
        try:
            parts = urlsplit(self.text)
            last = PurePosixPath(unquote(parts.path)).name.replace("\0", "").replace("\\", "") or parts.hostname
        except ValueError:
            last = ""
        return Path(last or "untitled")


def located(text: str) -> Path | Location:
    """What a person means by `text`: standard input, an address, or a file. Nothing is looked up."""
    return Location(text) if text == "-" or _ADDRESS.match(text) else Path(text)
