"""The retail sample: where in the first chapters it ends, and the MPEG frames of it. Bytes in, bytes out.

Frames are independent of one another (`frames`), so the sample is cut out of its chapters without being encoded again,
at a frame's edge inside a pause.
"""

from collections.abc import Iterable

from narrate.publish.frames import parse_header

SHORTEST_S, LONGEST_S = 60.0, 300.0
"""What ACX asks of a sample: "between one and five minutes"."""
_WANTED_S = 180.0


def sample_end(pauses: Iterable[tuple[float, float]], length_s: float) -> float:
    """Where a sample of sound `length_s` long ends, in seconds: in the middle of the first pause of 0.3 s or more
    after three minutes, else of the last pause before five; at the end of what is shorter than that.

    `pauses` are (start, length) in seconds, in order.
    """
    if length_s <= LONGEST_S:
        return length_s
    last = LONGEST_S
    for start_s, pause_s in pauses:
        middle_s = start_s + pause_s / 2
        if middle_s >= LONGEST_S:
            break
        last = middle_s
        if middle_s >= _WANTED_S and pause_s >= 0.3:
            break
    return last


def first_frames(frames: bytes, count: int) -> bytes:
    """The first `count` whole MPEG frames of `frames`, or all there are."""
    end = 0
    for _ in range(count):
        header = parse_header(frames[end : end + 4])
        if header is None or end + header.size > len(frames):
            break
        end += header.size
    return frames[:end]
