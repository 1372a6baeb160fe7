"""The job: which documents are a library's books, how each is to be made, and where all that goes.

In: a folder, a list of sources, or a `library.toml`; or one source, for the job that it belongs to. Out: a `Job`. Looks
at names, opens only the list and the TOML.
"""

import codecs
import difflib
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from narrate import config
from narrate.errors import ConfigError, SourceError
from narrate.library.report import PAGE_FILE, REPORT_FILE
from narrate.release import MANIFEST_FILE
from narrate.source import NOT_YET, READERS, Location, located
from narrate.store import Place, is_address

JOB_FILE = "library.toml"

_KEYS = ("sources", "exclude", "out", "store", "cluster", "settings", "override")
_MOST_BOOKS = 1_000_000
_PAGES = frozenset({PAGE_FILE, "index.html"})
_PLAYER = "narrate-player"


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """One source. `name` is how the report calls it: its path in the folder, or as the list has it. `defaults` are
    settings below what the book itself says, `overrides` above that; both as `narrate.toml` would have them."""

    name: str
    source: Path | Location
    defaults: Mapping[str, object]
    overrides: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The books in the order of their names, each once. `out`, `store` and `cluster` are "" where nothing says them;
    `remarks` is what a person should hear of before: files left aside, an override that fits no book."""

    books: tuple[Book, ...]
    out: Place = ""
    store: Place = ""
    cluster: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """What a `library.toml` says; an empty one where there is none."""

    where: str
    folder: Path
    table: Mapping[str, object]

    def patterns(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, ())
        found = (value,) if isinstance(value, str) else value
        if not isinstance(found, Sequence) or not all(isinstance(each, str) for each in found):
            raise ConfigError(f"{self.where}: {key} must be a pattern, or a list of patterns, not {value!r}")
        return tuple(found)

    def has(self, name: str) -> bool:
        """Whether `sources` and `exclude` make the source of that name a book."""
        wanted, unwanted = self.patterns("sources"), self.patterns("exclude")
        return (not wanted or matches(name, wanted)) and not matches(name, unwanted)

    def place(self, key: str) -> Place:
        text = self.text(key)
        return text if not text or is_address(text) else self.folder / text

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise ConfigError(f"{self.where}: {key} must be a text, not {value!r}")
        return value

    def settings(self) -> dict[str, object]:
        value = self.table.get("settings", {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where}: settings must be a table: [settings]")
        config.check(value, where=f"{self.where} [settings]", folder=self.folder)
        return value

    def overrides(self) -> list[tuple[tuple[str, ...], dict[str, object]]]:
        found = []
        entries = self.table.get("override", [])
        for number, entry in enumerate(entries if isinstance(entries, list) else [None], start=1):
            where = f"{self.where} [[override]] {number}"
            if not isinstance(entry, dict) or "match" not in entry:
                raise ConfigError(f"{where}: needs a match", hint='[[override]] match = "german/*" language = "de"')
            rest = {key: value for key, value in entry.items() if key != "match"}
            config.check(rest, where=where, folder=self.folder)
            found.append((_File(where=where, folder=self.folder, table=entry).patterns("match"), rest))
        return found


def read_job(where: Path, *, out: Place = "") -> Job:
    """The job at `where`: a folder (and the `library.toml` in it), a `library.toml`, or a list of sources, one a line;
    `-` is a list on standard input. What lies in `out`, and what narrate has published anywhere, is no book.

    Raises SourceError when there is no such thing or no book in it, ConfigError when the TOML is wrong.
    """
    if where.is_dir() or where.suffix == ".toml":
        file = _read(where / JOB_FILE) if where.is_dir() else _read(where, needed=True)
        found = list(_documents(file.folder, skip=out or file.place("out")))
        sources: dict[str, Path | Location] = {
            each.relative_to(file.folder).as_posix(): each
            for each in found
            if each.suffix.lower() in READERS and file.has(each.relative_to(file.folder).as_posix())
        }
        remarks = [*_left_aside(found), *_fits_nothing(file, sources)]
    else:
        file = _File(where=str(where), folder=where.parent, table={})
        sources, remarks = dict(_listed(where)), []
    if not sources:
        hint = f"narrate reads {', '.join(READERS)}"
        raise SourceError(f"{where}: no books in it", hint="; ".join([hint, *remarks]))
    return _job(file, sources, remarks)


def job_of(source: Path | Location) -> Job:
    """The job that `source` is a book of, by the nearest `library.toml` in its folder or above; one without books where
    there is none, or where that one does not want it. Raises ConfigError when the TOML is wrong."""
    # Not `resolve`: a link in the library's folder is its book.
    path = Path(os.path.abspath(source)) if isinstance(source, Path) else None  # noqa: PTH100
    for folder in path.parents if path else ():
        if (folder / JOB_FILE).is_file():
            assert path is not None
            file = _read(folder / JOB_FILE)
            name = path.relative_to(folder).as_posix()
            return _job(file, {name: path} if file.has(name) else {}, ())
    return Job(books=())


def _job(file: _File, sources: Mapping[str, Path | Location], remarks: Iterable[str]) -> Job:
    defaults, overrides = file.settings(), file.overrides()
    books = []
    for name in sorted(sources):
        source = sources[name]
        chosen: dict[str, object] = {}
        for patterns, settings in overrides:
            if matches(name, patterns):
                chosen |= settings
        seen = (_seen_from(source.parent, each, file.folder) for each in (defaults, chosen))
        books.append(Book(name=name, source=source, defaults=next(seen), overrides=next(seen)))
    out, store, cluster = file.place("out"), file.place("store"), file.text("cluster")
    return Job(books=tuple(books), out=out, store=store, cluster=cluster, remarks=tuple(remarks))


def _left_aside(found: Sequence[Path]) -> Iterator[str]:
    kinds = Counter(suffix for each in found if (suffix := each.suffix.lower()) in NOT_YET)
    if kinds:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        yield f"left aside, of kinds that narrate does not read: {told}"


def _fits_nothing(file: _File, names: Iterable[str]) -> Iterator[str]:
    for number, (patterns, _) in enumerate(file.overrides(), start=1):
        if not any(matches(name, patterns) for name in names):
            yield f"{file.where} [[override]] {number}: {', '.join(patterns)} fits no book"


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern fits the whole name, or its last part; `*` is anything, slashes too, `?` one character."""
    last = name.rpartition("/")[2]
    return any(fnmatchcase(name, each) or fnmatchcase(last, each) for each in patterns)


def _read(path: Path, *, needed: bool = False) -> _File:
    if not path.exists():
        if needed:
            raise SourceError(f"{path}: no such file", hint="give a folder, a library.toml, or a file of sources")
        return _File(where=str(path), folder=path.parent, table={})
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=2, cutoff=0.5) or _KEYS
            hint = f"known: {', '.join(near)}; a book's settings go into [settings]"
            raise ConfigError(f"{path}: unknown key {key!r}", hint=hint)
    return _File(where=str(path), folder=path.parent, table=table)


def _documents(folder: Path, *, skip: Place) -> Iterator[Path]:
    """The files that a reader knows, or that one should know, sorted; none from hidden folders, nor what narrate has
    published, in `skip` or elsewhere. A folder that is called like an EPUB is an unpacked one: a book, not many."""
    out = skip.resolve() if isinstance(skip, Path) else None
    for where, folders, files in os.walk(folder):
        at = Path(where)
        if MANIFEST_FILE in files or (out and at.resolve() == out and at != folder):
            folders.clear()
            continue
        is_shelf = REPORT_FILE in files or _PLAYER in folders
        unpacked = [name for name in folders if name.lower().endswith(".epub")]
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in unpacked)
        for name in sorted([*files, *unpacked]):
            suffix = Path(name).suffix.lower()
            if (suffix in READERS or suffix in NOT_YET) and not (name.startswith(".") or (is_shelf and name in _PAGES)):
                yield at / name


def _listed(where: Path) -> Iterator[tuple[str, Path | Location]]:
    if where.suffix.lower() in READERS and where.suffix.lower() not in (".txt", ".text"):
        raise SourceError(f"{where}: a document, not a list", hint=f"narrate build {where}")
    try:
        data = sys.stdin.buffer.read() if str(where) == "-" else where.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{where}: no such folder or list", hint="give a folder, or a file of sources") from error
    except OSError as error:
        raise SourceError(f"{where}: cannot be read as a list of sources: {error.strerror}") from error
    if b"\0" in data:
        raise SourceError(f"{where}: binary data, not a list of sources")
    # Names of files, as the system has them: they need not be UTF-8.
    lines = os.fsdecode(data.removeprefix(codecs.BOM_UTF8)).splitlines()
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        if number > _MOST_BOOKS:
            raise SourceError(f"{where}: more than {_MOST_BOOKS} lines")
        source = located(line)
        if isinstance(source, Location) and source.is_standard_input:
            raise SourceError(f"{where}: line {number}: standard input is no book of a library")
        yield line, source if isinstance(source, Location) else where.parent / source


def _seen_from(folder: Path, table: Mapping[str, object], base: Path) -> dict[str, object]:
    """`table` with its paths, which count from `base`, as seen from a source's `folder`: the book remembers them so."""

    def moved(value: object) -> object:
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, str):
            return value
        try:
            return Path(os.path.relpath((base / value).resolve(), folder.resolve())).as_posix()
        except ValueError:  # another drive
            return str((base / value).resolve())

    found: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found[key] = {inner: moved(each) if _is_path(f"{key}.{inner}") else each for inner, each in value.items()}
        else:
            found[key] = moved(value) if _is_path(key) else value
    return found


def _is_path(key: str) -> bool:
    setting = config.SCHEMA.get(key)
    return key == "lexicons" or (setting is not None and setting.kind is Path)
