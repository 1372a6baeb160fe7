"""Mastering profiles: what a chapter's sound is made for, as data. docs/sound.md says where every number comes from.

In: nothing. Out: frozen numbers. A profile of a person's own is one of these with some numbers changed
(`[profiles.mine]` in narrate.toml).
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How speech is mastered: in this order a compressor, a high-pass, a presence filter, a gain a chapter, a limiter.

    `loudness_lufs` is the integrated loudness of a chapter (ITU-R BS.1770-4), `ceiling_dbtp` what its true peaks stay
    under in the decoded file. `highpass_hz` is the corner of 12 dB an octave, 0 for none. `presence_db` is the lift at
    2 kHz, half of it at 1 and at 4 kHz. `compression` is the share of a level's distance from the take's own that is
    taken away: 0 is none, 0.3 a ratio of 1.43:1; `attack_ms` and `release_ms` are its envelope's, `lift_db` the most by
    which it makes anything louder. `deess` is how much louder than it is the compressor takes a sibilant to be, as the
    weight of the signal's difference against the signal: 0 is not at all.

    The rest is for deliveries with rules of their own. `bitrate_kbps`, `head_s` and `tail_s` stand where a person names
    none; 0 leaves the setting's own default. `room_tone_dbfs` is the RMS of what pauses hold where the voice has no
    floor of its own; 0 is digital silence. `interludes` allows ambience. `credits` adds a chapter of spoken credits at
    either end, `sample` a file of a few minutes for shops.
    """

    name: str
    loudness_lufs: float
    ceiling_dbtp: float = -1.0
    highpass_hz: float = 80.0
    presence_db: float = 0.0
    compression: float = 0.0
    attack_ms: float = 2.0
    release_ms: float = 50.0
    lift_db: float = 6.0
    deess: float = 0.0
    bitrate_kbps: int = 0
    head_s: float = 0.0
    tail_s: float = 0.0
    room_tone_dbfs: float = 0.0
    interludes: bool = True
    credits: bool = False
    sample: bool = False

    @property
    def mastering(self) -> tuple[float, ...]:
        """The numbers that decide what becomes of given takes and pauses: what a stretch's key must hold."""
        return (
            self.loudness_lufs,
            self.ceiling_dbtp,
            self.highpass_hz,
            self.presence_db,
            self.compression,
            self.attack_ms,
            self.release_ms,
            self.lift_db,
            self.deess,
            self.room_tone_dbfs,
        )

    def describe(self) -> str:
        """`road`, or `mine (loudness_lufs -17)`: the name, and what differs from the built-in profile of that name."""
        base = PROFILES.get(self.name, PROFILES[DEFAULT])
        changed = [
            f"{each.name} {getattr(self, each.name):g}"
            for each in fields(self)
            if each.name != "name" and getattr(self, each.name) != getattr(base, each.name)
        ]
        return f"{self.name} ({', '.join(changed)})" if changed else self.name


DEFAULT = "road"
PROFILES = {
    each.name: each
    for each in (
        Profile(name="road", loudness_lufs=-16.0, presence_db=3.0, compression=0.3),
        Profile(name="podcast", loudness_lufs=-16.0, presence_db=1.5, compression=0.15, deess=1.0),
        Profile(name="calm", loudness_lufs=-18.0, highpass_hz=60.0),
        Profile(
            name="acx",
            loudness_lufs=-19.5,
            ceiling_dbtp=-3.0,
            compression=0.2,
            deess=1.0,
            bitrate_kbps=192,
            head_s=0.75,
            tail_s=1.5,
            room_tone_dbfs=-72.0,
            interludes=False,
            credits=True,
            sample=True,
        ),
    )
}
"""The built-in profiles, by name."""
