"""Who speaks what in a chapter: the parts that its script has, each given a delivery, and who stands in for whom.

In: a chapter's script, the settings, a choice that was made for the chapter. Out: a Casting. Asks the engines which
voices are here; speaks nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from narrate import work
from narrate.cast import NARRATOR, Cast
from narrate.config import Config
from narrate.errors import VoiceError
from narrate.plan import Choice
from narrate.script import ChapterScript, Role, Unspoken, Utterance, part_kind
from narrate.take import Delivery

SAME_VOICE = "same"
"""The voice of a role that the narrator speaks."""

_MIDDLE = 50
_ASIDE_PITCH = 33


@dataclass(frozen=True, kw_only=True, slots=True)
class StandIn:
    """A part that another voice than the wanted one speaks: why, in words, and the line that has it first (0: all).

    `language` is set where a sentence stays with the narrator because nobody speaks that.
    """

    why: str
    line: int
    href: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Casting:
    """The narrator's delivery, and that of every other part of the chapter, by the names of `Utterance.parts`."""

    narrator: Delivery
    parts: dict[str, Delivery]
    stand_ins: tuple[StandIn, ...]


def cast_chapter(script: ChapterScript, settings: Config, choice: Choice | None, language: str) -> Casting:
    """The casting of a chapter of a work in `language`.

    Raises VoiceError when a line of the script, or a choice, asks for a voice that is not here.
    """
    return _Casting(script, settings, choice, language).cast()


class _Casting:
    def __init__(self, script: ChapterScript, settings: Config, choice: Choice | None, language: str) -> None:
        self._script = script
        self._settings = settings
        self._language = language
        self._engine = work.engine(settings.speech)
        self._cast: Cast = settings.cast.of_chapter(script.number, script.title)
        self._stand_ins: list[StandIn] = []
        self._narrator = self._delivered(choice)

    def cast(self) -> Casting:
        """Every part of the script that somebody else than the narrator speaks."""
        found: dict[str, Delivery] = {}
        known: dict[str, Delivery | None] = {}
        for each in self._script.utterances:
            for part in each.parts:
                if part not in known:
                    known[part] = self._part(part, each)
                elif known[part] is None and part_kind(part)[0] == "language":
                    self._nobody(part_kind(part)[1], each)
                if (delivery := known[part]) is not None:
                    found[part] = delivery
                    break
        return Casting(narrator=self._narrator, parts=found, stand_ins=tuple(self._stand_ins))

    def _delivered(self, choice: Choice | None) -> Delivery:
        """The narrator's delivery: a choice for the chapter goes above the cast's, which goes above the book's."""
        base = self._settings.delivery
        if wanted := self._cast.roles.get(NARRATOR, ""):
            found = self._found(wanted, f"cast: the {NARRATOR} of chapter {self._script.number}", line=0)
            base = replace(base, voice=found or base.voice)
        if choice is None:
            return base
        voice = self._engine.resolve(choice.voice, self._language).id if choice.voice else base.voice
        pitch = base.pitch if choice.pitch is None else choice.pitch
        return Delivery(voice=voice, rate_wpm=choice.rate_wpm or base.rate_wpm, pitch=pitch)

    def _part(self, part: str, utterance: Utterance) -> Delivery | None:
        """Who speaks a part; None for whoever speaks the next more general one, in the end the narrator."""
        match part_kind(part):
            case "voice", wanted:
                return self._asked_for(wanted, utterance)
            case "speaker", name:
                return self._speaker(name, utterance)
            case "language", tag:
                return self._foreign(tag, utterance)
            case _, role:
                return self._role(role)

    def _asked_for(self, wanted: str, utterance: Utterance) -> Delivery:
        try:
            return self._with(self._engine.resolve(wanted, self._language).id)
        except VoiceError as error:
            raise VoiceError(f"before {utterance.place}: {error}", hint=error.hint) from error

    def _speaker(self, name: str, utterance: Utterance) -> Delivery | None:
        wanted = self._cast.speakers.get(name, "")
        if not wanted:
            why = f"cast: the speaker “{name}” has no voice, the {NARRATOR} stands in"
            self._stand_ins.append(StandIn(why=why, line=utterance.line))
            return None
        return self._wanted(wanted, f"cast: the speaker “{name}”", utterance.line)

    def _foreign(self, tag: str, utterance: Utterance) -> Delivery | None:
        if _primary(tag) == _primary(self._language):  # another region's spelling
            return None
        with suppress(VoiceError):
            return self._with(self._engine.of_language(tag).id)
        self._nobody(tag, utterance)
        return None

    def _nobody(self, tag: str, utterance: Utterance) -> None:
        if _primary(tag) == _primary(self._language):
            return
        why = f"no voice here speaks “{tag}”, the {NARRATOR} reads it"
        self._stand_ins.append(StandIn(why=why, line=utterance.line, href=utterance.href, language=tag))

    def _role(self, role: str) -> Delivery | None:
        """A role's own voice, a note's also that of descriptions; without one, descriptions and notes have another than
        the narrator's."""
        for name in (role, str(Role.DESCRIPTION)) if role == Role.NOTE else (role,):
            if wanted := self._cast.roles.get(name, ""):
                found = self._wanted(wanted, f"cast: {name}", 0)
                if found:
                    return found
        return self._aside() if role in (Role.DESCRIPTION, Role.NOTE) else None

    def _aside(self) -> Delivery:
        """How descriptions and notes are spoken beside the narrator: in the voice that the settings name, else in the
        engine's second one, else a third of the scale higher or (from above the middle) lower."""
        wanted, base = self._settings.describe_voice, self._narrator
        if wanted == SAME_VOICE:
            return base
        if wanted:
            return self._with(self._engine.resolve(wanted, self._language).id)
        if voice := self._engine.second(base.voice):
            return self._with(voice)
        return replace(base, pitch=base.pitch + _ASIDE_PITCH if base.pitch <= _MIDDLE else base.pitch - _ASIDE_PITCH)

    def _wanted(self, wanted: str, what: str, line: int) -> Delivery | None:
        if wanted == SAME_VOICE:
            return self._narrator
        voice = self._found(wanted, what, line)
        return self._with(voice) if voice else None

    def _found(self, wanted: str, what: str, line: int) -> str:
        """The id of a voice that the cast names; "", and a stand-in that says how to get it, when it is not here."""
        try:
            return self._engine.resolve(wanted, self._language).id
        except VoiceError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._stand_ins.append(StandIn(why=f"{what}: {error}{hint}, somebody else stands in", line=line))
            return ""

    def _with(self, voice: str) -> Delivery:
        return replace(self._narrator, voice=voice)


def remarks(stand_ins: Iterable[StandIn]) -> Iterator[str]:
    """What a person is told of them, each kind once, with the first place and how many more there are."""
    places: dict[str, StandIn] = {}
    counts = Counter[str]()
    for each in stand_ins:
        places.setdefault(each.why, each)
        counts[each.why] += 1
    for why, first in places.items():
        more = f" and {counts[why] - 1} more" if counts[why] > 1 else ""
        place = first.href or f"line {first.line}"
        yield f"{why} ({place}{more})" if first.line or first.href else why


def unspoken(stand_ins: Iterable[StandIn]) -> tuple[Unspoken, ...]:
    """The languages that the narrator reads, each once."""
    found: dict[str, list[StandIn]] = {}
    for each in stand_ins:
        if each.language:
            found.setdefault(each.language, []).append(each)
    return tuple(
        Unspoken(language=language, sentences=len(group), place=group[0].href or f"line {group[0].line}")
        for language, group in found.items()
    )


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
