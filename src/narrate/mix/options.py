"""What the mixing stage can be told; every number of the sound stands here once."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class MixOptions:
    """How a chapter is mixed.

    `sample_rate` in Hz is the release's. The speech of a chapter comes to `loudness_lufs` (integrated, ITU-R
    BS.1770-4; -18 LUFS is what AES TD1008 recommends for speech) with true peaks up to `ceiling_dbtp`. An interlude
    lies `interlude_below_lu` under the speech, is faded over `interlude_fade_s` at both ends, and is taken from the
    bed of its scene, or from `interlude`, a recording of the listener's own.
    """

    sample_rate: int = 44100
    loudness_lufs: float = -18.0
    ceiling_dbtp: float = -1.5
    interlude_below_lu: float = 9.0
    interlude_fade_s: float = 1.25
    interlude: Path | None = None
