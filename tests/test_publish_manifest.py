"""publication.json: what the W3C's checks ask for, and nothing that is not so."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest

from narrate.document import Metadata
from narrate.publish.manifest import publication, published_files, write_publication
from narrate.release import Release, ReleaseChapter

METADATA = Metadata(title="Ferry: North", author="Ada Vey", language="en-GB", narrator="espeak-ng", date="2024-05")


def release(count: int = 3, metadata: Metadata = METADATA, length: int = 777 * 1152) -> Release:
    chapters = tuple(
        ReleaseChapter(
            number=n,
            title=f"Teil {n}: “Öl?”",
            file=f"chapters/{n:02d} - Teil {n} - “Öl” 100%#.mp3",
            start=(n - 1) * length,
            frame_count=length,
            sample_rate=44100,
        )
        for n in range(1, count + 1)
    )
    return Release(folder=Path("x"), metadata=metadata, book="Ferry - North.mp3", chapters=chapters)


def seconds(duration: str) -> Decimal:
    assert duration.startswith("PT")
    total, number = Decimal(0), ""
    for character in duration[2:]:
        if character in "HMS":
            total += Decimal(number) * {"H": 3600, "M": 60, "S": 1}[character]
            number = ""
        else:
            number += character
    return total


def test_the_manifest_has_what_the_profile_requires() -> None:
    manifest = publication(release())
    assert manifest["@context"] == ["https://schema.org", "https://www.w3.org/ns/pub-context", {"language": "en-GB"}]
    assert manifest["type"] == "Audiobook"
    assert manifest["conformsTo"] == "https://www.w3.org/TR/audiobooks/"
    assert manifest["name"] == "Ferry: North"
    assert (manifest["author"], manifest["readBy"]) == ("Ada Vey", "espeak-ng")
    assert (manifest["inLanguage"], manifest["datePublished"]) == ("en-GB", "2024-05")
    assert manifest["abridged"] is False
    assert manifest["accessModeSufficient"] == [{"type": "ItemList", "itemListElement": ["auditory"]}]


def test_what_is_not_known_is_left_out() -> None:
    manifest = publication(release(metadata=Metadata(title="Dawn")))
    assert not {"author", "readBy", "datePublished"} & set(manifest)


def test_the_reading_order_is_every_chapter_file_by_its_relative_url() -> None:
    order = publication(release())["readingOrder"]
    assert isinstance(order, list)
    assert order[0] == {
        "type": "LinkedResource",
        "url": "chapters/01%20-%20Teil%201%20-%20%E2%80%9C%C3%96l%E2%80%9D%20100%25%23.mp3",
        "encodingFormat": "audio/mpeg",
        "name": "Teil 1: “Öl?”",
        "duration": "PT20.297S",
    }
    assert [unquote(entry["url"]) for entry in order] == [chapter.file for chapter in release().chapters]


@pytest.mark.parametrize("count", [1, 3, 997])
def test_durations_add_up_exactly(count: int) -> None:
    manifest = publication(release(count))
    order = manifest["readingOrder"]
    assert isinstance(order, list)
    assert sum(seconds(entry["duration"]) for entry in order) == seconds(str(manifest["duration"]))
    assert abs(float(seconds(str(manifest["duration"]))) - release(count).duration_s) <= 0.0005


@pytest.mark.parametrize(
    ("length", "duration"),
    [
        (44100, "PT1S"),
        (44100 * 60, "PT1M0S"),
        (44100 * 3600, "PT1H0S"),
        (46216800, "PT17M28S"),
        (46194750, "PT17M27.5S"),
    ],
)
def test_durations_are_written_as_iso_8601_has_them(length: int, duration: str) -> None:
    assert publication(release(1, length=length))["duration"] == duration


def test_the_cover_the_timeline_and_the_whole_book_are_resources() -> None:
    resources = publication(release())["resources"]
    assert isinstance(resources, list)
    assert [(entry["url"], entry.get("rel")) for entry in resources] == [
        ("cover.jpg", "cover"),
        ("timeline.json", None),
        ("Ferry%20-%20North.mp3", "alternate"),
    ]


def test_what_is_written_names_what_was_published(tmp_path: Path) -> None:
    write_publication(tmp_path / "publication.json", release())
    text = (tmp_path / "publication.json").read_text("utf-8")
    assert json.loads(text) == publication(release())
    assert "“Öl?”" in text
    assert published_files(tmp_path) == {
        *(chapter.file for chapter in release().chapters),
        "Ferry - North.mp3",
        "cover.jpg",
        "publication.json",
        "timeline.json",
    }


def test_a_lone_surrogate_in_a_title_does_no_harm(tmp_path: Path) -> None:
    write_publication(tmp_path / "publication.json", release(metadata=Metadata(title="a\ud800b")))
    assert json.loads((tmp_path / "publication.json").read_bytes())["name"] == "a\ud800b"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"readingOrder": 3}', b'{"readingOrder": null}', b"\xff" * 9])
def test_a_manifest_that_cannot_be_read_lists_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "publication.json").write_bytes(data)
    assert published_files(tmp_path) == frozenset()
    assert published_files(tmp_path / "none") == frozenset()
