"""What stands above the chapters of a script: the work's metadata, and the settings that its audiobook is made with.

Reads the settings beside the source.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from narrate import config
from narrate.document import Document, Metadata
from narrate.project import Flags, with_settings
from narrate.source.location import Location

_TOLD_ABOVE = ("title", "author", "language", "narrator", "date", "cover")


@dataclass(frozen=True, kw_only=True, slots=True)
class Front:
    """The front matter of a script, and what of the source it cannot hold, a line each."""

    text: str
    metadata: Metadata
    warnings: tuple[str, ...] = ()


def front(document: Document, source: Path | Location, flags: Flags, *, defaults: Flags) -> Front:
    """The front matter for `document`: `defaults` below and `flags` above what it says itself (`project.Request`).
    Paths in it count from the current folder. Raises ConfigError."""
    settings, tables = _settings(document, source, flags, defaults)
    metadata = with_settings(document.metadata, settings)
    told: dict[str, object] = {
        "title": metadata.title,
        "author": metadata.author,
        "language": metadata.language,
        "narrator": metadata.narrator,
        "date": metadata.date,
        "cover": _from_here(metadata.cover) if isinstance(metadata.cover, Path) else "",
    }
    table = {name: value for name, value in told.items() if value}
    if tables:
        table["narrate"] = tables
    warnings = []
    if isinstance(metadata.cover, bytes):
        warnings.append("the cover inside the source is not part of the script: save it, and name it with `cover:`")
    text = yaml.safe_dump(table, allow_unicode=True, sort_keys=False, width=10_000)
    return Front(text=f"---\n{text}---\n", metadata=metadata, warnings=tuple(warnings))


def _settings(
    document: Document, source: Path | Location, flags: Flags, defaults: Flags
) -> tuple[config.Config, dict[str, object]]:
    """The settings in force, checked; and as tables, without what front matter says above them."""
    here = source.parent
    layers, tables = [config.check(defaults, where="library.toml", folder=here)], _joined({}, defaults)
    if beside := config.settings_file(source):
        layers.append(config.read_settings(beside))
        tables = _joined(tables, tomllib.loads(beside.read_text("utf-8")))
    layers.append(config.check(document.settings, where=f"{source} (front matter)", folder=here))
    tables = _joined(tables, document.settings)
    layers.append(config.check(flags, where="command line", folder=here))
    tables = _joined(tables, {name: value for name, value in flags.items() if "." not in name})
    for name in _TOLD_ABOVE:
        tables.pop(name, None)
    return config.join(*layers), _seen_from_here(tables, here)


def _joined(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Two layers of settings: tables are joined, values replaced, lists of lexicons added."""
    found = dict(below)
    if isinstance(modes := above.get("describe"), Mapping) and "mode" in modes:
        found.pop("describe", None)
    for name, value in above.items():
        old = found.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            found[name] = _joined(old, value)
        elif name == "lexicons" and isinstance(old, list) and isinstance(value, list):
            found[name] = [*old, *value]
        else:
            found[name] = dict(value) if isinstance(value, Mapping) else value
    return found


def _seen_from_here(tables: dict[str, object], folder: Path) -> dict[str, object]:
    if isinstance(interludes := tables.get("interludes"), dict):
        for name in interludes.keys() & {"file", "folder"}:
            interludes[name] = _from_here(folder / str(interludes[name]))
    if isinstance(verify := tables.get("verify"), dict) and "model" in verify:
        verify["model"] = _from_here(folder / str(verify["model"]))
    if isinstance(lexicons := tables.get("lexicons"), list):
        tables["lexicons"] = [_from_here(folder / str(each)) for each in lexicons]
    return tables


def _from_here(path: Path) -> str:
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
