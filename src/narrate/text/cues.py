"""A chapter in, its script out: the utterances of its blocks in order, with the pauses and interludes between them.

Pure. One chapter at a time, so that a long book is never held as a script.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from narrate.document import Block, Chapter, Heading, Note, SceneBreak, Silence, VoiceChange
from narrate.script import Account, ChapterScript, Cue, Interlude, Omission, Pause, Reason, Utterance
from narrate.text.describe import Describer, is_described, not_said, wordless
from narrate.text.journey import drive
from narrate.text.options import Mode, Modes, Pauses, TextOptions
from narrate.text.phrases import phrases_for

_MOST_WARNINGS = 20
_EXCERPT = 80
_NAMES = {"ListItem": "list item", "SceneBreak": "scene break", "PageBreak": "page"}


def to_script(
    chapter: Chapter, *, number: int, last: bool, language: str, options: TextOptions, work: str = ""
) -> ChapterScript:
    """The script of `chapter`, which is the `number`th of its book (from 1) and perhaps the `last`. A journey is drawn
    from the name of the `work`.

    It begins and ends with a pause, and has exactly one pause between two neighbouring sounds. A chapter ends in an
    interlude, but for the last. `language` is a BCP 47 tag. What cannot be said at all ("…") becomes a warning.
    """
    blocks = _in_order(chapter.blocks, options.describe)
    cues = _Cues(options, language)
    tally = _Tally()
    describer = Describer(language, options.lexicon.of_chapter(number, chapter.title), options.describe)
    previous: Block | None = None
    leading = True
    voice = speaker = ""
    for block in blocks:
        match block:
            case SceneBreak():
                tally.breaks(cues.section_ends(block), block)
                previous = None
                continue
            case Silence():
                cues.silence(block.duration_s)
                tally.voiced += 1
                continue
            case VoiceChange():
                voice, speaker = block.voice, block.speaker
                tally.voiced += 1
                continue
        said = tally.sayable(block, tuple(describer.voiced(block)), options.describe)
        if not said:
            continue
        if previous:
            cues.rest(_between(previous, block, leading=leading))
        for utterance in said:
            cues.sound(replace(utterance, voice=voice, speaker=speaker) if voice or speaker else utterance)
            cues.rest(Reason.SENTENCE)
        tally.heard()
        leading = leading and isinstance(block, Heading)
        previous = block
    if blocks and not cues.has_sound:
        cues.sound(wordless(blocks[0], tally.unsaid[0].text if tally.unsaid else "", language))
    finished = cues.finished(last=last)
    if cues.ends_in_a_scene:
        tally.heard()
    if options.journey:
        finished = _on_the_road(finished, work, number, language)
    return ChapterScript(
        number=number,
        title=chapter.title,
        cues=finished,
        warnings=_warnings(tally.unsaid),
        account=tally.account(),
    )


def _on_the_road(cues: Sequence[Cue], work: str, number: int, language: str) -> tuple[Cue, ...]:
    """The interludes that no line gives a scene get the journey's."""
    found = list(cues)
    at = [index for index, cue in enumerate(cues) if isinstance(cue, Interlude)]
    for index, scene in zip(at, drive(work, number, len(at)), strict=True):
        interlude = found[index]
        if isinstance(interlude, Interlude) and not interlude.line:
            found[index] = replace(interlude, scene=scene, caption=_caption(scene, language))
    return tuple(found)


def _caption(scene: str, language: str) -> str:
    return f"[{phrases_for(language).scenes.get(scene, scene)}]"


def _in_order(blocks: Sequence[Block], modes: Modes) -> Sequence[Block]:
    if modes.notes is not Mode.AT_THE_END:
        return blocks
    notes = [block for block in blocks if isinstance(block, Note)]
    return [*(block for block in blocks if not isinstance(block, Note)), *notes]


class _Tally:
    """Counts what becomes of every block."""

    def __init__(self) -> None:
        self.voiced = 0
        self.unsaid: list[Utterance] = []
        self._described = 0
        self._skipped: list[Omission] = []
        self._break: SceneBreak | None = None

    def sayable(self, block: Block, utterances: Sequence[Utterance], modes: Modes) -> list[Utterance]:
        """Those of a block's utterances that can be said; the block is counted by them."""
        said = [each for each in utterances if each.spoken]
        self.unsaid += (each for each in utterances if not each.spoken)
        if not said:
            shown = next((each.text for each in utterances), "") or str(getattr(block, "text", ""))
            self._skip(block, not_said(block, modes) or "nothing in it that can be said", shown)
        elif is_described(block):
            self._described += 1
        else:
            self.voiced += 1
        return said

    def breaks(self, heard: bool, block: SceneBreak) -> None:
        """A section ends; whether anybody will hear of it is known at the next sound."""
        if self._break and block.scene and not self._break.scene:
            self._break, block = block, self._break
        if self._break or not heard:
            self._skip(block, "a break beside another one, or beside a chapter's edge, which is a break itself")
        else:
            self._break = block

    def heard(self) -> None:
        """Something sounded."""
        if self._break:
            self._break = None
            self.voiced += 1

    def account(self) -> Account:
        """What became of the chapter's blocks."""
        if self._break:
            self._skip(self._break, "a break beside a chapter's edge, which is a break itself")
            self._break = None
        return Account(voiced=self.voiced, described=self._described, skipped=tuple(self._skipped))

    def _skip(self, block: Block, reason: str, text: str = "") -> None:
        text = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1].rstrip()}…"
        kind = _NAMES.get(type(block).__name__, type(block).__name__.lower())
        origin = block.origin
        self._skipped.append(Omission(kind=kind, reason=reason, text=text, line=origin.line, href=origin.href))


def _between(previous: Block, block: Block, *, leading: bool) -> Reason:
    if isinstance(previous, Heading):
        return Reason.CHAPTER if leading and not isinstance(block, Heading) else Reason.HEADING
    if isinstance(block, Heading):
        return Reason.HEADING
    if is_described(previous) or is_described(block):
        return Reason.DESCRIPTION
    return Reason.PARAGRAPH


def _warnings(unsaid: list[Utterance]) -> tuple[str, ...]:
    told = [
        f"{each.place + ': ' if each.place else ''}nothing that can be said in “{each.text[:40]}”"
        for each in unsaid[:_MOST_WARNINGS]
    ]
    if len(unsaid) > _MOST_WARNINGS:
        told.append(f"and {len(unsaid) - _MOST_WARNINGS} more places with nothing that can be said")
    return tuple(told)


class _Cues:
    """Cues in the making. A rest waits until the next sound, and the last that was asked for before it counts."""

    def __init__(self, options: TextOptions, language: str) -> None:
        self._options = options
        self._language = language
        self._table = _table(options.pauses)
        self._cues: list[Cue] = []
        self._said: list[str] = []
        self._drives = 0
        self.ends_in_a_scene = False
        self._waiting = self._table[Reason.HEAD]
        self._section_ended = False
        self._named: SceneBreak | None = None
        self._asked: Pause | None = None

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
        self._cues += (self._asked or self._waiting, utterance)
        self._asked = None
        self._said.append(utterance.text)

    def silence(self, duration_s: float) -> None:
        """A pause that was asked for: before the next sound, whatever pause would have been there."""
        self._asked = Pause(reason=Reason.ASKED, duration_s=duration_s)

    def section_ends(self, block: SceneBreak) -> bool:
        """A break between two sections, which is heard when another sound follows. Not where none came before. Of
        several the first that names its scene says what is heard."""
        self._section_ended = self.has_sound
        if self.has_sound and block.scene:
            self._named = self._named or block
        return self._section_ended

    def _drive(self) -> None:
        section = self._table[Reason.SECTION]
        if not self._options.interludes:
            self._named = None
            self._waiting = Pause(reason=Reason.SECTION, duration_s=2 * section.duration_s)
            return
        options, named = self._options, self._named
        self._named = None
        scene = named.scene if named else options.scene
        # The chapter's first words, not its number, and no words near by: an interlude stays the same wherever its
        # chapter is moved, and whatever is changed in the text around it.
        self._drives += 1
        seed = "\n".join((*self._said[:2], str(self._drives)))
        seed = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        interlude = Interlude(
            scene=scene,
            caption=_caption(scene, self._language),
            duration_s=options.interlude_s,
            seed=seed,
            line=named.origin.line if named else 0,
            under_speech_s=options.under_speech_s,
        )
        self._cues += (section, interlude)
        self._waiting = section

    def finished(self, *, last: bool) -> tuple[Cue, ...]:
        """All cues, with the interlude or the silence that ends the chapter."""
        if last or not self._options.interludes:
            self._waiting = Pause(reason=Reason.CHAPTER, duration_s=self._options.pauses.tail_s)
        else:
            self.ends_in_a_scene = self._named is not None
            self._drive()
        return (*self._cues, self._asked or self._waiting)


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
