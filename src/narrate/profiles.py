"""A person's own mastering profiles: tables of narrate.toml in, `mix.profiles.Profile` out.

    [profiles.tunnel]
    base = "road"
    compression = 0.5

Touches nothing. Every wrong key or number is named.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from narrate.errors import ConfigError
from narrate.mix.profiles import DEFAULT, PROFILES, Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnProfile:
    """A profile as it was written down: the one that it starts from, and what it changes, by the fields' names."""

    name: str
    base: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Number:
    field: str
    least: float
    most: float


_NUMBERS = {
    "loudness": _Number("loudness_lufs", -40, -10),
    "ceiling": _Number("ceiling_dbtp", -20, -0.5),
    "highpass": _Number("highpass_hz", 0, 300),
    "presence": _Number("presence_db", -12, 12),
    "compression": _Number("compression", 0, 0.9),
    "attack": _Number("attack_ms", 1, 100),
    "release": _Number("release_ms", 5, 2000),
    "lift": _Number("lift_db", 0, 24),
    "deess": _Number("deess", 0, 8),
    "bitrate": _Number("bitrate_kbps", 0, 320),
    "head": _Number("head_s", 0, 30),
    "tail": _Number("tail_s", 0, 30),
    "room_tone": _Number("room_tone_dbfs", -90, 0),
}
_SWITCHES = ("interludes", "credits", "sample")
_WHOLE = ("bitrate",)
FIELDS = {key: number.field for key, number in _NUMBERS.items()} | {key: key for key in _SWITCHES}
"""The settings of a profile, and the fields of `Profile` that they are."""


def read_profiles(table: object, *, where: str) -> tuple[OwnProfile, ...]:
    """The profiles of a `[profiles]` table. Raises ConfigError that names `where`, the key and what is allowed."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: profiles must be tables: [profiles.NAME]")
    return tuple(_read(str(name), entries, where) for name, entries in table.items())


def find_profile(name: str, own: Iterable[OwnProfile], *, loudness_lufs: float | None = None) -> Profile:
    """The profile called `name`, a person's own before the built-in ones, at `loudness_lufs` where that is given.

    Raises ConfigError when there is none, or when profiles start from each other in a circle.
    """
    written = {each.name: each for each in own}
    steps: list[OwnProfile] = []
    at = name
    while at in written and written[at] not in steps:
        steps.append(written[at])
        at = steps[-1].base
    if at in written and at not in PROFILES:
        raise ConfigError(f"the profile {name!r} starts from itself")
    if at not in PROFILES:
        known = ", ".join(sorted({*PROFILES, *written}))
        near = difflib.get_close_matches(at, [*PROFILES, *written], n=1)
        raise ConfigError(f"unknown profile {at!r}", hint=f"did you mean {near[0]}?" if near else f"known: {known}")
    profile = PROFILES[at]
    for step in reversed(steps):
        profile = replace(profile, name=step.name, **step.changes)
    return profile if loudness_lufs is None else replace(profile, loudness_lufs=loudness_lufs)


def _read(name: str, entries: object, where: str) -> OwnProfile:
    place = f"{where}: profiles.{name}"
    if not isinstance(entries, Mapping):
        raise ConfigError(f"{place} must be a table: [profiles.{name}]")
    base = entries.get("base", DEFAULT)
    if not isinstance(base, str):
        raise ConfigError(f"{place}.base must be the name of a profile, not {base!r}")
    changes = dict(_change(str(key), value, place) for key, value in entries.items() if key != "base")
    return OwnProfile(name=name, base=base, changes=changes)


def _change(key: str, value: object, place: str) -> tuple[str, Any]:
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise ConfigError(f"{place}.{key} must be true or false, not {value!r}")
        return key, value
    number = _NUMBERS.get(key)
    if number is None:
        known = ("base", *_NUMBERS, *_SWITCHES)
        near = difflib.get_close_matches(key, known, n=3) or known
        raise ConfigError(f"{place}: unknown setting {key!r}", hint=f"known: {', '.join(near)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{place}.{key} must be a number, not {value!r}")
    if not number.least <= value <= number.most:
        raise ConfigError(f"{place}.{key} must be from {number.least:g} to {number.most:g}, not {value}")
    return number.field, int(value) if key in _WHOLE else float(value)
