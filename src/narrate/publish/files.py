"""Writing to a disk that may be full, read-only or gone: whole files or none, and one clear line when it fails."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from narrate.errors import OutputError

_HINTS = {
    errno.ENOSPC: "free some space, or choose another folder",
    errno.EDQUOT: "your quota is used up: free some space, or choose another folder",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "that file system is read-only: choose another folder",
    errno.EXDEV: "the folder is a mount point: choose a folder inside it",
    errno.EBUSY: "the folder is in use or a mount point: choose a folder inside it",
    errno.ENOENT: "the folder vanished while it was written",
    errno.ENAMETOOLONG: "choose a folder with a shorter name",
}


def output_error(error: OSError, path: Path) -> OutputError:
    """What to tell the person about `error`, which happened on `path`."""
    reason = error.strerror or type(error).__name__
    return OutputError(f"{path}: cannot be written: {reason}", hint=_HINTS.get(error.errno or 0, ""))


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the name `path` only when it is complete and on the disk.

    When the block raises, nothing new remains and an earlier file of that name stays as it was.
    Raises OutputError when the file cannot be written.
    """
    # Half of the longest name there is: together with the rest it stays below 255 bytes.
    part = path.with_name(f".{os.fsdecode(os.fsencode(path.name)[:100])}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise output_error(error, path) from error
        raise


def link_or_copy(source: Path, to: Path) -> None:
    """Give the file another name; or copy it, where the file system has no hard links (FAT, some network ones)."""
    try:
        os.link(source, to)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, to)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut, where the system can do that. Raises OSError."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems cannot do this for a folder; nothing is wrong with the files then.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)
