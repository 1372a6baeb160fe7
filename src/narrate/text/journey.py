"""A journey: which scene is heard at each interlude of a book, so that a long one is no loop.

In: the name of a work, a chapter's number, how many interludes it has. Out: names of scenes. Pure, but for the palette.

From one interlude to the next the scene stays, or changes to one that it `leads_to`. Every chapter begins where the
one before it ended; every eighth is back on the open road, so that no chapter need know of all those before it, and a
change in one chapter moves no scene of another.
"""

import hashlib
from functools import lru_cache

from narrate.assets import palette

HOME = "car driving"
_ROUND_TRIP = 8
_LEG = 3
"""About so many interludes of a chapter are heard in one scene."""


def drive(work: str, number: int, count: int) -> tuple[str, ...]:
    """The scenes of the `count` interludes of chapter `number` (from 1), the last of which leads over to the next."""
    if not count:
        return ()
    tour, at = divmod(number - 1, _ROUND_TRIP)
    stages = _way(HOME, HOME, _ROUND_TRIP, f"{work}\n{tour}")
    hops = max(1, round(count / _LEG))
    stops = _way(stages[at], stages[at + 1], hops, f"{work}\n{number}\nchapter")
    return tuple(stops[place * hops // count] for place in range(1, count + 1))


@lru_cache(maxsize=64)
def _way(start: str, end: str, hops: int, seed: str) -> tuple[str, ...]:
    """The `hops` + 1 stops of a way from `start` to `end`. It stays where it is only where it could not arrive else."""
    stops = [start]
    for left in range(hops - 1, -1, -1):
        here = stops[-1]
        moves = [scene for scene in palette()[here].leads_to if _distance(scene, end) <= left]
        # Not straight back where there is another way.
        onward = [scene for scene in moves if len(stops) < 2 or scene != stops[-2]] or moves or [here]
        digest = hashlib.sha256(f"{seed}\n{left}".encode("utf-8", "surrogatepass")).digest()
        stops.append(onward[int.from_bytes(digest[:8], "big") % len(onward)])
    return tuple(stops)


@lru_cache(maxsize=256)
def _distance(start: str, end: str) -> int:
    """How many changes lead from one scene to another at the least."""
    reached, steps = {start}, 0
    while end not in reached:
        reached |= {after for scene in reached for after in palette()[scene].leads_to}
        steps += 1
    return steps
