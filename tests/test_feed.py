"""The podcast feed: what real clients read in it, and that what it promises is there to the byte."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import feedparser
import pytest
from lxml import etree

from conftest import Desk, decoded
from narrate.errors import ConfigError
from narrate.podcast import write_feed
from narrate.publish.feed import companion, feed
from narrate.shelf import read_shelf

BASE = "https://example.org/books/"
NS = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "atom": "http://www.w3.org/2005/Atom",
}
BOOK = """\
---
title: {title}
author: A. & B. <Driver>
language: en-GB
date: 2026-03-01
---

## One

The engine starts. It hums.

* * *

Rain falls on the road, and it goes on falling for as long as anybody cares to look at it.

## Two

We are home.
"""


@pytest.fixture
def shelf(desk: Desk) -> Path:
    desk.name = "b.md"
    for title in ("Night & Day", "Another Way"):
        desk.write(BOOK.format(title=title))
        out = desk.build().folder
    return out.parents[1]


def items(data: bytes) -> list[etree._Element]:
    return etree.fromstring(data).findall(".//item")


def test_feedparser_reads_one_episode_a_chapter_in_order(shelf: Path) -> None:
    found = read_shelf(shelf)
    parsed = feedparser.parse(feed(found.books, BASE, place_of=found.place_of, title="My shelf"))
    assert not parsed.bozo
    assert parsed.feed.title == "My shelf"
    assert parsed.feed.language == "en-GB"
    assert [each.title for each in parsed.entries] == ["One", "Two", "One", "Two"]
    assert [(each.itunes_season, each.itunes_episode) for each in parsed.entries] == [
        ("1", "1"),
        ("1", "2"),
        ("2", "1"),
        ("2", "2"),
    ]
    dates = [each.published_parsed for each in parsed.entries]
    assert dates == sorted(dates)
    assert len(set(dates)) == 4
    assert parsed.feed.image.href.endswith("/cover.jpg")
    assert len({each.id for each in parsed.entries}) == 4


def test_enclosures_are_right_to_the_byte_and_the_second(shelf: Path) -> None:
    found = read_shelf(shelf)
    for item in items(feed(found.books, BASE, place_of=found.place_of)):
        enclosure = item.find("enclosure")
        assert enclosure is not None
        assert enclosure.get("type") == "audio/mpeg"
        file = shelf / unquote(enclosure.get("url", "").removeprefix(BASE))
        assert file.stat().st_size == int(enclosure.get("length", ""))
        length = len(decoded(file)) / 44100
        assert abs(int(item.findtext("itunes:duration", namespaces=NS)) - length) <= 0.5


def test_a_feed_of_one_book_bears_its_name_and_says_that_it_is_an_audiobook(shelf: Path) -> None:
    found = read_shelf(shelf / "A. & B. ‹Driver›" / "Night & Day")
    channel = etree.fromstring(feed(found.books, "http://host:8000", place_of=found.place_of)).find("channel")
    assert channel is not None
    assert channel.findtext("title") == "Night & Day"
    assert channel.findtext("itunes:author", namespaces=NS) == "A. & B. <Driver>"
    assert channel.findtext("itunes:type", namespaces=NS) == "serial"
    assert channel.findtext("podcast:medium", namespaces=NS) == "audiobook"
    assert channel.find("atom:link", NS).get("href") == "http://host:8000/feed.xml"
    assert channel.find("item/enclosure").get("url") == "http://host:8000/chapters/01%20-%20One.mp3"


def test_the_guid_is_that_of_the_namespaces_own_example() -> None:
    import uuid

    from narrate.publish import feed as module

    # https://podcastindex.org/namespace/1.0: mp3s.nashownotes.com/pc20rss.xml
    assert str(uuid.uuid5(module._GUIDS, "mp3s.nashownotes.com/pc20rss.xml")) == "917393e3-1b1e-5cef-ace4-edaa54e1f810"


def test_chapters_and_transcripts_are_where_the_feed_says(shelf: Path) -> None:
    file = write_feed(read_shelf(shelf), shelf, BASE)
    for item in items(file.read_bytes()):
        marks, words = (item.find(f"podcast:{name}", NS) for name in ("chapters", "transcript"))
        listed = json.loads((shelf / unquote(marks.get("url").removeprefix(BASE))).read_text("utf-8"))
        assert listed["version"] == "1.2.0"
        assert listed["chapters"][0] == {"startTime": 0, "title": item.findtext("title")}
        text = (shelf / unquote(words.get("url").removeprefix(BASE))).read_text("utf-8")
        assert text.startswith("WEBVTT\n")
        assert (marks.get("type"), words.get("type")) == ("application/json+chapters", "text/vtt")
    first = json.loads(next(shelf.glob("narrate-podcast/*/Night*/0001.json")).read_text("utf-8"))["chapters"]
    assert [(each["title"], each.get("toc", True)) for each in first] == [
        ("One", True),
        ("[car driving]", False),
        ("Rain falls on the road, and it goes on falling for as long…", True),
        ("[car driving]", False),
    ]
    assert first[1]["startTime"] < first[1]["endTime"] < first[2]["startTime"]


def test_a_companion_is_made_by_its_name_and_no_other(shelf: Path) -> None:
    write_feed(read_shelf(shelf), shelf, BASE)
    found = read_shelf(shelf)
    for path in filter(Path.is_file, shelf.glob("narrate-podcast/**/*")):
        made = companion(path.relative_to(shelf).as_posix(), found.books, found.place_of)
        assert made is not None
        assert made[0] == path.read_bytes()
    for name in ("narrate-podcast/0001.json", "narrate-podcast/../0001.json", "0001.json", ""):
        assert companion(name, found.books, found.place_of) is None


def test_the_same_books_have_the_same_feed(shelf: Path) -> None:
    found = read_shelf(shelf)
    made = [feed(found.books, BASE, place_of=found.place_of) for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize("address", ["", "example.org", "ftp://example.org/", "https://", "http://a/?q=1", "http://["])
def test_what_is_no_web_address_is_told(shelf: Path, address: str) -> None:
    found = read_shelf(shelf)
    with pytest.raises(ConfigError, match="not a web address"):
        feed(found.books, address, place_of=found.place_of)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("https://example.org/my books", "https://example.org/my%20books/"),
        ("https://example.org/Hörbücher//", "https://example.org/H%C3%B6rb%C3%BCcher/"),
        ("https://example.org/a%20b/", "https://example.org/a%20b/"),
        ("http://host:8000", "http://host:8000/"),
    ],
)
def test_a_base_is_written_as_addresses_are(shelf: Path, typed: str, written: str) -> None:
    found = read_shelf(shelf)
    for item in items(feed(found.books, typed, place_of=found.place_of)):
        assert item.find("enclosure").get("url").startswith(f"{written}A.%20%26%20B.%20")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def host(shelf: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(shelf)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def gpo(home: Path, *words: str) -> str:
    environment = os.environ | {"GPODDER_HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        environment.pop(name, None)
    done = subprocess.run(["gpo", *words], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_gpodder_subscribes_downloads_and_mpv_plays_it(shelf: Path, host: str, tmp_path: Path) -> None:
    write_feed(read_shelf(shelf), shelf, host, title="My shelf")
    home = tmp_path / "gpodder"
    gpo(home, "subscribe", f"{host}feed.xml")
    assert "My shelf" in gpo(home, "list")
    gpo(home, "download")
    downloaded = sorted(home.glob("Downloads/**/*.mp3"))
    wanted = [each.file.read_bytes() for book in read_shelf(shelf).books for each in book.chapters]
    assert sorted(each.read_bytes() for each in downloaded) == sorted(wanted)
    command = ["mpv", "--no-config", "--no-video", "--ao=null", "--length=0.3", str(downloaded[0])]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
