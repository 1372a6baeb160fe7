"""The Project: a source, its settings, its voice, and the book that was published from it before, if any.

In: what a person asked for. Out: everything a plan needs. Reads the source, its configuration and `build.json`;
writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from narrate import config, record, source, text, work
from narrate.config import Config
from narrate.document import Chapter, Document, Metadata
from narrate.plan import ChapterChoice, Choice, Record
from narrate.process import cores
from narrate.release import release_folder
from narrate.script import ChapterScript
from narrate.speech.engine import Voice
from narrate.store import Place, default_place
from narrate.text.credits import with_credits

Flags = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a person asked for. `flags` are settings by the names of `config.SCHEMA`, as given on the command line;
    `defaults` are a library's, as `narrate.toml` would have them, below all that the book itself says."""

    source: Path | source.Location
    out: Path = Path("audiobooks")
    flags: Flags = field(default_factory=dict)
    defaults: Flags = field(default_factory=dict)
    store: Place = field(default_factory=default_place)
    jobs: int = field(default_factory=cores)


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A book to be made. `record` tells of the one in `folder` now; `choices` of chapters spoken another way."""

    request: Request
    document: Document
    metadata: Metadata
    config: Config
    voice: Voice
    folder: Path
    record: Record | None
    choices: tuple[ChapterChoice, ...]

    def script(self, number: int) -> ChapterScript:
        """Chapter `number` (from 1) as cues; made when it is needed, since a book of scripts would fill the memory."""
        return text.to_script(
            self.document.chapters[number - 1],
            number=number,
            last=number == len(self.document.chapters),
            language=self.metadata.language,
            options=self.config.text,
            work=f"{self.metadata.title}\n{self.metadata.author}",
        )

    def with_choices(self, choices: tuple[ChapterChoice, ...]) -> "Project":
        """The same project with other choices."""
        return replace(self, choices=choices)


def open_project(request: Request, *, as_built: bool = False, document: Document | None = None) -> Project:
    """Read what there is. `as_built` takes the flags that the book was built with, if it was, instead of the request's,
    which say where it is; `document` is what was read from the source before, which need not be to be had twice.

    Raises SourceError, ConfigError, VoiceError.
    """
    here = request.source.parent
    beside = config.settings_file(request.source)
    layers = [config.check(request.defaults, where="library.toml", folder=here)]
    layers += [config.read_settings(beside)] if beside else []
    # The likely engine starts, in a process of its own, while the document is read.
    flags = config.check(request.flags, where="command line", folder=here)
    likely = config.join(*layers, flags).speech
    work.engine(likely).engine(likely.engine)
    document = document or source.read(request.source)
    layers.append(config.check(document.settings, where=f"{request.source} (front matter)", folder=here))
    if as_built and (
        before := record.read(_folder(request, with_settings(document.metadata, config.join(*layers, flags))))
    ):
        request = replace(request, flags=before.flags, defaults=before.defaults)
        layers[0] = config.check(request.defaults, where="library.toml", folder=here)
        flags = config.check(request.flags, where="command line", folder=here)
    settings = config.join(*layers, flags)
    metadata = with_settings(document.metadata, settings)
    engine = work.engine(settings.speech)
    voice = engine.resolve(settings.delivery.voice, metadata.language)
    settings = replace(settings, delivery=replace(settings.delivery, voice=voice.id))
    if not metadata.narrator:
        metadata = replace(metadata, narrator=f"{voice.name} ({voice.engine})" if voice.engine else voice.name)
    folder = _folder(request, metadata)
    before = record.read(folder)
    if settings.mix.profile.credits:
        document = with_credits(document, with_settings(document.metadata, settings))
    return Project(
        request=request,
        document=document,
        metadata=metadata,
        config=settings,
        voice=voice,
        folder=folder,
        record=before,
        choices=before.choices if before else (),
    )


def chosen(chapters: tuple[Chapter, ...], choices: tuple[ChapterChoice, ...]) -> dict[int, Choice]:
    """Which chapters of the document the choices are for: the one of that title (the one nearest to its old number,
    if there are several), else the one of that number."""
    found: dict[int, Choice] = {}
    for each in choices:
        same = [number for number, chapter in enumerate(chapters, start=1) if chapter.title == each.title]
        if same:
            found[min(same, key=lambda number: abs(number - each.number))] = each.choice
        elif each.number <= len(chapters):
            found.setdefault(each.number, each.choice)
    return found


def _folder(request: Request, metadata: Metadata) -> Path:
    return request.out / release_folder(metadata)


def with_settings(found: Metadata, settings: Config) -> Metadata:
    """What a source says of itself, and above it what the settings say."""
    return replace(
        found,
        title=settings.title or found.title,
        author=settings.author or found.author,
        language=settings.language or found.language,
        narrator=settings.narrator or found.narrator,
        date=settings.date or found.date,
        cover=settings.cover or found.cover,
    )
