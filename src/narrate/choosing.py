"""Which chapters a person means, and what is to be remembered of how they want them spoken."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from narrate.document import Chapter
from narrate.errors import ChapterError
from narrate.plan import ChapterChoice, Choice
from narrate.project import Project, chosen
from narrate.source import Location

_RANGE = re.compile(r"(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?")


def find_chapters(wanted: Sequence[str], chapters: Sequence[Chapter], *, source: Path | Location) -> frozenset[int]:
    """The numbers of the chapters that `wanted` names: "3", "2-4", or a title or its beginning in any case.

    Raises ChapterError when there is no such chapter or more than one.
    """
    return frozenset(number for name in wanted for number in _numbers(name.strip(), chapters, source))


def _numbers(name: str, chapters: Sequence[Chapter], source: Path | Location) -> range | list[int]:
    see = f"see them with: narrate plan {source}"
    matched = _RANGE.fullmatch(name)
    if matched:
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if first < 1 or last < first or last > len(chapters):
            raise ChapterError(f"no chapter {name}: {source} has {len(chapters)}", hint=see)
        return range(first, last + 1)
    titles = [chapter.title.casefold() for chapter in chapters]
    folded = name.casefold()
    found = [index for index, title in enumerate(titles, start=1) if title == folded]
    found = found or [index for index, title in enumerate(titles, start=1) if folded and title.startswith(folded)]
    if len(found) > 1:
        raise ChapterError(
            f"{len(found)} chapters are called {name!r}: {', '.join(map(str, found))}", hint="give a number"
        )
    if not found:
        near = difflib.get_close_matches(folded, titles, n=1)
        hint = f"did you mean {chapters[titles.index(near[0])].title!r}?" if near else see
        raise ChapterError(f"no chapter {name!r} in {source}", hint=hint)
    return found


def choose(project: Project, numbers: frozenset[int], choice: Choice, *, reset: bool) -> tuple[ChapterChoice, ...]:
    """The project's choices with `choice` for the chapters `numbers`, above what was chosen for them before.

    `reset` forgets that first. An empty choice is none.
    """
    chapters = project.document.chapters
    choices = chosen(chapters, project.choices)
    for number in numbers:
        before = Choice() if reset else choices.get(number, Choice())
        given = {name: getattr(choice, name) for name in ("voice", "rate_wpm", "pitch")}
        choices[number] = replace(before, **{name: value for name, value in given.items() if value is not None})
    return tuple(
        ChapterChoice(number=number, title=chapters[number - 1].title, choice=each)
        for number, each in sorted(choices.items())
        if each != Choice()
    )
