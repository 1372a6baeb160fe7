"""The lines of a script that are no text: `::: pause 2s :::` and the like. What they mean, and how they are written.

A line that only looks like one is read as text, with a warning: nothing is dropped. Pure.
"""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from narrate.assets import palette
from narrate.document import Block, Figure, Origin, PageBreak, SceneBreak, Silence, VoiceChange

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

LONGEST_PAUSE_S = 60.0
_MOST_WARNINGS = 20
_FENCE = ":::"
_PAUSE = re.compile(r"pause (\d{1,5}(?:\.\d{1,3})?) ?(s|ms|seconds?)", re.IGNORECASE)
_PART = re.compile(r"(?<!\\)\|")
_FIELD = re.compile(r"(image|caption|credit): ?(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterLine:
    """`::: chapter Title :::`: a chapter begins. `untitled chapter` names one whose author gave it no title."""

    title: str
    titled: bool


Directive = ChapterLine | Block


def parsed(line: str, origin: Origin) -> Directive | None:
    """What a line says; None when it is no such line."""
    line = line.strip(" \t")
    if len(line) < 2 * len(_FENCE) or not (line.startswith(_FENCE) and line.endswith(_FENCE)):
        return None
    inner = line[len(_FENCE) : -len(_FENCE)].strip(" \t")
    word, _, rest = inner.partition(" ")
    rest = rest.strip()
    match word.casefold():
        case "chapter" if rest:
            return ChapterLine(title=rest, titled=True)
        case "untitled" if rest.startswith("chapter ") and rest[8:].strip():
            return ChapterLine(title=rest[8:].strip(), titled=False)
        case "page":
            return PageBreak(label=rest, origin=origin)
        case "voice":
            return VoiceChange(voice=rest, origin=origin)
        case "speaker":
            return VoiceChange(voice="", speaker=rest, origin=origin)
        case "pause":
            return _pause(inner, origin)
        case "image" | "image:":
            return _figure(inner, origin)
        case "interlude" if not rest:
            return SceneBreak(origin=origin)
        case "scene" if rest:
            return SceneBreak(scene=" ".join(rest.casefold().split()), origin=origin)
    scene = " ".join(inner.casefold().split())
    return SceneBreak(scene=scene, origin=origin) if scene in palette() else None


def _pause(inner: str, origin: Origin) -> Silence | None:
    found = _PAUSE.fullmatch(inner)
    if not found:
        return None
    duration_s = float(found[1]) / (1000 if found[2].lower() == "ms" else 1)
    return Silence(duration_s=duration_s, origin=origin) if duration_s <= LONGEST_PAUSE_S else None


def _figure(inner: str, origin: Origin) -> Figure | None:
    if inner == "image":
        return Figure(origin=origin)
    fields: dict[str, str] = {}
    for part in _PART.split(inner):
        found = _FIELD.fullmatch(part.strip())
        if not found or found[1] in fields:
            return None
        fields[found[1]] = found[2].replace("\\|", "|").strip()
    return Figure(
        alt=fields.get("image", ""), caption=fields.get("caption", ""), credit=fields.get("credit", ""), origin=origin
    )


def written(directive: Directive) -> str:
    """The line that says it."""
    match directive:
        case ChapterLine():
            return f"::: {'' if directive.titled else 'untitled '}chapter {' '.join(directive.title.split())} :::"
        case PageBreak():
            return f"::: {' '.join(('page', *directive.label.split()))} :::"
        case Silence():
            return f"::: pause {directive.duration_s:g}s :::"
        case VoiceChange():
            word, name = ("speaker", directive.speaker) if directive.speaker else ("voice", directive.voice)
            return f"::: {' '.join((word, *name.split()))} :::"
        case Figure():
            named = {"image": directive.alt, "caption": directive.caption, "credit": directive.credit}
            parts = [f"{name}: {_barred(text)}" for name, text in named.items() if text]
            return f"::: {' | '.join(parts) or 'image'} :::" if directive.alt else _nameless(parts)
        case SceneBreak(scene=scene) if scene in palette():
            return f"::: {scene} :::"
        case SceneBreak(scene=scene) if scene:
            return f"::: scene {scene} :::"
        case _:
            return "::: interlude :::"


def _nameless(parts: list[str]) -> str:
    return f"::: {' | '.join(['image:', *parts])} :::" if parts else "::: image :::"


def _barred(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def install(md: "MarkdownIt", warnings: MutableMapping[int, str]) -> None:
    """Teach a parser these lines: tokens of type `directive`, whose `meta` is the Directive.

    `warnings` gets, by the 0-based number of its line, what looks like one and is none.
    """

    def rule(state: "StateBlock", start: int, _end: int, silent: bool) -> bool:
        at = state.bMarks[start] + state.tShift[start]
        if not state.src.startswith(_FENCE, at):
            return False
        line = state.src[at : state.eMarks[start]]
        directive = parsed(line, Origin()) if state.level == 0 and state.sCount[start] < 4 else None
        if directive is None:
            _warn(warnings, start, line)
            return False
        if not silent:
            token: Any = state.push("directive", "", 0)
            token.map, token.content, token.meta = [start, start + 1], line, {}
            state.line = start + 1
        return True

    md.block.ruler.before("fence", "directive", rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _warn(warnings: MutableMapping[int, str], number: int, line: str) -> None:
    shown = line if len(line) <= 60 else f"{line[:59]}…"
    if len(warnings) < _MOST_WARNINGS:
        warnings.setdefault(number, f"“{shown}” is not a line that steers a script, and is read as text")
