"""A simulated engine for scripts/scale: takes as long as it is told to, and answers what a real one would, in size.

In: a SpeakTask of real sentences. Out: a Spoken of as many measures and levels. Loaded by the cluster's workers.
"""

import os
import time
from dataclasses import dataclass

from narrate.take import Measure
from narrate.work import SpeakTask, Spoken

AUDIO_S_A_CHARACTER = 0.0625  # 2,400 characters are 150 s: `mix.assemble.STRETCH_CHARACTERS`
STEP_S = 0.093
"""What `mix.levels.TakeLevels` are about: 4 bytes each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedTask:
    """A stretch for an engine that is `speed` times as fast as speech; 0 for one that takes no time at all."""

    task: SpeakTask
    speed: float
    serial: int

    @property
    def key(self) -> str:
        """As the task within, but never the same twice."""
        return f"{self.task.key}-{self.serial}-{self.speed:g}"

    @property
    def audio_s(self) -> float:
        """How long the stretch sounds."""
        return AUDIO_S_A_CHARACTER * sum(len(line.spoken) for line in self.task.lines)


def simulated(task: SimulatedTask) -> Spoken:
    """Sleep as long as the engine would work."""
    if task.speed:
        time.sleep(task.audio_s / task.speed)
    measures = tuple(
        Measure(frame_count=1, sample_rate=22050, packed_words=os.urandom(16 * len(line.spoken.split())))
        for line in task.task.lines
    )
    levels = 32 * len(measures) + 4 * round(task.audio_s / STEP_S)
    return Spoken(measures=measures, levels=os.urandom(levels))
