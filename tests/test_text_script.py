"""Sentences, what is said for them, frames, pauses and interludes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrate.document import Block, Chapter, Code, Figure, Heading, Origin, Paragraph, SceneBreak, Table
from narrate.script import ChapterScript, Interlude, Pause, Reason, Role, Utterance, place, places
from narrate.source import read
from narrate.text import estimate_s, to_script
from narrate.text.describe import voiced
from narrate.text.normalize import spoken
from narrate.text.options import Pauses, TextOptions
from narrate.text.segment import LONGEST, sentences

ESSAY = Path(__file__).parents[2] / "shared" / "essay" / "but-at-that-moment.txt"
AT = Origin(line=1)


def split(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("He paid 3.5 crowns to Mr. Vane. Then he left.", ["He paid 3.5 crowns to Mr. Vane.", "Then he left."]),
        ("“I am empty. No rope.” That worry.", ["“I am empty.", "No rope.”", "That worry."]),
        ("“Rope?” he asked. “No.”", ["“Rope?” he asked.", "“No.”"]),
        ("It was true for me. Ropes are dear.", ["It was true for me.", "Ropes are dear."]),
        ("She left . . . Then came back.", ["She left . . .", "Then came back."]),
        ("1. Rope", ["1. Rope"]),
        ("", []),
        ("…", ["…"]),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(text: str, wanted: list[str]) -> None:
    assert split(text) == wanted


def test_a_sentence_of_four_hundred_characters_is_cut_at_a_clause() -> None:
    text = "the lamps were lit along the quay, " * 20
    pieces = split(text)
    assert all(piece.endswith(",") and len(piece) < LONGEST for piece in pieces)


def test_a_cut_never_divides_a_letter_from_its_accent_or_an_emoji() -> None:
    for sign in ("e\u0301\u0323", "👩\u200d👩\u200d👧", "🇩🇪"):
        pieces = split(sign * 300)
        assert len(pieces) > 1
        assert all(len(piece) % len(sign) == 0 for piece in pieces)


def test_a_megabyte_of_open_quotation_marks_takes_seconds_not_minutes() -> None:
    assert len(sentences("“q. " * 100_000, "en")) > 50_000


PIECES = (
    "rope",
    " ",
    "He left. ",
    "“",
    "”",
    '"',
    "! ",
    "Mr. ",
    "…",
    "\u200d",
    "👩",
    "🚗",
    "e\u0301",
    "\ud800",
    "。",
    "(",
    "me. ",
)
MORE_PIECES = ("[[", "<b>", "&", "_", "***", "https://a.example/b. ", "\u202e", "1. ", "« ", " »", "x" * 50, ", ")
TEXT = st.lists(st.sampled_from(PIECES + MORE_PIECES), max_size=60).map("".join) | st.text(max_size=80)


@settings(max_examples=200, deadline=None)
@given(TEXT, st.sampled_from(["en", "de", "zh", "tlh"]))
def test_nothing_of_a_paragraph_is_lost_between_its_sentences(text: str, language: str) -> None:
    found = sentences(text, language)
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())
    assert all(0 < b - a < LONGEST for a, b in found)


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_outside_the_spans_said_and_shown_correspond_one_to_one(text: str) -> None:
    said, spans = spoken(text, "en")
    said_at = text_at = 0
    for span in spans:
        assert span.spoken_start - said_at == span.text_start - text_at >= 0
        said_at, text_at = span.spoken_end, span.text_end
    if said:
        assert len(said) - said_at == len(text) - text_at
        assert not re.search("[\x00-\x1f\u200b-\u200f\u202a-\u202e<>]|\\[\\[|\\]\\]", said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It’s “late”", 'It\'s "late"'),
        ("Salt & rope", "Salt and rope"),
        ("AT&T", "AT and T"),
        ("🚗🚗🚗", "automobile, three times"),
        ("❤️🇩🇪", "red heart, flag of Germany"),
        ("👩‍👩‍👧", "family woman woman girl"),
        ("Go🚗now", "Go automobile now"),
        ("1️⃣", "1"),
        ("(https://www.a.example/x?y).", "(a dot example)."),
        ("<b>lit</b>", "lit"),
        ("if a <b and c> d", "if a  b and c  d"),
        ("3 < 4", "3 less than 4"),
        ("[[lamp]]", " lamp "),
        ("_so_ snake_case ____", "so snake case  "),
        ("fer\u00adry\u200b", "ferry"),
        ("cafe\u0301", "café"),
        ("a" + "\u0301" * 50, "á\u0301\u0301"),
        ("ﬁn", "fin"),
        ("…", ""),
        ("— * —", ""),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert spoken(text, "en")[0] == said


def test_a_word_finds_its_way_back_to_what_is_shown() -> None:
    text = "Salt & 🚗🚗 rope"
    said, spans = spoken(text, "en")
    words = [found.span() for found in re.finditer(r"[a-z]+", said.lower())]
    assert [text[a:b] for a, b in places(spans, words)] == ["Salt", "&", "🚗🚗", "🚗🚗", "🚗🚗", "rope"]


def one(block: Block, language: str = "en") -> Utterance:
    (utterance,) = voiced(block, language)
    return utterance


def test_a_figure_is_one_utterance_in_a_frame_that_is_not_shown() -> None:
    utterance = one(Figure(alt="A quay", caption="Dusk, 1978", credit="Archive", origin=AT))
    assert utterance.role == Role.DESCRIPTION
    assert utterance.text == "A quay. Dusk, 1978. Archive"
    assert utterance.spoken == "Image: A quay. Caption: Dusk, nineteen seventy-eight. Credit: Archive. End of image."
    start = utterance.spoken.index("Dusk")
    assert places(utterance.spans, [(start, start + 4)]) == [(8, 12)]


def test_a_figure_of_which_nothing_is_known_is_not_silent() -> None:
    said = list(voiced(Figure(origin=AT), "en"))
    script = to_script(chapter(Figure(origin=AT)), number=1, last=True, language="en", options=TextOptions())
    assert len(said) == 1
    assert script.utterances[0].spoken == "An image without a description."


def test_frames_are_in_the_language_of_the_work() -> None:
    figure = Figure(alt="x", origin=AT)
    assert [one(figure, tag).spoken for tag in ("de-AT", "fr", "es", "tlh")] == [
        "Bild: x. Ende des Bildes.",
        "Image : x. Fin de l'image.",
        "Imagen: x. Fin de la imagen.",
        "Image: x. End of image.",
    ]


def test_a_table_without_a_header_says_its_size_with_the_first_row() -> None:
    first, second = voiced(Table(header=(), rows=(("North", "lit"), ("South", "dark")), origin=AT), "en")
    assert (first.text, second.text) == ("North | lit", "South | dark")
    assert first.spoken == "Table, 2 columns, 2 rows. Row 1. North. lit"
    assert second.spoken == "Row 2. South. dark. End of table."


def test_lines_of_code_without_words_stay_with_the_line_before() -> None:
    texts = [utterance.text for utterance in voiced(Code(text="if lit:\n  (\n  )\n\nstop", origin=AT), "en")]
    assert texts == ["if lit: ( )", "stop"]


def test_a_long_description_is_spoken_in_sentences_within_one_frame() -> None:
    said = [utterance.spoken for utterance in voiced(Figure(alt="A lamp is lit. " * 40, origin=AT), "en")]
    assert len(said) == 40
    assert said[0] == "Image: A lamp is lit."
    assert said[-1] == "A lamp is lit. End of image."


def chapter(*blocks: Block) -> Chapter:
    return Chapter(title="Quay", titled=True, blocks=blocks)


def prose(text: str) -> Paragraph:
    return Paragraph(text=text, origin=AT)


def heading(text: str) -> Heading:
    return Heading(text=text, level=2, origin=AT)


BREAK = SceneBreak(origin=AT)


def script(*blocks: Block, number: int = 1, last: bool = False, interludes: bool = True) -> ChapterScript:
    options = TextOptions(interludes=interludes)
    return to_script(chapter(*blocks), number=number, last=last, language="en", options=options)


def shape(made: ChapterScript) -> list[str]:
    return [
        cue.text if isinstance(cue, Utterance) else getattr(cue, "caption", getattr(cue, "reason", ""))
        for cue in made.cues
    ]


def test_a_chapter_is_announced_and_ends_in_a_drive() -> None:
    assert shape(script(heading("Quay"), prose("Rain. Wind."), prose("Sun."))) == [
        *("head", "Quay", "chapter", "Rain.", "sentence", "Wind.", "paragraph", "Sun."),
        *("section", "[car driving]", "section"),
    ]


def test_the_last_chapter_ends_in_silence() -> None:
    made = script(prose("Rain."), last=True)
    assert shape(made) == ["head", "Rain.", "chapter"]
    assert made.cues[-1] == Pause(reason=Reason.CHAPTER, duration_s=2.0)


def test_a_break_without_interludes_is_twice_as_long() -> None:
    made = script(prose("Rain."), BREAK, prose("Sun."), interludes=False)
    assert shape(made) == ["head", "Rain.", "section", "Sun.", "chapter"]
    assert made.cues[2] == Pause(reason=Reason.SECTION, duration_s=2 * Pauses().section_s)


def test_descriptions_and_headings_have_their_own_pauses() -> None:
    figure = Figure(alt="A lamp", origin=AT)
    assert shape(script(prose("Rain."), figure, prose("Sun."), heading("Sea"), prose("Wind."), last=True)) == [
        *("head", "Rain.", "description", "A lamp", "description", "Sun.", "heading", "Sea", "heading", "Wind."),
        "chapter",
    ]


def test_two_breaks_with_nothing_sayable_between_are_one_drive() -> None:
    made = script(BREAK, prose("Rain."), BREAK, prose("…"), BREAK, prose("Sun."), BREAK)
    assert shape(made).count("[car driving]") == 2
    assert made.warnings == ("line 1: nothing that can be said in “…”",)


def test_a_place_is_told_by_what_is_known_of_it() -> None:
    assert [place(3, ""), place(3, "a.xhtml#b"), place(0, "a.xhtml"), place(0, "")] == [
        "line 3",
        "a.xhtml#b",
        "a.xhtml",
        "",
    ]
    inside = Chapter(title="A", titled=True, blocks=(Paragraph(text="…", origin=Origin(href="a.xhtml#b")),))
    assert to_script(inside, number=1, last=True, language="en", options=TextOptions()).warnings == (
        "a.xhtml#b: nothing that can be said in “…”",
    )


def test_an_interlude_stays_the_same_where_its_chapter_is_moved() -> None:
    here, there = script(prose("Rain."), number=1), script(prose("Rain."), number=7)
    assert here.cues == there.cues
    assert here.cues != replace(script(prose("Sun."))).cues
    seeds = {cue.seed for made in (here, script(prose("Sun."))) for cue in made.cues if isinstance(cue, Interlude)}
    assert len(seeds) == 2


def test_a_chapter_without_a_word_says_so() -> None:
    (utterance,) = script(prose("…")).utterances
    assert (utterance.text, utterance.spoken) == ("…", "A passage without words.")


def test_many_unsayable_places_are_not_all_listed() -> None:
    assert len(script(*[prose("…")] * 1000).warnings) == 21


def test_an_estimate_counts_words_at_their_rate_and_silence_as_it_is() -> None:
    made = script(prose("word " * 700), last=True)
    silent = sum(cue.duration_s for cue in made.cues if isinstance(cue, Pause))
    normal, double = estimate_s(made, rate_wpm=175) - silent, estimate_s(made, rate_wpm=350) - silent
    assert normal == pytest.approx(2 * double)
    assert 120 < normal < 300


@pytest.mark.skipif(not ESSAY.exists(), reason="the essay is not beside the checkout")
def test_the_essay_is_four_chapters_with_every_word_in_order() -> None:
    document = read(ESSAY)
    made = [
        to_script(each, number=n, last=n == 4, language="en", options=TextOptions())
        for n, each in enumerate(document.chapters, start=1)
    ]
    cues = [cue for each in made for cue in each.cues]
    said = [cue for cue in cues if isinstance(cue, Utterance)]
    words = re.findall(r"\w+", " ".join(cue.text for cue in said))
    assert document.metadata.title.startswith("“But At That Moment")
    assert document.metadata.title.endswith("”")
    assert len(made) == 4
    assert sum(isinstance(cue, Interlude) for cue in cues) == 3
    assert [cue.text for cue in said if cue.role == Role.DESCRIPTION] == ["Drive My Car (2021). Janus Films"]
    assert [cue.text for cue in said if cue.role == Role.HEADING] == [document.metadata.title]
    assert words == re.findall(r"\w+", ESSAY.read_text("utf-8").replace("Ihave", "I have"))
    assert made[1].title == "I passed my driving test in June…"
    assert sum(estimate_s(each, rate_wpm=175) for each in made) == pytest.approx(1053, rel=0.02)
