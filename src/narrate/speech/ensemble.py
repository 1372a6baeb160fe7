"""All engines of this machine behind one door: a voice's id says which of them speaks.

A voice of another engine than pyttsx3 is known as `ENGINE:VOICE` (`piper:en_US-lessac-medium`); engines themselves
know nothing of it. What a person writes is looked for in the engine that it names, else in the options' own, else in
every other. Engines are built when they are first asked for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, cast

from narrate.errors import NarrateError, VoiceError
from narrate.script import plain, plain_places
from narrate.speech.engine import Delivery, Engine, ServedEngine, Traits, Voice
from narrate.speech.options import UNMARKED, SpeechOptions, engine_name
from narrate.speech.trust import VERSION as TRUST_VERSION
from narrate.speech.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from narrate.speech.verify import Listener
    from narrate.take import Take

GROUP = "narrate.engines"
"""The entry points by which other packages bring engines: a callable that takes SpeechOptions and gives an Engine."""

_PREFIX = re.compile(r"([A-Za-z][\w-]*):(.*)", re.DOTALL)


class Ensemble:
    """Every engine by its voices. Where one is missing, its voices are; asking for one of them says what to install."""

    def __init__(self, options: SpeechOptions, engines: "Mapping[str, Callable[[SpeechOptions], Engine]]") -> None:
        """`engines` are narrate's own; those of other packages are found by their entry points."""
        self._options = options
        self._builders = engines
        self._built: dict[str, Engine] = {}
        self._trusts: dict[str, Trust] = {}
        self._names: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Every engine's name, the options' own first; whether its library is there is not looked at."""
        if not self._names:
            from importlib.metadata import entry_points  # 100 modules, and most processes never ask

            found = [self._options.engine, *self._builders, *(each.name for each in entry_points(group=GROUP))]
            self._names = tuple(dict.fromkeys(found))
        return self._names

    def engine(self, name: str) -> Engine:
        """The engine called `name`. Raises VoiceError when there is none, or when what it needs is missing."""
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def voices(self) -> tuple[Voice, ...]:
        """Every voice of every engine that is there, the options' own engine first."""
        found: list[Voice] = []
        for each in self._present():
            found += (_known(each, voice) for voice in _listed(each))
        return tuple(found)

    def resolve(self, wanted: str, language: str) -> Voice:
        """The voice that a person means by `wanted`: an id, a name or a language tag, perhaps after `ENGINE:`.

        "" takes the default of `language` in the options' own engine. Raises VoiceError, which says how to get it.
        """
        engine, name = self._split(wanted.strip())
        if engine or not wanted.strip():
            own = self.engine(engine or self._options.engine)
            return _known(own, own.resolve(name, language))
        own = self.engine(self._options.engine)
        try:
            return _known(own, own.resolve(name, language))
        except VoiceError as error:
            for other in self._present():
                with suppress(VoiceError):
                    if other is not own:
                        return _known(other, other.resolve(name, language))
            raise error

    def of_language(self, language: str) -> Voice:
        """A voice of `language`, of the options' own engine if it has one, else of any. Raises VoiceError."""
        own = self.engine(self._options.engine)
        for each in (own, *(other for other in self._present() if other is not own)):
            with suppress(VoiceError):
                return _known(each, each.resolve("", language))
        raise VoiceError(f"no voice here speaks “{language}”", hint="see what there is with: narrate voices")

    def second(self, voice: str) -> str:
        """See `Engine.second`."""
        engine, own = self._of(voice)
        found = engine.second(own)
        return _id(engine, found) if found else ""

    def fingerprint(self, voice: str) -> str:
        """See `Engine.fingerprint`."""
        engine, own = self._of(voice)
        found = engine.fingerprint(own)
        listener = self._listener
        if engine.traits.varies or listener:
            found += f", trust {TRUST_VERSION}"
        return f"{found}, {listener.fingerprint}" if listener else found

    def traits(self, voice: str) -> Traits:
        """The traits of the engine that `voice` is of."""
        return self._of(voice)[0].traits

    def serve(self, voices: Iterable[str]) -> bool:
        """Start what the engines of `voices` share with processes that are forked from this one; whether any does."""
        served = [engine for engine, _ in map(self._of, voices) if engine.traits.served]
        for each in served:
            cast(ServedEngine, each).serve()
        return bool(served)

    def speak(self, spoken: str, delivery: Delivery) -> "Take":
        """See `Engine.speak`."""
        engine, voice = self._of(delivery.voice)
        take = self._trust(engine).speak(_understood(engine, spoken), replace(delivery, voice=voice))
        return _placed(engine, spoken, take)

    @cached_property
    def _listener(self) -> "Listener | None":
        """Who hears the takes, where somebody asked for it. Raises VoiceError when what that needs is missing."""
        if self._options.verify is None:
            return None
        from narrate.speech.verify import Listener

        return Listener(self._options.verify)

    def speak_all(self, lines: Sequence[tuple[str, Delivery]]) -> "Iterator[Take]":
        """The takes of `lines` (spoken, delivery), in order, each as soon as it is there."""
        for engine, group in groupby(lines, key=lambda line: self._of(line[1].voice)[0]):
            size = engine.traits.batch
            if size == 1 or engine.traits.varies or self._listener:
                yield from (self.speak(*line) for line in group)
                continue
            asked = list(group)
            for start in range(0, len(asked), size):
                part = asked[start : start + size]
                plain = [(_understood(engine, text), replace(how, voice=self._of(how.voice)[1])) for text, how in part]
                takes = self._trust(engine).speak_all(plain)
                yield from (_placed(engine, text, take) for (text, _), take in zip(part, takes, strict=True))

    def why_silent(self, name: str) -> str:
        """Why the engine called `name` has no voice here, and what to do about it; "" when it has one."""
        try:
            if _listed(self.engine(name)):
                return ""
            self.engine(name).resolve("", "en")
        except VoiceError as error:
            return f"{error} ({error.hint})" if error.hint else str(error)
        return ""

    def _trust(self, engine: Engine) -> Trust:
        if engine.name not in self._trusts:
            self._trusts[engine.name] = Trust(engine, self._listener)
        return self._trusts[engine.name]

    def _of(self, voice: str) -> tuple[Engine, str]:
        """The engine of a voice's id, and the id by which that engine knows it."""
        engine, own = self._split(voice)
        return self.engine(engine or UNMARKED), own

    def _split(self, voice: str) -> tuple[str, str]:
        found = _PREFIX.fullmatch(voice)
        if found:
            name = engine_name(found[1])
            if name in self.names():
                return name, found[2].strip()
        return "", voice

    def _build(self, name: str) -> Engine:
        if name in self._builders:
            return self._builders[name](self._options)
        from importlib.metadata import entry_points

        for entry in entry_points(group=GROUP, name=name):
            try:
                engine: Engine = entry.load()(self._options)
                called = engine.name
            except NarrateError:
                raise
            except Exception as error:  # another package's code
                reason = f"{type(error).__name__}: {error}"
                raise VoiceError(f"the engine “{name}” ({entry.value}) cannot be loaded: {reason}") from error
            if called != name:
                raise VoiceError(f"the engine “{name}” ({entry.value}) calls itself “{called}”")
            return engine
        raise VoiceError(f"no speech engine called “{name}”", hint=f"there is {', '.join(self._known_names())}")

    def _known_names(self) -> Iterable[str]:
        return (name for name in self.names() if name != self._options.engine or name in self._builders)

    def _present(self) -> Iterator[Engine]:
        """Every engine that can be built here and has a voice."""
        for name in self.names():
            with suppress(VoiceError):
                engine = self.engine(name)
                if _listed(engine):
                    yield engine


def _listed(engine: Engine) -> tuple[Voice, ...]:
    """Its voices. Raises VoiceError, whatever an engine of another package may raise."""
    try:
        return engine.voices()
    except NarrateError:
        raise
    except Exception as error:
        raise VoiceError(f"{engine.name} cannot list its voices: {type(error).__name__}: {error}") from error


def _understood(engine: Engine, spoken: str) -> str:
    return spoken if engine.traits.phonemes else plain(spoken)


def _placed(engine: Engine, spoken: str, take: "Take") -> "Take":
    """The take with the places of its words in `spoken`, where the engine was given plain words."""
    if engine.traits.phonemes or plain(spoken) == spoken:
        return take
    places = plain_places(spoken)
    words = tuple(
        replace(word, spoken_start=places[word.spoken_start], spoken_end=places[word.spoken_end - 1] + 1)
        for word in take.info.words
    )
    return replace(take, info=replace(take.info, words=words))


def _id(engine: Engine, voice: str) -> str:
    return voice if engine.name == UNMARKED else f"{engine.name}:{voice}"


def _known(engine: Engine, voice: Voice) -> Voice:
    return replace(voice, id=_id(engine, voice.id), engine=engine.name)
