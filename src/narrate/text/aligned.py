"""Two lines that lie side by side, what is shown and what is said: put together from pieces, and changed in places.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from narrate.script import Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """`said` is said instead of `text[start:end]`, or between its letters where `start == end`."""

    start: int
    end: int
    said: str


class Aligned:
    """Two lines that grow side by side."""

    def __init__(self) -> None:
        self.text = ""
        self.said = ""
        self.spans: list[Span] = []

    def add(self, shown: str, said: str) -> None:
        """Words that differ, or (when they do not) correspond letter for letter."""
        if shown != said:
            self.spans.append(
                Span(
                    spoken_start=len(self.said),
                    spoken_end=len(self.said) + len(said),
                    text_start=len(self.text),
                    text_end=len(self.text) + len(shown),
                )
            )
        self.text += shown
        self.said += said

    def add_aligned(self, shown: str, said: str, spans: Sequence[Span]) -> None:
        """Words of the author with the spans that were found in them."""
        if not said:
            self.add(shown, said)
            return
        self.spans += (moved(span, spoken=len(self.said), text=len(self.text)) for span in spans)
        self.text += shown
        self.said += said


def moved(span: Span, *, spoken: int = 0, text: int = 0) -> Span:
    """The span, so many characters further on."""
    return Span(
        spoken_start=span.spoken_start + spoken,
        spoken_end=span.spoken_end + spoken,
        text_start=span.text_start + text,
        text_end=span.text_end + text,
    )


def edited(said: str, spans: tuple[Span, ...], edits: Sequence[Edit]) -> tuple[str, tuple[Span, ...]]:
    """`said` and its alignment with `edits` made, which are in order of `start` and do not overlap.

    One that begins or ends inside a span takes the whole span: "three times" may stand for three signs.
    """
    for edit in reversed(edits):
        said, spans = _with(said, spans, edit)
    return said, spans


def _with(said: str, spans: tuple[Span, ...], edit: Edit) -> tuple[str, tuple[Span, ...]]:
    replaces = edit.start < edit.end
    before = [s for s in spans if s.text_end <= edit.start and (replaces or s.text_start < edit.start)]
    inside = [span for span in spans if span.text_start < edit.end and span.text_end > edit.start]
    if edit.start == edit.end and inside:  # inside what is said as a whole: behind it
        at = inside[-1].text_end
        return _with(said, spans, replace(edit, start=at, end=at))
    after = [span for span in spans if span not in before and span not in inside]
    shift = before[-1].spoken_end - before[-1].text_end if before else 0
    start, text_start = edit.start + shift, edit.start
    end, text_end = edit.end + shift, edit.end
    if inside:
        first, last = inside[0], inside[-1]
        if first.text_start <= edit.start:
            start, text_start = first.spoken_start, first.text_start
        beyond = max(0, edit.end - last.text_end)
        end, text_end = last.spoken_end + beyond, last.text_end + beyond
    grown = len(edit.said) - (end - start)
    made = Span(spoken_start=start, spoken_end=start + len(edit.said), text_start=text_start, text_end=text_end)
    return said[:start] + edit.said + said[end:], (*before, made, *(moved(span, spoken=grown) for span in after))
