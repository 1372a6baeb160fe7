"""A chapter's Media Overlay (EPUB 3.3 clause 9): which stretch of its MP3 says which sentence. Pure.

Stretches follow one another without a gap, a pause belonging to what is before it, so that a reading system plays the
chapter as it is, and durations add up to the millisecond.
"""

from collections.abc import Sequence

from narrate.publish.epub.page import CHAPTER, Part
from narrate.publish.transcript import HeardChapter


def duration_ms(chapter: HeardChapter) -> int:
    """The chapter's length: what its stretches add up to."""
    return round(1000 * chapter.duration_s)


def overlay(chapter: HeardChapter, parts: Sequence[Part], *, page: str, audio: str) -> str:
    """The overlay of the content document `page` and the sound `audio`, both as relative URLs.

    An aside is a sequence of its own with its `epub:type`, which reading systems may skip or leave (9.3.4, 9.3.5).
    """
    starts = [round(1000 * (cue.start_s - chapter.start_s)) for part in parts for cue in part.cues]
    bounds = [0, *starts[1:], duration_ms(chapter)]
    lines, index = [], 0
    for part in parts:
        pairs = []
        for cue in part.cues:
            begin, end = bounds[index], max(bounds[index] + 1, bounds[index + 1])
            pairs.append(
                f'<par id="p-{cue.id}"><text src="{page}#{cue.id}"/>'
                f'<audio src="{audio}" clipBegin="{clock(begin)}" clipEnd="{clock(end)}"/></par>'
            )
            index += 1
        text = "\n".join(pairs)
        if part.is_aside:
            text = f'<seq id="s-{part.id}" epub:type="{part.kind}" epub:textref="{page}#{part.id}">\n{text}\n</seq>'
        lines.append(text)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" version="3.0">
<body>
<seq id="chapter" epub:type="chapter" epub:textref="{page}#{CHAPTER}">
{chr(10).join(lines)}
</seq>
</body>
</smil>
"""


def clock(milliseconds: int) -> str:
    """A SMIL clock value: `0:01:02.500`."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
