"""`publication.json`: the release as a W3C Audiobooks manifest (https://www.w3.org/TR/audiobooks/, 10 November 2020).

A Release comes in, a JSON object goes out; and back from a file the names of what a release consists of, so that the
listener's own files in its folder can be told from ours. Stated is only what is true of every such book.
"""

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from narrate.publish.files import whole_file
from narrate.publish.formats import FORMATS
from narrate.release import COVER_FILE, MANIFEST_FILE, TIMELINE_FILE, Release, identifier
from narrate.script import Account, Omission
from narrate.units import milliseconds

_AUDIO = "audio/mpeg"
_SUMMARY = "Everything can be heard. Pictures, tables and notes are described or read; every chapter can be reached."


def publication(release: Release) -> dict[str, object]:
    """The manifest of `release`, keys in a fixed order.

    Durations are in ms and add up to the whole's exactly, as §6.1 checks: each is the difference of two rounded
    starts. The whole-book file, which repeats the reading order and may not stand in it (§5.7), is a resource.
    Accessibility is stated in the terms of the Schema.org Accessibility Properties for Discoverability Vocabulary.
    """
    metadata = release.metadata
    language = metadata.language or "und"
    manifest: dict[str, object] = {
        "@context": ["https://schema.org", "https://www.w3.org/ns/pub-context", {"language": language}],
        "type": "Audiobook",
        "conformsTo": "https://www.w3.org/TR/audiobooks/",
        "id": identifier(metadata.title, metadata.author),
        "name": metadata.title,
    }
    if metadata.author.strip():
        manifest["author"] = metadata.author
    if metadata.narrator.strip():
        manifest["readBy"] = metadata.narrator
    manifest["inLanguage"] = language
    if metadata.date:
        manifest["datePublished"] = metadata.date
    manifest |= {
        "abridged": False,
        "accessMode": ["auditory"],
        "accessModeSufficient": [{"type": "ItemList", "itemListElement": ["auditory"]}],
        "accessibilityFeature": ["structuralNavigation", "unlocked"],
        "accessibilityHazard": ["none"],
        "accessibilitySummary": _SUMMARY,
        "duration": _duration(_milliseconds(release, release.frame_count)),
        "account": _account(release.account),
        "readingOrder": _reading_order(release),
        "resources": [
            {"type": "LinkedResource", "url": COVER_FILE, "encodingFormat": "image/jpeg", "rel": "cover"},
            {"type": "LinkedResource", "url": TIMELINE_FILE, "encodingFormat": "application/json"},
            {"type": "LinkedResource", "url": _url(release.book), "encodingFormat": _AUDIO, "rel": "alternate"},
            *(
                {"type": "LinkedResource", "url": _url(file), "encodingFormat": kind, "rel": "alternate"}
                for file, kind in _alternates(release)
            ),
            *_preview(release),
        ],
    }
    return manifest


def _preview(release: Release) -> list[dict[str, str]]:
    """The retail sample, by the name that §5.10 gives it."""
    if not release.sample:
        return []
    entry = {"type": "LinkedResource", "url": _url(release.sample), "encodingFormat": _AUDIO, "rel": "preview"}
    return [entry]


def _alternates(release: Release) -> Iterable[tuple[str, str]]:
    return ((file, FORMATS[name].media_type) for name, file in release.formats.items())


def _account(account: Account) -> dict[str, object]:
    """What became of every block of the source; the skipped ones by kind and reason, each with its place.

    Our own word: a manifest may hold any that its contexts do not define.
    """
    groups: dict[tuple[str, str], list[Omission]] = {}
    for each in account.skipped:
        groups.setdefault((each.kind, each.reason), []).append(each)
    return {
        "blocks": account.blocks,
        "voiced": account.voiced,
        "described": account.described,
        "skipped": [
            {
                "kind": kind,
                "reason": reason,
                "blocks": sum(each.count for each in group),
                "places": list(dict.fromkeys(each.place for each in group)),
            }
            for (kind, reason), group in groups.items()
        ],
        "readByTheNarrator": [
            {"language": each.language, "sentences": each.sentences, "first": each.place} for each in account.unspoken
        ],
    }


def write_publication(path: Path, release: Release) -> None:
    """Write the manifest of `release` to `path`. Raises OutputError when that cannot be done."""
    text = json.dumps(publication(release), ensure_ascii=False, allow_nan=False, indent=2)
    with whole_file(path) as file:
        # A lone surrogate, which UTF-8 cannot hold, becomes the \uXXXX that JSON has for it.
        file.write(text.encode("utf-8", "backslashreplace") + b"\n")


def published_files(folder: Path) -> frozenset[str]:
    """What the manifest in `folder` lists, and itself, as paths inside it with `/`; nothing when there is none to read.

    Only for comparing: the manifest may be anybody's, and no path from it is ever opened.
    """
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        links = [*_links(manifest["readingOrder"]), *_links(manifest.get("resources", []))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return frozenset()
    return frozenset([MANIFEST_FILE, *links])


def reading_order(folder: Path) -> list[str] | None:
    """The chapters' files as the manifest in `folder` has them, in order; None where there is none to read."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        return list(_links(manifest["readingOrder"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _links(entries: Iterable[object]) -> Iterable[str]:
    for entry in entries:
        url = entry.get("url") if isinstance(entry, dict) else entry
        if isinstance(url, str):
            yield unicodedata.normalize("NFC", unquote(url))


def _reading_order(release: Release) -> list[dict[str, str]]:
    entries = []
    for chapter in release.chapters:
        length_ms = _milliseconds(release, chapter.start + chapter.frame_count) - _milliseconds(release, chapter.start)
        entries.append(
            {
                "type": "LinkedResource",
                "url": _url(chapter.file),
                "encodingFormat": _AUDIO,
                "name": chapter.title,
                "duration": _duration(length_ms),
            }
        )
    return entries


def _milliseconds(release: Release, frame_count: int) -> int:
    return milliseconds(frame_count, release.chapters[0].sample_rate)


def _duration(length_ms: int) -> str:
    """ISO 8601: `PT17M27.5S`, hours and minutes only where there are any."""
    seconds, rest = divmod(length_ms, 1000)
    minutes, hours = seconds // 60 % 60, seconds // 3600
    text = f"PT{hours}H" if hours else "PT"
    text += f"{minutes}M" if minutes else ""
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{text}{seconds % 60}{fraction}S"


def _url(file: str) -> str:
    """A relative URL of `file`: every character outside RFC 3986's unreserved set and `/` percent-encoded."""
    return quote(unicodedata.normalize("NFC", file).encode("utf-8", "replace"), safe="/")
