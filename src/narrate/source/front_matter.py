"""The YAML or TOML table at the head of a Markdown file: found, parsed safely, checked, made into Metadata.

Looks only whether the cover that it names is there. Keys that it does not know belong to other programs and are
left alone.
"""

import datetime
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from narrate.document import LANGUAGE_WANTED, language_tag
from narrate.errors import ConfigError, SourceError
from narrate.source.name import shown

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_KEY = re.compile(r"[\w.-]{1,60}[ \t]*:(?:\s|$)|[\"'][\w .-]{1,60}[\"'][ \t]*:")
_TOML_KEY = re.compile(r"[\w-]{1,60}[ \t]*=|\[")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontMatter:
    """What front matter says; "" and None where it says nothing. `line_count` lines of the file belong to it."""

    title: str = ""
    author: str = ""
    language: str = ""
    narrator: str = ""
    date: str = ""
    cover: Path | None = None
    settings: dict[str, object] = field(default_factory=dict)
    line_count: int = 0


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few hundred bytes of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark: Any = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed here", problem_mark=mark)
        return super().compose_node(parent, index)


def split(text: str, path: Path) -> tuple[FrontMatter, str]:
    """The front matter of `text`, and the text after it. Without any, an empty one and the whole text.

    Raises ConfigError naming file and line for broken YAML and file and key for a wrong type; SourceError when the
    cover is no file.
    """
    found = _fenced(text)
    if found is None:
        return FrontMatter(), text
    inner, rest, line_count = found
    table = _parsed_toml(inner, path) if text.startswith("+++") else _parsed(inner, path)
    if not isinstance(table, dict):
        return FrontMatter(), text
    return _Reader(path, table).read(line_count), rest


def _fenced(text: str) -> tuple[str, str, int] | None:
    first, _, rest = text.partition("\n")
    fence = first.rstrip()
    if fence not in ("---", "+++"):
        return None
    end = re.compile(r"^(?:---|\.\.\.)[ \t]*$" if fence == "---" else r"^\+\+\+[ \t]*$", re.MULTILINE).search(rest)
    if not end:
        return None
    inner = rest[: end.start()]
    told = [line for line in inner.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    # Between two rules there may just as well be prose: a table begins with a key, which is one word.
    if told and not (_KEY if fence == "---" else _TOML_KEY).match(told[0]):
        return None
    return inner, rest[end.end() :].removeprefix("\n"), inner.count("\n") + 2


def _parsed(inner: str, path: Path) -> object:
    try:
        loaded: object = yaml.load(inner, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 2
        problem = " ".join((error.problem or "not valid YAML").split())
        raise _wrong(path, f"line {line}: the front matter is not valid YAML: {problem}") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:120]
        raise _wrong(path, f"line 2: the front matter is not valid YAML: {reason}") from error
    return {} if loaded is None else loaded


def _parsed_toml(inner: str, path: Path) -> object:
    try:
        return tomllib.loads(inner)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:120]
        raise _wrong(path, f"the front matter is not valid TOML: {reason}") from error


def _wrong(path: Path, message: str) -> ConfigError:
    name = shown(path.name)
    return ConfigError(f"{name}: {message}", hint="quote a value that has a colon in it; indent with spaces")


class _Reader:
    def __init__(self, path: Path, table: dict[object, object]) -> None:
        self._path = path
        self._table = table

    def read(self, line_count: int) -> FrontMatter:
        return FrontMatter(
            title=self._text("title"),
            author=self._author(),
            language=self._language(),
            narrator=self._text("narrator"),
            date=self._date(),
            cover=self._cover(),
            settings=self._settings(),
            line_count=line_count,
        )

    def _fail(self, key: str, wanted: str, value: object, *, given: str = "") -> ConfigError:
        name = shown(self._path.name)
        kinds = {bool: "yes or no", int: "a number", float: "a number", list: "a list", dict: "a table", str: "text"}
        given = given or kinds.get(type(value), "nothing" if value is None else type(value).__name__)
        return ConfigError(f"{name}: front matter, {key}: {wanted} is wanted, not {given}")

    def _text(self, key: str) -> str:
        value = self._table.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._fail(key, "text", value)
        return " ".join(str(value).split())

    def _author(self) -> str:
        key = "author" if "author" in self._table else "authors"
        value = self._table.get(key)
        if not isinstance(value, list | dict):
            return self._text(key)
        # Some programs write a table for each: its name, address, picture.
        several = value if isinstance(value, list) else [value]
        names = [each.get("name") if isinstance(each, dict) else each for each in several]
        for name in names:
            if not isinstance(name, str):
                raise self._fail("author", "a name or a list of names", name)
        return ", ".join(" ".join(str(name).split()) for name in names if str(name).strip())

    def _language(self) -> str:
        key = "language" if "language" in self._table else "lang"
        # YAML 1.1 reads Norwegian's own tag, `no`, as false.
        text = "no" if self._table.get(key) is False else self._text(key)
        tag = language_tag(text) if text else ""
        if tag is None:
            raise self._fail(key, LANGUAGE_WANTED, text, given=repr(text[:60]))
        return tag

    def _date(self) -> str:
        value = self._table.get("date")
        if isinstance(value, datetime.datetime):
            return value.date().isoformat()
        if isinstance(value, datetime.date):
            return value.isoformat()
        text = self._text("date")
        found = _DATE.match(text)
        return found[0] if found and text[found.end() :][:1] in ("", " ", "T") else ""

    def _cover(self) -> Path | None:
        value = self._table.get("cover")
        if value is None or value == "" or isinstance(value, dict) or str(value).startswith(("http://", "https://")):
            return None  # a table, or an address, is meant for the program that makes the site
        if not isinstance(value, str):
            raise self._fail("cover", "a path", value)
        cover = self._path.parent / value
        try:
            there = cover.is_file()
        except (OSError, ValueError):
            there = False
        if not there:
            name = shown(self._path.name)
            raise SourceError(
                f"{name}: no such cover file: {shown(value)}", hint="its path counts from the document's folder"
            )
        return cover

    def _settings(self) -> dict[str, object]:
        value = self._table.get("narrate")
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise self._fail("narrate", "a table of settings", value)
        return dict(value)
