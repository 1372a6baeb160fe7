"""A line as the book would say it: its normalisation, its lexicon, its voice; and the names that a lexicon may want.

Reads the source and its settings; writes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from narrate import config, project, work
from narrate.document import Origin, Paragraph
from narrate.errors import SpeechError
from narrate.script import plain
from narrate.take import Take
from narrate.text.describe import voiced
from narrate.text.names import Name, NameFinder

Flags = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rehearsal:
    """What the engine was given, for people to read, and the takes, one a sentence."""

    words: str
    takes: tuple[Take, ...]


def rehearse(line: str, *, book: project.Request | None, flags: Flags) -> Rehearsal:
    """Speak `line` with the settings of `book`, or with `flags` and those of the `narrate.toml` in this folder.

    Entries of the lexicon for single chapters are all in force. Raises SourceError, ConfigError, VoiceError, and
    SpeechError when there is nothing to say.
    """
    if book:
        opened = project.open_project(book)
        settings, language = opened.config, opened.metadata.language
    else:
        settings = config.here(flags)
        language = settings.language or "en"
    engine = work.engine(settings.speech)
    delivery = settings.delivery
    if not book:
        delivery = replace(delivery, voice=engine.resolve(delivery.voice, language).id)
    block = Paragraph(text=" ".join(line.split()), origin=Origin())
    said = [each for each in voiced(block, language, settings.text.lexicon) if each.spoken]
    if not said:
        raise SpeechError(f"nothing to say in “{line[:60]}”")
    takes = tuple(engine.speak(each.spoken, delivery) for each in said)
    return Rehearsal(words=" ".join(plain(each.spoken) for each in said), takes=takes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A name or an odd word of a book, and what its lexicon says of it ("" for nothing)."""

    name: Name
    say: str


def names(book: project.Request) -> Iterator[Listed]:
    """The names and odd words of a document, the most frequent first. Raises SourceError, ConfigError, VoiceError."""
    opened = project.open_project(book)
    language, lexicon = opened.metadata.language, opened.config.text.lexicon
    finder = NameFinder(language)
    for number in range(1, len(opened.document.chapters) + 1):
        for utterance in opened.script(number).utterances:
            finder.read(utterance, chapter=number)
    for name in finder.found():
        entry = lexicon.find(name.word, language)
        yield Listed(name=name, say=entry.say if entry else "")
