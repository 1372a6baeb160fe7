"""A finished release takes the place of the earlier one in one step; what the listener put beside it stays.

A release is written into a hidden *staging* folder beside its place. A lock file next to it, held with `flock`, says
that its owner lives. What can happen at any instant, and what `recover` then finds:

- killed while writing: a staging folder whose lock is free. It is removed.
- killed while swapping: the lock file holds a journal, written before the first rename: the staging folder's inode,
  and all names that are ours. Still that inode: nothing had happened yet, and it is removed. Another one: it is the
  earlier release; the listener's files in it are carried over and it is removed. Without an atomic exchange (some
  network file systems) the earlier release may have been moved aside already; then the new one takes its place.

Two builds of one book each have their own staging folder and write side by side. Only the swap itself is done by one at
a time, under a lock on the parent folder, and only if the book that it replaces is still the one that was planned with.
Touches the parent of the release's folder and what is in it under these names.
"""

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from narrate.errors import OutputError, OvertakenError
from narrate.publish.exchange import exchange
from narrate.publish.files import link_or_copy, output_error, sync_folder
from narrate.publish.manifest import published_files

try:
    import fcntl
except ImportError:  # Windows: staging folders of dead builds are left for the person to remove
    fcntl = None  # type: ignore[assignment]

_TRIES = 20
_PATIENCE_S = 60
"""Publishing takes milliseconds once the files are on the disk; whoever holds the lock for so long is stuck."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Journal:
    """What must be known to end a swap that was cut short: names are paths inside the release, with `/`."""

    inode: int
    ours: frozenset[str]


class Staging:
    """A folder to write a release for `final` into, in a `with` block; `publish` puts it in its place.

        with Staging(final) as stage:
            ...                                 # write below stage.folder
            stage.publish(replaces=names)

    Without `publish`, or when the block raises before it, nothing of it remains and `final` is as it was.
    Raises OutputError when `final` is no folder or its parent cannot be written.
    """

    def __init__(self, final: Path) -> None:
        # A link that the listener made to another disk stays a link; what it leads to is replaced.
        self.final = final.resolve() if final.is_symlink() else final.absolute()
        self.folder: Path
        self._lock: Path
        self._handle: int
        self._journal: _Journal | None = None
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        try:
            if self.final.exists() and not self.final.is_dir():
                raise OutputError(f"{self.final}: is a file, and the book needs a folder of that name")
            self._made = _make_folders(self.final.parent)
            recover(self.final)
            self._lock, self._handle = _new_lock(self.final)
            self.folder = _staged(self._lock)
            self.folder.mkdir()
        except BaseException as error:  # Ctrl-C too must leave nothing
            if hasattr(self, "_lock"):
                with contextlib.suppress(OSError):
                    _settle(self._lock, self.final, None)
            self._forget()
            if isinstance(error, OSError):
                raise output_error(error, self.final) from error
            raise
        return self

    def publish(self, *, replaces: Collection[str] = (), still: Callable[[], bool] = lambda: True) -> None:
        """Let the staging folder take the place of `final`, durably, the listener's own files in it.

        Ours in the earlier release are what `replaces` names (paths inside it, with `/`) and what its manifest lists;
        everything else is carried over, under another name if the new release needs its own. `still` is asked, while no
        other build can publish, whether `final` is what it is expected to be. Raises OvertakenError when it is not,
        OutputError when the disk fails, and then `final` is as it was; what goes wrong later, while the earlier release
        is removed, is left to the next build.
        """
        new = frozenset(map(_composed, _files(self.folder)))
        try:
            _sync(self.folder)
            with _alone(self.final):
                if not still():
                    raise overtaken(self.final)
                earlier = published_files(self.final) | frozenset(map(_composed, replaces))
                if self.final.is_dir():
                    _carry(self.final, self.folder, ours=earlier, rename=True)
                    _sync_folders(self.folder)
                    with contextlib.suppress(OSError):
                        self.folder.chmod(stat.S_IMODE(self.final.stat().st_mode))
                self._journal = _Journal(inode=self.folder.stat().st_ino, ours=earlier | new)
                _write_journal(self._handle, self._journal)
                sync_folder(self.final.parent)
                _swap(self.folder, self.final, aside=_aside(self._lock))
                sync_folder(self.final.parent)
        except OSError as error:
            raise output_error(error, self.final) from error

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            _settle(self._lock, self.final, self._journal)
        self._forget()

    def _forget(self) -> None:
        if hasattr(self, "_handle"):
            os.close(self._handle)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()  # only when nothing was published in it


def recover(final: Path) -> None:
    """End what dead builds of `final` left behind; leave alone what belongs to living ones. Never raises."""
    if fcntl is None:
        return
    final = final.resolve() if final.is_symlink() else final.absolute()
    pattern = re.compile(re.escape(_stem(final)) + r"[0-9a-f]{16}\.lock")
    try:
        locks = [path for path in final.parent.iterdir() if pattern.fullmatch(path.name)]
    except OSError:
        return
    for lock in sorted(locks):
        # Whatever fails here is tried again by the next build; a living owner's lock fails at once.
        with contextlib.suppress(OSError):
            handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_nlink:
                    _settle(lock, final, _read_journal(handle))
            finally:
                os.close(handle)


def _settle(lock: Path, final: Path, journal: _Journal | None) -> None:
    """Bring the swap that `lock` stands for to its end or undo it, and remove its traces. Raises OSError."""
    folder, aside = _staged(lock), _aside(lock)
    if journal is not None:
        if aside.is_dir() and not final.exists():
            (folder if _is(folder, journal.inode) else aside).rename(final)
        for earlier in (aside, folder):
            if earlier.is_dir() and final.is_dir() and not _is(earlier, journal.inode):
                _carry(earlier, final, ours=journal.ours, rename=False)
    for rest in (folder, aside):
        if rest.is_dir():
            shutil.rmtree(rest)
    lock.unlink(missing_ok=True)


def _swap(new: Path, final: Path, *, aside: Path) -> None:
    """Rename `new` to `final`; what stood there is then at `new`, or `aside` where nothing can be exchanged."""
    for attempt in range(_TRIES):
        try:
            if not final.exists():
                new.rename(final)
            elif not exchange(new, final):
                final.rename(aside)
                try:
                    new.rename(final)
                except OSError:
                    aside.rename(final)
                    raise
            return
        except OSError as error:
            # Another build of the same book came or went between the look and the step.
            raced = error.errno in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST)
            if not raced or not new.exists() or attempt == _TRIES - 1:
                raise


def _carry(source: Path, target: Path, *, ours: Collection[str], rename: bool) -> None:
    """Bring the files of `source` that are not `ours` into `target`; where a name is taken, `rename` or leave them."""
    for name in _files(source):
        if _composed(name) in ours:
            continue
        to = target / name
        if os.path.lexists(to):
            if not rename or _same(source / name, to):
                continue
            to = _free_name(to)
        to.parent.mkdir(parents=True, exist_ok=True)
        _link(source / name, to)


def _link(source: Path, to: Path) -> None:
    kind = source.lstat().st_mode
    if stat.S_ISLNK(kind):
        to.symlink_to(source.readlink())
    elif stat.S_ISREG(kind):
        link_or_copy(source, to)


def _free_name(path: Path) -> Path:
    """`Name (kept).mp3`, `Name (kept 2).mp3` and so on: the first that is free."""
    count = 1
    while True:
        free = path.with_name(f"{path.stem} (kept{f' {count}' if count > 1 else ''}){path.suffix}")
        if not os.path.lexists(free):
            return free
        count += 1


def _composed(name: str) -> str:
    # macOS may give names back decomposed.
    return unicodedata.normalize("NFC", name)


def _same(one: Path, other: Path) -> bool:
    return not one.is_symlink() and not other.is_symlink() and one.samefile(other)


def _files(folder: Path) -> Iterator[str]:
    """Everything in `folder` that is no folder, as paths inside it with `/`, in a fixed order."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(where, name).is_symlink()]
        for name in sorted([*files, *links]):
            yield PurePosixPath(Path(where, name).relative_to(folder)).as_posix()


def overtaken(final: Path) -> OvertakenError:
    """What to raise when the book at `final` is not the one any more that a build was planned with."""
    return OvertakenError(f"{final}: another build has published meanwhile", hint="run it again")


@contextlib.contextmanager
def _alone(final: Path) -> Iterator[None]:
    """While no other build publishes a book beside `final`. Raises OutputError when one does so for _PATIENCE_S.

    Where the file system has no locks on folders, two builds that publish at the same instant are not kept apart.
    """
    handle = -1
    try:
        if fcntl is not None:
            handle = os.open(final.parent, os.O_RDONLY | os.O_CLOEXEC)
            _wait_for_lock(handle, final)
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _wait_for_lock(handle: int, final: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = f"{final.parent}: another program has held this folder locked for {_PATIENCE_S} s"
                raise OutputError(message, hint="end it, then try again") from None
            time.sleep(0.01)
        except OSError:
            return


def _sync(folder: Path) -> None:
    """Bring all files and folders to the disk."""
    for name in _files(folder):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    _sync_folders(folder)


def _sync_folders(folder: Path) -> None:
    for where, _, _ in os.walk(folder):
        sync_folder(Path(where))


def _make_folders(folder: Path) -> list[Path]:
    """Make `folder` and what is missing above it; returns what was made, from above."""
    missing = []
    at = folder
    while not at.exists():
        missing.append(at)
        at = at.parent
    if not at.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{at.name} is a file", str(at))
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _stem(final: Path) -> str:
    return f".{os.fsdecode(os.fsencode(final.name)[:150])}."


def _staged(lock: Path) -> Path:
    return lock.with_name(lock.name.removesuffix("lock") + "building")


def _aside(lock: Path) -> Path:
    return lock.with_name(lock.name.removesuffix("lock") + "earlier")


def _is(folder: Path, inode: int) -> bool:
    return folder.is_dir() and folder.stat().st_ino == inode


def _new_lock(final: Path) -> tuple[Path, int]:
    """A new lock file that this process holds for as long as it lives. Raises OSError."""
    while True:
        path = final.with_name(f"{_stem(final)}{secrets.token_hex(8)}.lock")
        handle = -1
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
            if fcntl is None or _is_held(handle):
                return path, handle
        except BaseException:  # Ctrl-C may come while the file is made, and is told before there is a handle
            path.unlink(missing_ok=True)
            if handle >= 0:
                os.close(handle)
            raise
        os.close(handle)


def _is_held(handle: int) -> bool:
    """Lock a file that was just made; False when `recover` of another build was faster: it removes it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: nobody can take it for dead either
    return os.fstat(handle).st_nlink > 0


def _write_journal(handle: int, journal: _Journal) -> None:
    data = json.dumps({"inode": journal.inode, "ours": sorted(journal.ours)}).encode()
    os.lseek(handle, 0, os.SEEK_SET)
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)


def _read_journal(handle: int) -> _Journal | None:
    """The journal, or None when there is none: one that is cut short was never acted on."""
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        try:
            entries = json.loads(file.read())
            return _Journal(inode=int(entries["inode"]), ours=frozenset(map(str, entries["ours"])))
        except (ValueError, KeyError, TypeError):
            return None
