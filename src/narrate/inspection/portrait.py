"""A book as a picture: a lane a chapter, on one scale of time: its waveform, what is heard when, its loudness.

In: a release's folder, and the facts of its sound files (`facts`). Out: a PNG or an SVG. The sound is decoded once
more, to the highest sample of each column; nothing is kept of a chapter but its columns and its cues.

What is heard is told three times, by colour (those of M. Okabe and K. Ito, which people with any colour vision tell
apart), by the pattern of the strip under the waveform, and in the legend, so that it can be read in grey.
"""

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from narrate.errors import AudioError, NarrateError, OutputError
from narrate.inspection.drawing import Canvas, Png, Svg, fitting, width_of
from narrate.inspection.facts import BLOCK_S, Facts
from narrate.process import ffmpeg_path, stream
from narrate.publish.files import whole_file
from narrate.publish.timeline import read_timeline
from narrate.release import TIMELINE_FILE
from narrate.units import clock

_WIDTH, _LEFT, _RIGHT, _HEAD, _FOOT = 1600, 210, 70, 130, 46
_COLUMNS = _WIDTH - _LEFT - _RIGHT
_TALLEST, _ROOMY, _LOWEST = 126.0, 72.0, 16.0
_AT_A_GLANCE, _LONGEST = 1700.0, 24_000
_RATE = 8000
_DECODE_TIMEOUT_S = 3600
_SHORT_TERM = 30  # blocks: 3 s, as EBU Tech 3341 has it
_TOP_LUFS, _BOTTOM_LUFS = -8.0, -44.0
_GREY, _FAINT, _DARK = "#6b6b6b", "#e4e4e4", "#303030"

COLOURS = {
    "narration": "#0072b2",
    "heading": "#000000",
    "quotation": "#aa4499",
    "description": "#d55e00",
    "note": "#009e73",
    "interlude": "#e69f00",
    "pause": "#bbbbbb",
}
"""What each kind of sound is drawn in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    start_s: float
    end_s: float
    kind: str
    caption: str = ""


@dataclass(kw_only=True, slots=True)
class _Lane:
    """A chapter to be drawn."""

    label: str
    facts: Facts
    spans: list[_Span] = field(default_factory=list)


def check_plot(path: Path, plot: Path) -> None:
    """Raises OutputError when `plot` names no kind of picture, and AudioError when `path` is no book's folder."""
    if plot.suffix.lower() not in (".png", ".svg"):
        raise OutputError(f"{plot}: unknown kind of picture", hint="one of .png, .svg")
    if not path.is_dir():
        raise AudioError(f"{path}: only a book can be drawn", hint="give a book's folder: OUT/Author/Title")


def draw(folder: Path, facts: Sequence[Facts], plot: Path) -> None:
    """Draw the book in `folder` into `plot`, whose ending says as what.

    Raises AudioError when it has no chapters, or more than fit into a picture; OutputError when it cannot be written.
    """
    lanes = _lanes(folder, facts)
    pitch = max(_LOWEST, min(_pitch(len(lanes)), (_LONGEST - _HEAD - _FOOT) / max(1, len(lanes))))
    height = math.ceil(_HEAD + _FOOT + pitch * len(lanes))
    if not lanes or height > _LONGEST + pitch:
        raise AudioError(
            f"{folder}: {len(lanes)} chapters cannot be drawn", hint="at most about 1,500 fit into a picture"
        )
    whole = next((each for each in facts if each.path.parent == folder), facts[0])
    title = whole.tags.get("TALB") or folder.name
    length_s = max(lane.facts.duration_s for lane in lanes)
    canvas: Canvas = (
        Svg(_WIDTH, height, title=title, description=_described(lanes))
        if plot.suffix.lower() == ".svg"
        else Png(_WIDTH, height)
    )
    _head(canvas, title, whole, lanes)
    _scale(canvas, length_s, pitch * len(lanes))
    for number, lane in enumerate(lanes):
        _lane(canvas, lane, _HEAD + number * pitch, pitch, length_s / _COLUMNS)
    with whole_file(plot) as file:
        file.write(canvas.finished())


def _pitch(count: int) -> float:
    """How far apart lanes are: less where there are many, so that a book is seen at once for longer."""
    return max(_ROOMY, min(_TALLEST, _AT_A_GLANCE / max(1, count)))


def _lanes(folder: Path, facts: Sequence[Facts]) -> list[_Lane]:
    """The chapters in order, or where there are none the files; and what is heard in them, if a timeline says so."""
    chapters = [each for each in facts if each.path.parent != folder] or list(facts)
    lanes = {
        each.path.relative_to(folder).as_posix(): _Lane(label=each.tags.get("TIT2") or each.path.stem, facts=each)
        for each in chapters
    }
    # Without a timeline, or with a damaged one, the sound is drawn alone: `judging` says what is wrong with it.
    with suppress(NarrateError, KeyError, TypeError, ValueError):
        for head, cue in read_timeline(folder / TIMELINE_FILE):
            lane = lanes.get(str(head["file"]))
            if lane is not None and cue is not None:
                lane.spans.append(_span(cue, chapter_start_s=float(head["start_s"])))
    for number, lane in enumerate(lanes.values(), start=1):
        lane.label = f"{number}  {lane.label}"
    return list(lanes.values())


def _span(cue: Mapping[str, Any], *, chapter_start_s: float) -> _Span:
    start_s = float(cue["start_s"]) - chapter_start_s
    kind = str(cue.get("role") or cue["kind"])
    return _Span(
        start_s=max(0.0, start_s),
        end_s=max(0.0, start_s + float(cue["duration_s"])),
        kind=kind if kind in COLOURS else "narration",
        caption=str(cue.get("caption", "")),
    )


def _described(lanes: Sequence[_Lane]) -> str:
    """The picture in words, for whoever cannot see it."""
    told = []
    for lane in lanes:
        kinds = [span.caption or span.kind for span in lane.spans if span.kind not in ("narration", "pause", "heading")]
        runs = [kind for kind, _ in groupby(kinds)]
        has = f", with {', '.join(runs[:20])}" if runs else ""
        told.append(f"{lane.label}: {clock(lane.facts.duration_s)}, {lane.facts.loudness_lufs:.1f} LUFS{has}.")
    return "Waveform and loudness over time, a lane a chapter. " + " ".join(told[:200])


def _head(canvas: Canvas, title: str, whole: Facts, lanes: Sequence[_Lane]) -> None:
    total_s = sum(lane.facts.duration_s for lane in lanes)
    canvas.text(24, 36, fitting(title, 24, 1000), 24)
    canvas.text(24, 58, fitting(whole.tags.get("TPE1", ""), 14, 1000), 14, fill=_GREY)
    count = f"{len(lanes)} chapter{'s' * (len(lanes) != 1)}"
    levels = f"{whole.loudness_lufs:.1f} LUFS, {whole.true_peak_dbtp:.1f} dBTP"
    canvas.text(_WIDTH - 24, 36, f"{clock(total_s)}, {count}, {levels}", 15, anchor="end", fill=_GREY)
    x = 24.0
    used = {span.kind for lane in lanes for span in lane.spans}
    for kind in (each for each in COLOURS if each in used and each != "pause"):
        canvas.rectangle(x, 78, 30, 12, COLOURS[kind])
        _strip(canvas, kind, x, x + 30, 94, 7)
        canvas.text(x + 38, 94, kind, 15)
        x += 38 + width_of(kind, 15) + 26
    canvas.line([(x, 94), (x + 10, 86), (x + 20, 92), (x + 30, 88)], 1.5, _DARK)
    canvas.text(x + 38, 94, "loudness over 3 s", 15)


def _scale(canvas: Canvas, length_s: float, height: float) -> None:
    steps = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000)
    step = next((each for each in steps if length_s / each <= 12), 86400)
    bottom = _HEAD + height
    for at_s in range(0, int(length_s) + 1, step):
        x = _LEFT + at_s / length_s * _COLUMNS
        canvas.line([(x, _HEAD), (x, bottom + 6)], 1, _FAINT)
        canvas.text(x, bottom + 24, clock(at_s), 13, anchor="middle", fill=_GREY)


def _lane(canvas: Canvas, lane: _Lane, top: float, pitch: float, column_s: float) -> None:
    """The waveform, the strip that tells what it is, and the loudness, from top to bottom."""
    roomy = pitch >= _ROOMY
    gap = 18.0 if roomy else 2.0
    wave = (pitch - gap) * (0.54 if roomy else 0.8)
    strip = 7.0 if roomy else 3.0
    middle = top + gap / 2 + wave / 2
    size = 15.0 if roomy else min(12.0, pitch * 0.7)
    canvas.text(24, middle + size / 3, fitting(lane.label, size, _LEFT - 40), size)
    peaks = _peaks(lane.facts.path, lane.facts.duration_s, column_s)
    kinds = _kinds(lane.spans, len(peaks), column_s)
    _blocks(canvas, lane.spans, top + gap / 2, pitch - gap, column_s)
    for kind in sorted(set(kinds)):
        at = [index for index, each in enumerate(kinds) if each == kind]
        half = [max(0.6, peaks[index] * wave / 2) for index in at]
        canvas.bars(
            [_LEFT + index for index in at],
            [middle - each for each in half],
            [middle + each for each in half],
            1,
            COLOURS[kind],
        )
    strip_top = top + gap / 2 + wave + 1
    for kind, run in groupby(enumerate(kinds), key=lambda each: each[1]):
        places = [index for index, _ in run]
        _strip(canvas, kind, _LEFT + places[0], _LEFT + places[-1] + 1, strip_top, strip)
    if roomy:
        _captions(canvas, lane.spans, top + gap / 2 - 3, column_s)
        _loudness(canvas, lane.facts, strip_top + strip + 2, top + pitch - gap / 2, column_s)


def _blocks(canvas: Canvas, spans: Sequence[_Span], top: float, height: float, column_s: float) -> None:
    """A light ground behind interludes, whose sound is low."""
    for span in spans:
        if span.kind == "interlude":
            left = _LEFT + span.start_s / column_s
            canvas.rectangle(left, top, (span.end_s - span.start_s) / column_s, height, "#fdf1d6")


def _captions(canvas: Canvas, spans: Sequence[_Span], y: float, column_s: float) -> None:
    """What is driven through, over each interlude that has no neighbour in its way."""
    free = _LEFT - 1.0
    for span in spans:
        if span.kind != "interlude":
            continue
        words = span.caption.strip("[]")
        half = width_of(words, 11) / 2
        x = min(_LEFT + (span.start_s + span.end_s) / 2 / column_s, _WIDTH - 8 - half)
        if x - half > free:
            canvas.text(x, y, words, 11, anchor="middle", fill="#8a5a00")
            free = x + half + 6


def _strip(canvas: Canvas, kind: str, left: float, right: float, top: float, height: float) -> None:
    """The pattern of a kind, for whoever sees no colours: solid for descriptions and headings, a double line for
    quotations, dots for notes, slashes for interludes, a thin line for narration."""
    colour = COLOURS[kind]
    match kind:
        case "description" | "heading":
            canvas.rectangle(left, top, right - left, height, colour)
        case "quotation":
            canvas.rectangle(left, top, right - left, height * 0.3, colour)
            canvas.rectangle(left, top + height * 0.7, right - left, height * 0.3, colour)
        case "note":
            at = [left + step for step in range(0, max(1, int(right - left)), 5)]
            canvas.bars(at, [top + height * 0.2] * len(at), [top + height * 0.8] * len(at), 3, colour)
        case "interlude":
            x = left
            while x + height <= right:
                canvas.line([(x, top + height), (x + height, top)], 1.2, colour)
                x += 5
        case "narration":
            canvas.rectangle(left, top + height / 2 - 0.5, right - left, 1, colour)


def _loudness(canvas: Canvas, facts: Facts, top: float, bottom: float, column_s: float) -> None:
    """Short-term loudness from -44 to -8 LUFS, and a thin line at the chapter's own."""

    def y(lufs: float) -> float:
        held = max(_BOTTOM_LUFS, min(_TOP_LUFS, lufs))
        return top + (_TOP_LUFS - held) / (_TOP_LUFS - _BOTTOM_LUFS) * (bottom - top)

    right = _LEFT + facts.duration_s / column_s
    canvas.line([(_LEFT, y(facts.loudness_lufs)), (right, y(facts.loudness_lufs))], 0.7, "#9a9a9a")
    canvas.text(right + 6, y(facts.loudness_lufs) + 4, f"{facts.loudness_lufs:.1f}", 12, fill=_GREY)
    step = max(1, round(column_s / BLOCK_S))
    points = [(_LEFT + at / column_s, y(lufs)) for at, lufs in _short_term(facts.blocks_lufs, step)]
    if len(points) > 1:
        canvas.line(points, 1.5, _DARK)


def _short_term(blocks_lufs: "array[float]", step: int) -> Iterator[tuple[float, float]]:
    """The mean power over 3 s at every `step`th block: (seconds, LUFS)."""
    import numpy as np

    powers = 10.0 ** (np.asarray(blocks_lufs, np.float64) / 10.0)
    total = np.concatenate(([0.0], np.cumsum(powers)))
    for at in range(0, len(powers), step):
        first, last = max(0, at - _SHORT_TERM // 2), min(len(powers), at + _SHORT_TERM // 2 + 1)
        yield (at + 2) * BLOCK_S, 10.0 * math.log10(max(1e-12, (total[last] - total[first]) / (last - first)))


def _kinds(spans: Sequence[_Span], count: int, column_s: float) -> list[str]:
    """What is heard in each column: what begins in it, or went on; of several the rarest kind."""
    kinds = ["pause" if spans else "narration"] * count
    for kind in ("narration", "quotation", "note", "description", "heading", "interlude"):
        for span in spans:
            if span.kind == kind:
                first, last = int(span.start_s / column_s), int(span.end_s / column_s)
                kinds[first : last + 1] = [kind] * (min(count, last + 1) - min(count, first))
    return kinds


def _peaks(path: Path, duration_s: float, column_s: float) -> "array[float]":
    """The highest sample of each column, 0 to 1."""
    import numpy as np

    found = np.zeros(max(1, math.ceil(duration_s / column_s)), np.float32)
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-ac", "1"]
    command += ["-ar", str(_RATE), "-f", "s16le", "-"]
    done, odd = 0, b""
    for block in stream(command, timeout_s=_DECODE_TIMEOUT_S):
        block = odd + block
        whole = len(block) // 2 * 2
        samples = np.abs(np.frombuffer(block[:whole], "<i2").astype(np.float32)) / 32768.0
        odd = block[whole:]
        columns = np.minimum(
            (np.arange(done, done + len(samples)) / (_RATE * column_s)).astype(np.int64), len(found) - 1
        )
        edges = np.flatnonzero(np.diff(columns, prepend=-1))
        if len(edges):
            highest = np.maximum.reduceat(samples, edges)
            found[columns[edges]] = np.maximum(found[columns[edges]], highest)
        done += len(samples)
    return array("f", found.tobytes())
