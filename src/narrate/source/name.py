"""A file's name as a title, for a work that has none of its own."""

import re
from pathlib import Path


def readable(path: Path) -> str:
    """`night-drive_2.txt` as `Night drive 2`; never empty."""
    stem = "".join(char if char.isprintable() else " " for char in path.stem)
    words = " ".join(re.sub(r"[-_+]+", " ", stem).split()) or stem.strip() or "Untitled"
    return words[0].upper() + words[1:]
