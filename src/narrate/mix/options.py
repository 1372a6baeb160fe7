"""What the mixing stage can be told; every number of the sound stands here once."""

from dataclasses import dataclass
from pathlib import Path

from narrate.mix.profiles import DEFAULT, PROFILES, Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class MixOptions:
    """How a chapter is mixed.

    `sample_rate` in Hz is the release's; `profile` masters the speech. An interlude lies `interlude_below_lu` under the
    speech's loudness, is faded over `interlude_fade_s` at both ends, and is taken from the bed of its scene: one of
    `recordings`, the listener's own by the names of their scenes, else one of the palette. `effects` are names of
    `mix.effects.EFFECTS` by the role (`script.Role`) whose voice they change.
    """

    sample_rate: int = 44100
    profile: Profile = PROFILES[DEFAULT]
    interlude_below_lu: float = 9.0
    interlude_fade_s: float = 1.25
    recordings: tuple[tuple[str, Path], ...] = ()
    effects: tuple[tuple[str, str], ...] = ()

    def effect(self, role: str) -> str:
        """The name of the effect on the voice of `role`, "" for none."""
        return dict(self.effects).get(role, "")

    def sound(self, scene: str) -> str | Path:
        """What is heard in a scene: the listener's own recording, else the scene of that name in the palette."""
        return dict(self.recordings).get(scene, scene)
