"""All settings of one book: narrate.toml, front matter and flags, checked and joined into one frozen Config.

The later of these wins (word by word in `[pronunciation]`): built-in defaults, `<stem>.narrate.toml` (or
`narrate.toml`) beside the source, the front matter's `narrate:` table, the flags of the command line. An unknown key
or a wrong type is an error that names the file, the key and what is allowed.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from typing import cast as typed

from narrate.cast import Cast, read_cast
from narrate.document import LANGUAGE_WANTED, language_tag
from narrate.errors import ConfigError
from narrate.mix.beds import MANIFEST, read_recordings
from narrate.mix.effects import EFFECTS
from narrate.mix.options import MixOptions
from narrate.mix.profiles import DEFAULT, Profile
from narrate.profiles import OwnProfile, find_profile, read_profiles
from narrate.pronunciation import read_lexicons, read_table
from narrate.publish.formats import FORMATS, MP3, formats_of
from narrate.publish.options import Mp3Options, bitrates_kbps
from narrate.script import Role
from narrate.source.location import Location
from narrate.speech.options import DEVICES, SpeechOptions, Verify, engine_name
from narrate.take import Delivery
from narrate.text.lexicon import Entry, Lexicon
from narrate.text.options import Mode, Modes, Pauses, TextOptions


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its type, and for numbers the least and the most. Where not every such value will do, `read` gives None
    for those that won't, and `wanted` says what will. A path is a file's; with `holds`, a folder's with this file
    (".": with anything)."""

    kind: type
    least: float = 0.0
    most: float = 0.0
    read: Callable[[Any], object] | None = None
    wanted: str = ""
    holds: str = ""


JOURNEY = "journey"
_BITRATES = bitrates_kbps(Mp3Options().sample_rate)
NO_EFFECT = "none"
_SECONDS = Setting(float, 0, 30)


def _mode(*modes: Mode) -> Callable[[str], object]:
    """Reads one of `modes`."""
    known = {str(each): each for each in modes} | {"after paragraph": Mode.FULL}
    return lambda text: mode if (mode := known.get(text)) in modes else None


def _scene(text: str) -> str | None:
    return " ".join(text.casefold().split()) or None


_EFFECT = Setting(
    str,
    read=lambda name: name if name in (*EFFECTS, NO_EFFECT) else None,
    wanted=" or ".join(f"“{name}”" for name in (*EFFECTS, NO_EFFECT)),
)
_MODES = Setting(str, read=_mode(Mode.FULL, Mode.BRIEF, Mode.SKIP), wanted="“full”, “brief” or “skip”")
SCHEMA: dict[str, Setting] = {
    "title": Setting(str),
    "author": Setting(str),
    "language": Setting(str, read=lambda text: language_tag(text) if text else "", wanted=LANGUAGE_WANTED),
    "narrator": Setting(str),
    "date": Setting(str),
    "cover": Setting(Path),
    "engine": Setting(str, read=engine_name),
    "verify.model": Setting(Path, holds="."),
    "verify.worst": Setting(float, 0.01, 1),
    "device": Setting(str, read=lambda name: name if name in DEVICES else None, wanted=f"one of {', '.join(DEVICES)}"),
    "voice": Setting(str),
    "rate": Setting(int, 80, 450),
    "pitch": Setting(int, 0, 100),
    "pauses.head": _SECONDS,
    "pauses.sentence": _SECONDS,
    "pauses.paragraph": _SECONDS,
    "pauses.heading": _SECONDS,
    "pauses.chapter": _SECONDS,
    "pauses.section": _SECONDS,
    "pauses.description": _SECONDS,
    "pauses.tail": _SECONDS,
    **{f"describe.{each.name}": _MODES for each in fields(Modes)},
    "describe.notes": Setting(
        str, read=_mode(*Mode), wanted=f"“{Mode.FULL}” (or “after paragraph”), “{Mode.AT_THE_END}”, “brief” or “skip”"
    ),
    "describe.mode": _MODES,
    "describe.voice": Setting(str),
    "interludes.enabled": Setting(bool),
    "interludes.scene": Setting(str, read=_scene, wanted="a scene's name: see narrate interludes"),
    "interludes.scenes": Setting(str, read=lambda text: text if text == JOURNEY else None, wanted=f"“{JOURNEY}”"),
    "interludes.folder": Setting(Path, read=read_recordings, holds=MANIFEST),
    "interludes.file": Setting(Path),
    "interludes.seconds": Setting(float, 1, 120),
    **{f"effects.{role}": _EFFECT for role in Role},
    "interludes.fade": Setting(float, 0, 10),
    "interludes.below": Setting(float, 0, 40),
    "interludes.under_speech": Setting(float, 0, 30),
    "audio.bitrate": Setting(
        int,
        min(_BITRATES),
        max(_BITRATES),
        read=lambda kbps: kbps if kbps in _BITRATES else None,
        wanted=f"one of {', '.join(map(str, _BITRATES))} kbit/s",
    ),
    "audio.loudness": Setting(float, -40, -10),
    "audio.profile": Setting(str),
    "formats": Setting(str, read=formats_of, wanted=f"some of {', '.join((MP3, *FORMATS))}"),
}
"""Every key of the configuration, a table's keys with its name and a dot. The README lists them with their units."""

_KINDS = frozenset(f"describe.{each.name}" for each in fields(Modes))
_WORDS = "pronunciation"
_CAST = "cast"
_PROFILES = "profiles"
_KNOWN = (*SCHEMA, _WORDS, _CAST, "lexicons", _PROFILES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The settings of one book. The metadata settings are "" (or None) where the source decides. `formats` are
    those beside MP3."""

    title: str = ""
    author: str = ""
    language: str = ""
    narrator: str = ""
    date: str = ""
    cover: Path | None = None
    speech: SpeechOptions = field(default_factory=SpeechOptions)
    cast: Cast = field(default_factory=Cast)
    delivery: Delivery = field(default_factory=lambda: Delivery(voice=""))
    describe_voice: str = ""
    text: TextOptions = field(default_factory=TextOptions)
    mix: MixOptions = field(default_factory=MixOptions)
    mp3: Mp3Options = field(default_factory=Mp3Options)
    formats: tuple[str, ...] = ()


def settings_file(source: Path | Location) -> Path | None:
    """The configuration beside `source`: `<stem>.narrate.toml`, else `narrate.toml`, else None. What is no file has its
    settings in the current folder."""
    for name in (f"{source.stem}.narrate.toml", "narrate.toml"):
        path = source.parent / name
        with suppress(OSError):  # a source's own name may be so long that one more suffix is too much
            if path.is_file():
                return path
    return None


def here(flags: Mapping[str, object]) -> Config:
    """The settings of the `narrate.toml` in the current folder, if there is one, and `flags` above them."""
    beside = settings_file(Path("narrate"))
    layers = [read_settings(beside)] if beside else []
    return join(*layers, check(flags, where="command line", folder=Path()))


def read_settings(path: Path) -> dict[str, object]:
    """The checked settings of a TOML file, flat: `{"pauses.sentence": 0.2}`. Raises ConfigError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return check(table, where=str(path), folder=path.parent)


def check(table: Mapping[str, object], *, where: str, folder: Path) -> dict[str, object]:
    """The settings of `table`, flat and of the right types; paths are taken from `folder`.

    Raises ConfigError that names `where`, the key and what is allowed.
    """
    settings: dict[str, object] = {}
    table = dict(table)
    words, lexicons = table.pop(_WORDS, {}), table.pop("lexicons", [])
    settings |= _cast(table, where)
    entries = (*read_lexicons(lexicons, where=where, folder=folder), *read_table(words, where=where))
    if entries:
        settings[_WORDS] = entries
    if _PROFILES in table:
        settings[_PROFILES] = read_profiles(table.pop(_PROFILES), where=where)
    flat = _flat(table)
    if flat.keys() >= {"interludes.scene", "interludes.scenes"}:
        raise ConfigError(f"{where}: interludes.scene is one scene and interludes.scenes a journey: give one of them")
    for key, value in flat.items():
        setting = SCHEMA.get(key)
        if setting is None:
            known = ", ".join(difflib.get_close_matches(key, _KNOWN, n=3, cutoff=0.5) or _KNOWN)
            raise ConfigError(f"{where}: unknown setting {key!r}", hint=f"known: {known}")
        settings[key] = _checked(key, value, setting, where, folder)
    return settings


def join(*layers: Mapping[str, object]) -> Config:
    """One Config out of checked settings, the later layer above the earlier."""
    settings: dict[str, object] = {}
    words: list[Entry] = []
    profiles: list[OwnProfile] = []
    cast = Cast()
    for layer in layers:
        if layer.get("describe.mode"):  # above what an earlier layer says of single kinds
            settings = {key: value for key, value in settings.items() if key not in _KINDS}
        if "interludes.scene" in layer:  # one scene, where an earlier layer went on a journey
            settings.pop("interludes.scenes", None)
        settings |= {key: value for key, value in layer.items() if value is not None}
        words += typed("tuple[Entry, ...]", layer.get(_WORDS, ()))
        cast = cast.under(typed(Cast, layer.get(_CAST, Cast())))
        profiles += typed("tuple[OwnProfile, ...]", layer.get(_PROFILES, ()))
    profile = find_profile(
        typed(str, settings.get("audio.profile", DEFAULT)),
        profiles,
        loudness_lufs=typed("float | None", settings.get("audio.loudness")),
    )
    settings = _of_profile(profile) | settings
    if not profile.interludes:
        settings["interludes.enabled"] = False

    def given(prefix: str, names: Mapping[str, str]) -> dict[str, Any]:
        return {name: settings[prefix + key] for key, name in names.items() if prefix + key in settings}

    base = Config()
    plain = {name: name for name in ("title", "author", "language", "narrator", "date", "cover", "formats")}
    pauses = {
        key.removeprefix("pauses."): f"{key.removeprefix('pauses.')}_s" for key in SCHEMA if key.startswith("pauses.")
    }
    text = {"enabled": "interludes", "seconds": "interlude_s", "scene": "scene", "under_speech": "under_speech_s"}
    mix = {"fade": "interlude_fade_s", "below": "interlude_below_lu"}
    recordings = dict(typed("tuple[tuple[str, Path], ...]", settings.get("interludes.folder", ())))
    if own := settings.get("interludes.file"):
        recordings[str(settings.get("interludes.scene", base.text.scene))] = typed(Path, own)
    return replace(
        base,
        **given("", plain),
        **given("describe.", {"voice": "describe_voice"}),
        speech=replace(
            base.speech, **given("", {name: name for name in ("engine", "device")}), verify=_verify(settings)
        ),
        cast=cast,
        delivery=replace(base.delivery, **given("", {"voice": "voice", "rate": "rate_wpm", "pitch": "pitch"})),
        text=replace(
            base.text,
            pauses=replace(Pauses(), **given("pauses.", pauses)),
            lexicon=Lexicon(tuple(words)),
            describe=replace(_modes(settings), **given("describe.", {each.name: each.name for each in fields(Modes)})),
            journey="interludes.scenes" in settings,
            **given("interludes.", text),
        ),
        mix=replace(
            base.mix,
            profile=profile,
            recordings=tuple(recordings.items()),
            effects=_effects(settings),
            **given("interludes.", mix),
        ),
        mp3=replace(base.mp3, **given("audio.", {"bitrate": "bitrate_kbps"})),
    )


def _of_profile(profile: Profile) -> dict[str, object]:
    """The settings that a profile stands for where a person names none."""
    wanted = {"audio.bitrate": profile.bitrate_kbps, "pauses.head": profile.head_s, "pauses.tail": profile.tail_s}
    return {key: value for key, value in wanted.items() if value}


def _cast(table: dict[str, object], where: str) -> dict[str, object]:
    """The cast, taken out of `table`, and the narrator's voice where it names that."""
    if _CAST not in table:
        return {}
    cast, narrator = read_cast(table.pop(_CAST), where=where)
    if narrator and "voice" in table:
        raise ConfigError(f"{where}: voice and cast.narrator are the same setting, and both are given")
    return {_CAST: cast} | ({"voice": narrator} if narrator else {})


def _verify(settings: Mapping[str, object]) -> Verify | None:
    if "verify.model" not in settings:
        return None
    found = Verify(model=str(settings["verify.model"]))
    worst = settings.get("verify.worst")
    return replace(found, worst=worst) if isinstance(worst, float) else found


def _effects(settings: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    chosen = ((str(role), settings.get(f"effects.{role}", NO_EFFECT)) for role in Role)
    return tuple((role, str(name)) for role, name in chosen if name != NO_EFFECT)


def _modes(settings: Mapping[str, object]) -> Modes:
    mode = settings.get("describe.mode")
    return Modes.all(mode) if isinstance(mode, Mode) else Modes()


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[str(key)] = value
    return flat


def _checked(key: str, value: object, setting: Setting, where: str, folder: Path) -> object:
    wanted = {str: "a text", Path: "a file's name", bool: "true or false", int: "a whole number", float: "a number"}
    kind = setting.kind
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and number:
        value = float(value)  # type: ignore[arg-type]
    right = isinstance(value, str) if kind in (str, Path) else type(value) is kind
    if not right:
        raise ConfigError(f"{where}: {key} must be {wanted[kind]}, not {value!r}")
    if kind in (int, float) and not setting.least <= value <= setting.most:  # type: ignore[operator]
        raise ConfigError(f"{where}: {key} must be from {setting.least:g} to {setting.most:g}, not {value}")
    if kind is Path:
        return _path(key, folder / str(value), setting, where)
    if setting.read:
        read = setting.read(value)
        if read is None:
            raise ConfigError(f"{where}: {key} must be {setting.wanted}, not {value!r}")
        return read
    return value


def _path(key: str, path: Path, setting: Setting, where: str) -> object:
    if setting.holds == "." and not path.is_dir():
        raise ConfigError(f"{where}: {key}: no such folder: {path}")
    if setting.holds and not (path / setting.holds).exists():
        raise ConfigError(f"{where}: {key}: no folder with a {setting.holds}: {path}")
    if not setting.holds and not path.is_file():
        raise ConfigError(f"{where}: {key}: no such file: {path}")
    return setting.read(path) if setting.read else path
