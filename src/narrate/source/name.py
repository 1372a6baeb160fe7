"""Names of works and chapters: a file's name as a title, and titles without marks that nobody sees. Pure."""

import re
from pathlib import Path


def readable(path: Path) -> str:
    """`night-drive_2.txt` as `Night drive 2`; never empty."""
    stem = "".join(char if char.isprintable() else " " for char in path.stem)
    words = " ".join(re.sub(r"[-_+]+", " ", stem).split()) or stem.strip() or "Untitled"
    return words[0].upper() + words[1:]


_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufffd]")


def plain(title: str) -> str:
    """`title` without soft hyphens, marks of direction and other signs that would only be seen in a file's name."""
    return " ".join(_UNSEEN.sub("", title).split()) or title


def shown(text: object) -> str:
    """What somebody else wrote (a path, an address) as one printable line, for messages."""
    return "".join(char if char.isprintable() else "?" for char in str(text))
