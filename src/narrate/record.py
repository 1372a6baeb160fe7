"""`build.json`: what a published book was made of, so that the next build knows what changed and what was chosen.

It lies beside the book and is part of it: the same source and settings give the same bytes.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from narrate.plan import ChapterChoice, ChapterRecord, Choice, FormatRecord, Record
from narrate.release import RECORD_FILE

FILE = RECORD_FILE
_FORMAT = 1


def read(folder: Path) -> Record | None:
    """The record in a book's folder; None when there is no book, or one that this version cannot go on from."""
    try:
        return from_json((folder / FILE).read_bytes())
    except OSError:
        return None


def from_json(data: bytes) -> Record | None:
    """The record that `to_json` wrote; None when this version cannot go on from it."""
    try:
        found = json.loads(data)
        if found["format"] != _FORMAT:
            return None
        return Record(
            book_key=str(found["book_key"]),
            flags=dict(found["flags"]),
            defaults=dict(found.get("defaults", {})),
            choices=tuple(
                ChapterChoice(number=each["number"], title=each["title"], choice=Choice(**each["choice"]))
                for each in found["choices"]
            ),
            chapters=tuple(ChapterRecord(**each) for each in found["chapters"]),
            files=dict(found["files"]),
            formats={name: FormatRecord(**each) for name, each in found.get("formats", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def to_json(record: Record) -> str:
    """The record as text, a chapter a line."""
    chapters = ",\n  ".join(_dump(_fields(each)) for each in record.chapters)
    choices = [{"number": c.number, "title": c.title, "choice": _fields(c.choice)} for c in record.choices]
    head = {"format": _FORMAT, "book_key": record.book_key, "flags": dict(record.flags), "choices": choices}
    if record.defaults:
        head["defaults"] = dict(record.defaults)
    if record.formats:
        head["formats"] = {name: _fields(each) for name, each in record.formats.items()}
    return f'{_dump(head)[:-1]},\n "files": {_dump(dict(record.files))},\n "chapters": [\n  {chapters}\n]}}\n'


def _fields(value: object) -> dict[str, object]:
    found = {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]
    return {name: dict(each) if isinstance(each, Mapping) else each for name, each in found.items() if each is not None}


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
