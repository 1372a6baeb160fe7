"""Standard streams that the rest of the program can take for granted, whatever the caller did to them.

Touches the descriptors 0 to 2 of this process and nothing else. Imported before anything is opened.
"""

import io
import os
import sys
from typing import TextIO


def prepare() -> None:
    """Open what the caller closed, and let stdout write every name: one that its encoding lacks, by its numbers."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            # Else the next file opened would get this number, and a print meant for nobody would land in it.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        unicode = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if unicode else "backslashreplace")


def remark(line: str) -> None:
    """Print `line` on stderr. That nobody reads it, or that the disk behind it is full, is no reason to stop."""
    try:
        sys.stderr.write(f"{line}\n")  # in one call, which Ctrl-C cannot part
        sys.stderr.flush()
    except (OSError, ValueError):
        forget(sys.stderr)


def forget(stream: TextIO) -> None:
    """Send what `stream` still holds, and all that follows, to nowhere: it cannot be written any more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # a stream without a descriptor has nothing that could fail at exit


def printable(text: str) -> str:
    """`text` as one line that a terminal shows and does not obey: no control characters, no marks that reorder it."""
    # The two joiners carry meaning in Persian, in Indic scripts and between emoji.
    return "".join(char if char.isprintable() or char in "\u200c\u200d" else " " for char in text)
