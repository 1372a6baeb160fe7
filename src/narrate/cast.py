"""The table `[cast]` of a configuration: who speaks what, by the names of voices that a person wrote. Checked, not
looked up: which of these voices are here is known to `casting`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from narrate.errors import ConfigError
from narrate.script import Role

NARRATOR = "narrator"
ROLES = (str(Role.HEADING), str(Role.DESCRIPTION), str(Role.QUOTATION), str(Role.NOTE))
_SPEAKERS, _CHAPTERS = "speakers", "chapters"
_EXAMPLE = 'quotation = "en-gb", speakers = { Misaki = "en-us+f3" }'


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """Voices by role (NARRATOR in chapters only: the book's own is a setting) and by speaker; and those that go above
    them in single chapters, by number or title."""

    roles: Mapping[str, str] = field(default_factory=dict)
    speakers: Mapping[str, str] = field(default_factory=dict)
    chapters: Mapping[str, "Cast"] = field(default_factory=dict)

    def under(self, above: "Cast") -> "Cast":
        """This cast with another one, name by name, above it."""
        chapters = {name: self.chapters.get(name, Cast()).under(each) for name, each in above.chapters.items()}
        return Cast(
            roles={**self.roles, **above.roles},
            speakers={**self.speakers, **above.speakers},
            chapters={**self.chapters, **chapters},
        )

    def of_chapter(self, number: int, title: str) -> "Cast":
        """The cast of one chapter."""
        own = (self.chapters.get(name, Cast()) for name in (str(number), title))
        found = Cast(roles=self.roles, speakers=self.speakers)
        for each in own:
            found = found.under(each)
        return found


def read_cast(table: object, *, where: str) -> tuple[Cast, str]:
    """The cast of a table, and the narrator's voice ("" for none). Raises ConfigError that names the key."""
    cast = _read(table, f"{where}: cast", (_SPEAKERS, _CHAPTERS))
    narrator = cast.roles.get(NARRATOR, "")
    roles = {name: voice for name, voice in cast.roles.items() if name != NARRATOR}
    return Cast(roles=roles, speakers=cast.speakers, chapters=cast.chapters), narrator


def _read(table: object, at: str, tables: tuple[str, ...]) -> Cast:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{at} must be a table", hint=_EXAMPLE)
    for key in table:
        if key not in (NARRATOR, *ROLES, *tables):
            raise ConfigError(f"{at}: unknown role {key!r}", hint=f"known: {', '.join((NARRATOR, *ROLES, *tables))}")
    chapters = table.get(_CHAPTERS, {})
    if not isinstance(chapters, Mapping):
        raise ConfigError(f"{at}: {_CHAPTERS} must be a table of chapters", hint=f'chapters.3 = {{ {NARRATOR} = "…" }}')
    return Cast(
        roles=_voices({name: table[name] for name in (NARRATOR, *ROLES) if name in table}, at),
        speakers=_voices(table.get(_SPEAKERS, {}), f"{at}: {_SPEAKERS}"),
        chapters={str(name): _read(own, f"{at}: chapter {name!r}", (_SPEAKERS,)) for name, own in chapters.items()},
    )


def _voices(table: object, at: str) -> dict[str, str]:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{at} must be a table of names and voices", hint=_EXAMPLE)
    for name, voice in table.items():
        if not isinstance(voice, str) or not voice.strip():
            raise ConfigError(f"{at}: {name} must be the name of a voice, not {voice!r}", hint="see: narrate voices")
    return {str(name): voice.strip() for name, voice in table.items()}
