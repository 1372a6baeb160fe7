"""A chapter in, its script out: the utterances of its blocks in order, with the pauses and interludes between them.

Pure. One chapter at a time, so that a long book is never held as a script.
"""

import hashlib

from narrate.document import Block, Chapter, Code, Figure, Heading, Note, SceneBreak, Table
from narrate.script import ChapterScript, Cue, Interlude, Pause, Reason, Utterance
from narrate.text.describe import voiced, wordless
from narrate.text.options import Pauses, TextOptions

_MOST_WARNINGS = 20


def to_script(chapter: Chapter, *, number: int, last: bool, language: str, options: TextOptions) -> ChapterScript:
    """The script of `chapter`, which is the `number`th of its book (from 1) and perhaps the `last`.

    It begins and ends with a pause, and has exactly one pause between two neighbouring sounds. A chapter ends in an
    interlude, but for the last. `language` is a BCP 47 tag. What cannot be said at all ("…") becomes a warning.
    """
    cues = _Cues(options)
    unsaid: list[Utterance] = []
    lexicon = options.lexicon.of_chapter(number, chapter.title)
    previous: Block | None = None
    leading = True
    for block in chapter.blocks:
        if isinstance(block, SceneBreak):
            cues.section_ends()
            previous = None
            continue
        said: list[Utterance] = []
        for utterance in voiced(block, language, lexicon):
            (said if utterance.spoken else unsaid).append(utterance)
        if not said:
            continue
        if previous:
            cues.rest(_between(previous, block, leading=leading))
        for utterance in said:
            cues.sound(utterance)
            cues.rest(Reason.SENTENCE)
        leading = leading and isinstance(block, Heading)
        previous = block
    if chapter.blocks and not cues.has_sound:
        cues.sound(wordless(chapter.blocks[0], unsaid[0].text if unsaid else "", language))
    return ChapterScript(number=number, title=chapter.title, cues=cues.finished(last=last), warnings=_warnings(unsaid))


def _between(previous: Block, block: Block, *, leading: bool) -> Reason:
    if isinstance(previous, Heading):
        return Reason.CHAPTER if leading and not isinstance(block, Heading) else Reason.HEADING
    if isinstance(block, Heading):
        return Reason.HEADING
    described = Figure | Table | Code | Note
    if isinstance(previous, described) or isinstance(block, described):
        return Reason.DESCRIPTION
    return Reason.PARAGRAPH


def _warnings(unsaid: list[Utterance]) -> tuple[str, ...]:
    told = [f"line {each.line}: nothing that can be said in “{each.text[:40]}”" for each in unsaid[:_MOST_WARNINGS]]
    if len(unsaid) > _MOST_WARNINGS:
        told.append(f"and {len(unsaid) - _MOST_WARNINGS} more places with nothing that can be said")
    return tuple(told)


class _Cues:
    """Cues in the making. A rest waits until the next sound, and the last that was asked for before it counts."""

    def __init__(self, options: TextOptions) -> None:
        self._options = options
        self._table = _table(options.pauses)
        self._cues: list[Cue] = []
        self._said: list[str] = []
        self._drives = 0
        self._waiting = self._table[Reason.HEAD]
        self._section_ended = False

    @property
    def has_sound(self) -> bool:
        return bool(self._said)

    def rest(self, reason: Reason) -> None:
        """Silence for this reason before the next sound, instead of any that was to be."""
        self._waiting = self._table[reason]

    def sound(self, utterance: Utterance) -> None:
        """An utterance, after what was to come before it."""
        if self._section_ended:
            self._section_ended = False
            self._drive()
        self._cues += (self._waiting, utterance)
        self._said.append(utterance.text)

    def section_ends(self) -> None:
        """A break between two sections, which is heard when another sound follows."""
        self._section_ended = self.has_sound

    def _drive(self) -> None:
        section = self._table[Reason.SECTION]
        if not self._options.interludes:
            self._waiting = Pause(reason=Reason.SECTION, duration_s=2 * section.duration_s)
            return
        options = self._options
        # The chapter's first words, not its number, and no words near by: an interlude stays the same wherever its
        # chapter is moved, and whatever is changed in the text around it.
        self._drives += 1
        seed = "\n".join((*self._said[:2], str(self._drives)))
        seed = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        interlude = Interlude(
            scene=options.scene, caption=f"[{options.scene}]", duration_s=options.interlude_s, seed=seed
        )
        self._cues += (section, interlude)
        self._waiting = section

    def finished(self, *, last: bool) -> tuple[Cue, ...]:
        """All cues, with the interlude or the silence that ends the chapter."""
        if last or not self._options.interludes:
            self._waiting = Pause(reason=Reason.CHAPTER, duration_s=self._options.pauses.tail_s)
        else:
            self._drive()
        return (*self._cues, self._waiting)


def _table(pauses: Pauses) -> dict[Reason, Pause]:
    lengths = {
        Reason.HEAD: pauses.head_s,
        Reason.SENTENCE: pauses.sentence_s,
        Reason.PARAGRAPH: pauses.paragraph_s,
        Reason.HEADING: pauses.heading_s,
        Reason.CHAPTER: pauses.chapter_s,
        Reason.SECTION: pauses.section_s,
        Reason.DESCRIPTION: pauses.description_s,
    }
    return {reason: Pause(reason=reason, duration_s=length) for reason, length in lengths.items()}
