"""Files behind an address (`s3://bucket/prefix`, `sftp://host/folder`, `file:///mnt/share`), by way of fsspec.

In: an address, and names below it with `/`. Out: bytes, sizes. Every call is tried again when the other side falters,
and ends: in an answer, or in an OutputError. A file gets its name only when it is whole: object stores work so by
themselves; elsewhere it is written beside its name and renamed. Credentials are found where the backend's own library
looks for them.
"""

import os
import random
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from narrate.errors import ConfigError, OutputError

T = TypeVar("T")

TRIES = 6
"""How often a call is tried. With one call in twenty failing, one in 64 million comes to nothing."""

_FIRST_WAIT_S = 0.1  # doubled each time, and spread, so that a hundred workers don't come back at one instant
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory"})
"""Where an upload that is cut short leaves nothing: object stores."""

_SSH = frozenset({"sftp", "ssh"})
_SSH_PORT = 22
_SILENCE_S = 60  # of the other side, over SFTP, before a call is tried again
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "sftp": "sftp", "ssh": "sftp"}
_PATTERN = frozenset("*?[")
_FINAL = (PermissionError, NotADirectoryError, IsADirectoryError, ValueError, TypeError)


def remote(address: str) -> "Remote":
    """The files below `address`, by the one connection to it that this process has: see `Remote`."""
    return _of_process(address, os.getpid())


@cache
def _of_process(address: str, _process: int) -> "Remote":
    return Remote(address)  # a connection, and its threads, don't survive a fork


class Remote:
    """The files below `address`. Raises ConfigError when nothing here can reach such an address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._protocol = address.partition("://")[0]
        self._is_whole = self._protocol in _WHOLE
        self._system, self._root = _connected(self._protocol, self.address)
        # paramiko gives one thread's answer to another; who asked waits for ever.
        self._turn: AbstractContextManager[object] = Lock() if self._protocol in _SSH else nullcontext()

    def read(self, name: str) -> bytes | None:
        """The file's data; None when there is none."""
        return self.read_all([name]).get(name)

    def read_all(self, names: Collection[str]) -> dict[str, bytes]:
        """The data of those files that exist, fetched side by side where the backend can do that."""
        found: dict[str, bytes] = {}
        left = list(names)

        def attempt() -> None:
            nonlocal left
            paths = [self._path(name) for name in left]
            answers = self._cat(paths) if paths else {}
            again: list[str] = []
            mishap: BaseException | None = None
            for name, path in zip(left, paths, strict=True):
                answer = _of(answers, path)
                if isinstance(answer, bytes):
                    found[name] = answer
                elif not isinstance(answer, FileNotFoundError):
                    again.append(name)
                    mishap = answer if isinstance(answer, BaseException) else OSError(f"{name}: no answer")
            left = again
            if mishap:
                raise mishap

        self._insist(attempt)
        return found

    def write_all(self, files: Mapping[str, bytes]) -> None:
        """Write these files, side by side where the backend can do that."""
        if not self._is_whole:
            for name, data in files.items():
                self._place(name, partial(self._pipe, data))
            return
        try:
            self._system.pipe({self._path(name): data for name, data in files.items()})
        except Exception:  # nobody says which of them: each once more, by itself, or all would hardly ever succeed
            for name, data in files.items():
                self._insist(partial(self._pipe, data, self._path(name)))

    def upload(self, file: Path, name: str) -> None:
        """Write what `file` holds, a part at a time."""
        if self._is_whole:
            self._insist(lambda: self._system.put_file(str(file), self._path(name)))
        else:
            self._place(name, lambda path: self._system.put_file(str(file), path))

    def download(self, name: str, file: Path) -> None:
        """Bring a file here. Raises OutputError when there is none."""
        self._insist(lambda: self._system.get_file(self._path(name), str(file)))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return bool(self._insist(lambda: self._system.exists(self._path(name))))

    def sizes(self, folder: str) -> dict[str, int]:
        """All files below `folder`, their names in it and their sizes in bytes."""
        root = self._path(folder)
        try:
            listed = self._insist(lambda: self._system.find(root, detail=True))
        except FileNotFoundError:
            return {}
        return {path.partition(root)[2].lstrip("/"): int(info["size"]) for path, info in listed.items()}

    def remove(self, names: Collection[str]) -> None:
        """Remove files; no error where there is none."""
        for name in names:
            with suppress(FileNotFoundError):
                self._insist(partial(self._remove, self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _cat(self, paths: list[str]) -> Any:
        """What `cat` answers: by path the data, or the error."""
        if not any(_PATTERN.intersection(path) for path in paths):
            return self._system.cat(paths, recursive=False, on_error="return")
        found: dict[str, object] = {}  # `cat` would take a title's “[Book 1]” for a pattern
        for path in paths:
            try:
                found[path] = self._system.cat_file(path)
            except Exception as error:
                found[path] = error
        return found

    def _remove(self, path: str) -> None:
        self._system.rm_file(path)

    def _pipe(self, data: bytes, path: str) -> None:
        self._system.pipe_file(path, data)

    def _place(self, name: str, write: Callable[[str], object]) -> None:
        path = self._path(name)
        folder, _, last = path.rpartition("/")
        part = f"{folder}/.{last[:100]}.{secrets.token_hex(4)}.part"

        def attempt() -> None:
            self._system.makedirs(folder, exist_ok=True)
            write(part)
            self._system.mv(part, path)

        self._insist(attempt)

    def _insist(self, call: Callable[[], T]) -> T:
        """What `call` returns at the first time that it works. Raises FileNotFoundError, or OutputError."""
        for wait_s in _waits():
            try:
                with self._turn:
                    return call()
            except FileNotFoundError:
                raise
            except _FINAL as error:
                raise self._told(error) from error
            except Exception as error:  # each backend has its own family
                if wait_s is None:
                    raise self._told(error) from error
            time.sleep(wait_s)
            self._reconnect()
        raise AssertionError("the last wait is None")

    def _reconnect(self) -> None:
        """One connection serves all over SSH, and stays dead once it is; others open theirs as they need them."""
        if self._protocol in _SSH:
            with suppress(OutputError), self._turn:  # not yet: the next try will tell
                self._system, self._root = _connected(self._protocol, self.address)

    def _told(self, error: Exception) -> OutputError:
        reason = _first_line(error)
        return OutputError(f"{self.address}: {reason}", hint="is the address right, and may you write there?")


def _waits() -> Iterator[float | None]:
    for number in range(TRIES - 1):
        yield _FIRST_WAIT_S * 2**number * random.uniform(0.5, 1.5)
    yield None


def _of(answers: Any, path: str) -> object:
    """A backend may leave a file's protocol or leading slash out of what it answers."""
    if isinstance(answers, bytes):
        return answers
    return answers.get(path, answers.get(path.lstrip("/"), FileNotFoundError(path)))


def _first_line(error: Exception) -> str:
    """What it says, without the request, its number and its XML, which some add."""
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__


def _connected(protocol: str, address: str) -> tuple[Any, str]:
    import fsspec

    # Else gcsfs asks for each bucket's kind, by another protocol, and warns when it gets no answer.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    # Listings that somebody keeps would hide what other machines write. Over SFTP nobody does, nor knows the word.
    plain = {} if protocol in _SSH else {"use_listings_cache": False}
    try:
        system, root = fsspec.core.url_to_fs(address, skip_instance_cache=True, **plain)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        hint = f"pip install 'narrate-road[{extra}]'" if extra else str(error)
        raise ConfigError(f"{address}: {protocol}:// needs a library that is not installed", hint=hint) from error
    except ValueError as error:
        if protocol not in fsspec.available_protocols():
            raise ConfigError(f"{address}: no such kind of address", hint="s3, gs, az, sftp and file are") from error
        raise ConfigError(f"{address}: {_first_line(error)}", hint="are there credentials for it?") from error
    except Exception as error:  # a backend connects when it is made, and each has its own errors
        raise OutputError(f"{address}: {_first_line(error)}", hint="is it reachable?") from error
    if hasattr(system, "ftp"):  # fsspec's own, by paramiko; sshfs, where it is installed, does all this by itself
        _secure(system, address)
    return system, str(root)


def _secure(system: Any, address: str) -> None:
    """Let no answer over SFTP be waited for without end. Raises OutputError when the other side has not the key that
    `known_hosts` says: fsspec takes any."""
    paramiko: Any = import_module("paramiko")
    system.ftp.get_channel().settimeout(_SILENCE_S)
    file = Path.home() / ".ssh" / "known_hosts"
    known = paramiko.HostKeys(str(file) if file.is_file() else None)
    host, port = system.host, system.ssh_kwargs.get("port", _SSH_PORT)
    name = host if port == _SSH_PORT else f"[{host}]:{port}"
    if not known.check(name, system.client.get_transport().get_remote_server_key()):
        system.client.close()
        hint = f"look at it, then: ssh-keyscan -p {port} {host} >> ~/.ssh/known_hosts"
        raise OutputError(f"{address}: the key of {name} is not in {file}", hint=hint)
