"""`narrate serve` as clients meet it: what is served and how, what never is, who may come in, and what it bears."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from listening import Host, ask, built_shelf, narrate_serve, running
from running import narrate

from narrate.errors import OutputError
from narrate.serve import server
from narrate.serve.access import Access
from narrate.serve.app import make_app
from narrate.serve.books import Books
from narrate.serve.positions import Position, Positions

BOOK = "A.%20Passenger/The%20Long%20Way"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_shelf(tmp_path_factory)


@pytest.fixture(scope="module")
def host(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The shelf on loopback, for all tests that change nothing."""
    positions = Positions(tmp_path_factory.mktemp("data") / "p.sqlite")
    with running(server.server_of(make_app(Books(shelf, sync=True), positions, Access()))) as found:
        yield found


def shelf_of(host: Host) -> list[dict[str, Any]]:
    script = ask(host.url, "/narrate-player/data/shelf.js").body.decode()
    books: list[dict[str, Any]] = json.loads(script.removeprefix('narrate.receive("shelf",').rstrip(");\n"))["books"]
    return books


# What is served


def test_the_page_comes_with_every_header_that_keeps_others_out(host: Host) -> None:
    answer = ask(host.url, "/")
    assert answer.status == 200
    assert b"narrate" in answer.body
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers
    missing = ask(host.url, "/no-such-page")
    assert missing.status == 404
    assert missing.headers["x-content-type-options"] == "nosniff"
    assert missing.headers["content-security-policy"] == policy


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-1099", 100, 1100), ("bytes=5000-", 5000, None), ("bytes=-300", -300, None)],
)
def test_sound_is_sent_in_the_ranges_that_are_asked_for(
    host: Host, shelf: Path, wanted: str, start: int, end: int | None
) -> None:
    file = shelf / "A. Passenger/The Long Way/chapters/01 - Out.mp3"
    whole = file.read_bytes()
    answer = ask(host.url, f"/{BOOK}/chapters/01%20-%20Out.mp3", headers={"Range": wanted})
    assert answer.status == 206
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.body == whole[start:end]
    first = start % len(whole)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.body) - 1}/{len(whole)}"


def test_a_range_beyond_the_end_is_refused_and_one_of_an_older_file_is_not_mixed_in(host: Host, shelf: Path) -> None:
    path = f"/{BOOK}/chapters/01%20-%20Out.mp3"
    assert ask(host.url, path, headers={"Range": "bytes=99999999-"}).status == 416
    whole = ask(host.url, path)
    assert whole.body == (shelf / "A. Passenger/The Long Way/chapters/01 - Out.mp3").read_bytes()
    stale = ask(host.url, path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (stale.status, len(stale.body)) == (200, len(whole.body))
    same = ask(host.url, path, headers={"Range": "bytes=0-9", "If-Range": whole.headers["etag"]})
    assert (same.status, len(same.body)) == (206, 10)


def test_ranges_are_for_reading_bytes_and_several_come_in_parts(host: Host, shelf: Path) -> None:
    path = f"/{BOOK}/chapters/01%20-%20Out.mp3"
    whole = (shelf / "A. Passenger/The Long Way/chapters/01 - Out.mp3").read_bytes()
    head = ask(host.url, path, method="HEAD", headers={"Range": "bytes=0-9"})
    assert (head.status, int(head.headers["content-length"])) == (200, len(whole))
    lines = ask(host.url, path, headers={"Range": "lines=0-9"})
    assert (lines.status, lines.body) == (200, whole)
    parts = ask(host.url, path, headers={"Range": "bytes=0-9,100-109,-5"})
    assert parts.status == 206
    boundary = parts.headers["content-type"].partition("boundary=")[2].encode()
    found = [each.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for each in parts.body.split(b"--" + boundary)[1:-1]]
    assert found == [whole[:10], whole[100:110], whole[-5:]]


def test_what_the_client_has_is_not_sent_again(host: Host) -> None:
    for path in ("/", "/narrate-player/data/shelf.js", f"/{BOOK}/timeline.json", f"/{BOOK}/cover.jpg"):
        first = ask(host.url, path)
        again = ask(host.url, path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b""), path
        assert ask(host.url, path, headers={"If-None-Match": '"another"'}).status == 200


def test_texts_are_packed_for_who_can_unpack_them_and_sound_never_is(host: Host) -> None:
    for path in ("/", "/narrate-player/player.css", f"/{BOOK}/timeline.json"):
        plain = ask(host.url, path)
        packed = ask(host.url, path, headers={"Accept-Encoding": "br, gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["etag"] != plain.headers["etag"]
        assert gzip.decompress(packed.body) == plain.body
        assert "content-encoding" not in ask(host.url, path, headers={"Accept-Encoding": "gzip;q=0"}).headers
    sound = ask(host.url, f"/{BOOK}/chapters/01%20-%20Out.mp3", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in sound.headers


def test_sound_of_a_known_state_may_be_kept_for_good_and_other_files_are_asked_about(host: Host) -> None:
    path = f"/{BOOK}/chapters/01%20-%20Out.mp3"
    assert "immutable" in ask(host.url, f"{path}?v=1").headers["cache-control"]
    assert ask(host.url, path).headers["cache-control"] == "no-cache"


def test_a_head_has_no_body_and_nothing_can_be_written(host: Host) -> None:
    answer = ask(host.url, f"/{BOOK}/cover.jpg", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(host.url, f"/{BOOK}/cover.jpg", method=method, body=b"x").status == 405


def test_the_player_gets_the_words_and_the_waveform_of_each_chapter(host: Host) -> None:
    long_way = next(each for each in shelf_of(host) if each["title"] == "The Long Way")
    for what in ("book", "cues-1", "cues-3", "peaks-2"):
        answer = ask(host.url, f"/narrate-player/data/{long_way['key']}/{what}.js")
        assert answer.status == 200
        assert answer.body.startswith(f'narrate.receive("{long_way["key"]}/{what}",'.encode())
    for what in ("cues-0", "cues-4", "cues-99999999999", "cues-x", "cues-²", "nothing", "peaks--1"):
        assert ask(host.url, f"/narrate-player/data/{long_way['key']}/{quote(what)}.js").status == 404, what
    assert ask(host.url, "/narrate-player/data/0123456789abcdef/book.js").status == 404


def test_a_book_that_is_built_meanwhile_appears_and_one_that_is_removed_goes(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("narrate.serve.books._FRESH_S", 0)
    mine = tmp_path / "mine"
    shutil.copytree(shelf / "B. Driver", mine / "B. Driver")
    with running(server.server_of(make_app(Books(mine, sync=False), None, Access()))) as host:
        assert [each["title"] for each in shelf_of(host)] == ["A Short Drive"]
        shutil.copytree(shelf / "A. Passenger", mine / "A. Passenger")
        assert [each["title"] for each in shelf_of(host)] == ["The Long Way", "A Short Drive"]
        shutil.rmtree(mine)
        assert shelf_of(host) == []
        assert ask(host.url, f"/{BOOK}/cover.jpg").status == 404


def test_a_podcast_app_gets_the_feed_and_all_that_it_names_without_a_cookie(home: tuple[Host, str]) -> None:
    host, token = home
    answer = ask(host.url, f"/~{token}/feed.xml")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/rss+xml")
    named = re.findall(r'<(enclosure|podcast:chapters|podcast:transcript)[^>]* url="([^"]*)"', answer.body.decode())
    named += [(tag, url) for tag, url in re.findall(r'<(itunes:image) href="([^"]*)"', answer.body.decode())]
    assert {tag for tag, _ in named} == {"enclosure", "podcast:chapters", "podcast:transcript", "itunes:image"}
    for tag, url in named:
        assert url.startswith(f"{host.url}~{token}/"), tag
        found = ask(url)
        assert found.status == 200, url
    lengths = re.findall(r'<enclosure url="([^"]*)" length="(\d+)"', answer.body.decode())
    assert len(lengths) == 4
    for url, length in lengths:
        assert len(ask(url).body) == int(length)
    assert ask(host.url, "/feed.xml").status == 401
    assert ask(host.url, f"/~{token}/narrate-podcast/../../x.json").status == 404
    assert ask(host.url, f"/~{token}/feed.xml", headers={"Host": "a b"}).status == 400


# What never is

ESCAPES = [
    "/../secret.mp3",
    "/%2e%2e/secret.mp3",
    "/..%2fsecret.mp3",
    f"/{BOOK}/../../../secret.mp3",
    f"/{BOOK}/%2e%2e/%2e%2e/%2e%2e/secret.mp3",
    f"/{BOOK}/..%2f..%2f..%2fsecret.mp3",
    f"/{BOOK}/..%5c..%5c..%5csecret.mp3",
    f"/{BOOK}/%252e%252e/%252e%252e/%252e%252e/secret.mp3",
    f"/{BOOK}/.%00./secret.mp3",
    f"/{BOOK}/cover.jpg%00.mp3",
    f"/{BOOK}/%c0%ae%c0%ae/secret.mp3",
    f"/{BOOK}/link.mp3",
    f"/{BOOK}/out/secret.mp3",
    f"/{BOOK}/loop.mp3",
    f"/{BOOK}/pipe.mp3",
    f"/{BOOK}/folder.mp3",
    f"/{BOOK}/chapters/",
    f"/{BOOK}/chapters",
    f"/{BOOK}/.hidden.mp3",
    f"/{BOOK}/.git/x.json",
    f"/{BOOK}/build.json",
    f"/{BOOK}/notes.py",
    "/loose.mp3",
    "/Elsewhere/loose.mp3",
    "//etc/passwd",
    "/{root}/secret.mp3",
    "//{root}/secret.mp3",
    "/%2f{root}/secret.mp3",
    "/file:///{root}/secret.mp3",
    "/narrate-player/../../secret.mp3",
    "/narrate-player/data/../../../secret.js",
    f"/{BOOK}/" + "a/" * 3000 + "x.mp3",
    f"/{BOOK}/" + "a" * 300 + ".mp3",
]


@pytest.fixture(scope="module")
def hostile(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A shelf with a secret beside it, and with links, pipes and files that are nobody's business."""
    root = tmp_path_factory.mktemp("hostile")
    mine = root / "shelf"
    shutil.copytree(shelf, mine)
    for path in (root / "secret.mp3", mine / "loose.mp3"):
        path.write_bytes(b"secret")
    (mine / "Elsewhere").mkdir()
    (mine / "Elsewhere/loose.mp3").write_bytes(b"secret")
    book = mine / "A. Passenger/The Long Way"
    (book / "link.mp3").symlink_to(root / "secret.mp3")
    (book / "out").symlink_to(root)
    (book / "loop.mp3").symlink_to("loop.mp3")
    (book / "inside.mp3").symlink_to("chapters/02 - Across.mp3")
    os.mkfifo(book / "pipe.mp3")
    (book / "folder.mp3").mkdir()
    (book / ".hidden.mp3").write_bytes(b"secret")
    (book / ".git").mkdir()
    (book / ".git/x.json").write_bytes(b"secret")
    (book / "notes.py").write_bytes(b"secret")
    with running(server.server_of(make_app(Books(mine, sync=False), None, Access()))) as found:
        yield found


def test_names_in_any_script_are_served(shelf: Path, tmp_path: Path) -> None:
    place = "نویسنده/می\u200cخواهم 海\u3000岸 🚗"
    shutil.copytree(shelf / "B. Driver/A Short Drive", tmp_path / place)
    with running(server.server_of(make_app(Books(tmp_path, sync=False), None, Access()))) as host:
        assert ask(host.url, f"/{quote(place)}/cover.jpg").status == 200


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leaves_the_folder(hostile: Host, tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    root = str(next(iter(sorted(tmp_path_factory.getbasetemp().glob("hostile*"))))).lstrip("/")
    answer = ask(hostile.url, path.replace("{root}", root))
    assert answer.status in (400, 404), path
    assert b"secret" not in answer.body
    assert b"root:" not in answer.body


def test_a_link_that_stays_inside_is_followed(hostile: Host) -> None:
    inside = ask(hostile.url, f"/{BOOK}/inside.mp3")
    assert inside.status == 200
    assert inside.body == ask(hostile.url, f"/{BOOK}/chapters/02%20-%20Across.mp3").body


def test_what_is_no_request_is_refused_and_the_next_one_answered(host: Host) -> None:
    at = urlsplit(host.url)
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\na: " + b"b" * 300_000
    for garbage in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET\r\n\r\n", endless):
        with (
            socket.create_connection((at.hostname or "", at.port or 0), timeout=20) as client,
            contextlib.suppress(ConnectionError),  # it may hang up while we are still talking
        ):
            client.sendall(garbage)
            assert client.recv(100)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    assert ask(host.url, "/").status == 200


# Who may come in


def test_on_loopback_only_this_machines_own_names_are_answered(host: Host) -> None:
    port = urlsplit(host.url).port
    for name in (f"evil.example:{port}", "evil.example", "", "127.0.0.1.evil.example"):
        assert ask(host.url, "/", headers={"Host": name}).status in (400, 421), name
    assert ask(host.url, "/", headers={"Host": f"localhost:{port}"}).status == 200


@pytest.fixture(scope="module")
def home(shelf: Path) -> Iterator[tuple[Host, str]]:
    """The shelf for a home's network, and its token."""
    access = Access.by_token()
    assert access.token
    with running(server.server_of(make_app(Books(shelf, sync=False), None, access))) as found:
        yield found, access.token


def test_without_the_token_nothing_is_served(home: tuple[Host, str]) -> None:
    host, token = home
    paths = ["/", "/index.html", "/sw.js", "/narrate-player/app.js", f"/{BOOK}/cover.jpg", "/positions", "/nowhere"]
    paths += [f"/?token={token[:-1]}", f"/?token={token}x", "/?token=", f"/~{token[:-1]}/", "/~/", "//~/index.html"]
    for path in paths:
        answer = ask(host.url, path)
        assert answer.status == 401, path
        assert "set-cookie" not in answer.headers
    for cookie in ("narrate=", "narrate=x", f"other={token}", f"narrate={token}x"):
        assert ask(host.url, "/", headers={"Cookie": cookie}).status == 401, cookie


def test_the_token_lets_in_once_and_becomes_a_cookie(home: tuple[Host, str]) -> None:
    host, token = home
    answer = ask(host.url, f"/?a=1&token={token}")
    assert answer.status == 303
    assert answer.headers["location"] == "/?a=1"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ask(host.url, f"/{BOOK}/cover.jpg", headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert ask(host.url, f"//evil.example/?token={token}").headers["location"] == "/evil.example/"


def test_a_program_without_cookies_carries_the_token_in_the_path(home: tuple[Host, str]) -> None:
    host, token = home
    assert ask(host.url, f"/~{token}/{BOOK}/chapters/01%20-%20Out.mp3", headers={"Range": "bytes=0-9"}).status == 206
    assert ask(host.url, f"/~{token}/").status == 200
    assert ask(host.url, f"/~{token}/../../secret.mp3").status == 404


def test_the_command_prints_an_address_with_a_token_and_a_code_on_a_terminal(shelf: Path, tmp_path: Path) -> None:
    with narrate_serve(shelf, tmp_path, "--lan") as host:
        assert re.fullmatch(r"http://[\d.]+:\d+/\?token=[\w-]{22}", host.url)
        at = urlsplit(host.url)
        local = f"http://127.0.0.1:{at.port}/"
        assert ask(local, "/").status == 401
        assert ask(local, f"/?{at.query}").status == 303


def test_the_qr_code_holds_the_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from PIL import Image

    from narrate.cli import serve

    address = f"http://192.168.178.21:8274/?token={Access.by_token().token}"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    serve._print_code(address)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    # Two modules to a character, as a terminal draws them: light blocks on its dark ground.
    rows = [[char in blocks for char in line] for line in lines for blocks in ("▀█", "▄█")]
    picture = Image.new("1", (max(map(len, rows)), len(rows)))
    for y, row in enumerate(rows):
        for x, is_light in enumerate(row):
            picture.putpixel((x, y), is_light)
    picture.resize((picture.width * 8, picture.height * 8)).save(tmp_path / "code.png")
    zbarimg = shutil.which("zbarimg")
    if zbarimg is None:
        pytest.skip("no reader of QR codes on this machine: apt install zbar-tools")
    read = subprocess.run([zbarimg, "-q", "--raw", tmp_path / "code.png"], capture_output=True, text=True, timeout=60)
    assert read.stdout.strip() == address


def test_ctrl_c_ends_it_and_a_port_in_use_is_told(shelf: Path, tmp_path: Path) -> None:
    with narrate_serve(shelf, tmp_path) as host:
        at = urlsplit(host.url)
        assert at.hostname == "127.0.0.1"
        taken = narrate("serve", shelf, "--port", str(at.port), env=os.environ | {"XDG_DATA_HOME": str(tmp_path)})
        taken.failed(8, f"port {at.port} is in use", "--port")
        assert host.process
        host.process.send_signal(signal.SIGINT)
        assert host.process.wait(15) == 130


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    narrate("serve", tmp_path / "gone", env=os.environ | {"XDG_DATA_HOME": str(tmp_path)}).failed(3, "no such folder")


# Positions


def position(when: int, at: float = 2.5, chapter: int = 1) -> bytes:
    return json.dumps({"chapter": chapter, "at": at, "left": 10.0, "when": when}).encode()


JSON = {"Content-Type": "application/json"}


def test_positions_of_devices_meet_and_the_newest_wins(shelf: Path, tmp_path: Path) -> None:
    with narrate_serve(shelf, tmp_path) as host:
        key = shelf_of(host)[0]["key"]
        assert json.loads(ask(host.url, "/positions").body) == {}
        for when, at, stands in ((1000, 1.0, 1.0), (3000, 3.0, 3.0), (2000, 2.0, 3.0)):
            answer = ask(host.url, f"/positions/{key}", method="PUT", body=position(when, at), headers=JSON)
            assert json.loads(answer.body)["at"] == stands
        assert json.loads(ask(host.url, "/positions").body)[key]["at"] == 3.0
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["positions.sqlite"]
    with narrate_serve(shelf, tmp_path) as host:
        assert json.loads(ask(host.url, "/positions").body)[key]["at"] == 3.0


def test_a_clock_that_is_ahead_does_not_win_for_good(tmp_path: Path) -> None:
    kept = Positions(tmp_path / "p.sqlite")
    ahead = Position(chapter=0, at=1.0, left=1.0, when=round(time.time() * 1000) + 10**9)
    assert kept.keep("k", ahead).when <= time.time() * 1000
    later = Position(chapter=0, at=2.0, left=1.0, when=round(time.time() * 1000) + 50)
    time.sleep(0.1)
    assert kept.keep("k", later).at == 2.0


def test_the_mark_of_a_sentence_is_kept_and_a_file_of_before_there_were_marks_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "p.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        columns = "chapter INTEGER NOT NULL, at_s REAL NOT NULL, left_s REAL NOT NULL, when_ms INTEGER NOT NULL"
        database.execute(f"CREATE TABLE positions (book TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
        database.execute("INSERT INTO positions VALUES ('k', 1, 2.0, 3.0, 1000)")
    kept = Positions(file)
    assert kept.all() == {"k": Position(chapter=1, at=2.0, left=3.0, when=1000)}
    marked = Position(chapter=1, at=4.0, left=1.0, when=2000, mark="1z141z3.a.0.1500")
    assert kept.keep("k", marked) == marked
    assert Positions(file).all() == {"k": marked}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"chapter": 1, "at": 0, "left": 0, "when": 0, "mark": 7}', JSON, 400),
        (b'{"chapter": 1, "at": 0, "left": 0, "when": 0, "mark": "<script>"}', JSON, 400),
        (b'{"chapter": 1, "at": 0, "left": 0, "when": 0, "more": 7}', JSON, 400),
        (b"", JSON, 400),
        (b"[]", JSON, 400),
        (b"{", JSON, 400),
        (b"[" * 4000, JSON, 400),
        (b" " * 5000, JSON, 400),
        (b'{"chapter": 1}', JSON, 400),
        (b'{"chapter": -1, "at": 0, "left": 0, "when": 0}', JSON, 400),
        (b'{"chapter": 1.5, "at": 0, "left": 0, "when": 0}', JSON, 400),
        (b'{"chapter": true, "at": 0, "left": 0, "when": 0}', JSON, 400),
        (b'{"chapter": 1, "at": NaN, "left": 0, "when": 0}', JSON, 400),
        (b'{"chapter": 1, "at": 1e99, "left": 0, "when": 0}', JSON, 400),
        (b'{"chapter": 1, "at": 0, "left": 0, "when": 99999999999999999999}', JSON, 400),
        (position(1), {}, 415),
        (position(1), JSON | {"Origin": "http://evil.example"}, 403),
    ],
)
def test_what_is_no_position_or_comes_from_another_page_is_refused(
    host: Host, body: bytes, headers: dict[str, str], status: int
) -> None:
    key = shelf_of(host)[0]["key"]
    assert ask(host.url, f"/positions/{key}", method="PUT", body=body, headers=headers).status == status
    assert ask(host.url, "/positions/ffffffffffffffff", method="PUT", body=position(1), headers=JSON).status == 404


def test_positions_that_cannot_be_kept_are_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "p.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(OutputError, match="cannot be kept") as told:
        Positions(tmp_path / "p.sqlite")
    assert "delete it" in told.value.hint


# What it bears


def closed_within(client: socket.socket, within_s: float) -> bool:
    client.settimeout(within_s)
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_a_client_that_never_ends_its_request_is_hung_up_on(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_WAIT_S", 0.5)
    with running(server.server_of(make_app(Books(shelf, sync=False), None, Access()))) as host:
        at = urlsplit(host.url)
        address = (at.hostname or "", at.port or 0)
        with socket.create_connection(address) as silent, socket.create_connection(address) as trickling:
            trickling.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert trickling.recv(15) == b"HTTP/1.1 200 OK"
            trickling.sendall(b"GET / HTT")  # and no more: the second request of a kept connection counts, too
            assert closed_within(silent, 15)
            assert closed_within(trickling, 15)
        assert ask(host.url, "/").status == 200


def test_a_client_that_never_reads_its_answer_is_hung_up_on(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READ_WAIT_S", 0.5)
    shutil.copytree(shelf, tmp_path / "shelf")
    large = tmp_path / "shelf/A. Passenger/The Long Way/large.mp3"
    with large.open("wb") as file:
        file.truncate(64 << 20)
    made = server.server_of(make_app(Books(tmp_path / "shelf", sync=False), None, Access()))
    with running(made) as host:
        at = urlsplit(host.url)
        with socket.create_connection((at.hostname or "", at.port or 0)) as client:
            client.sendall(f"GET /{BOOK}/large.mp3 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert client.recv(15) == b"HTTP/1.1 200 OK"
            end = time.monotonic() + 20
            while made.server_state.connections:
                assert time.monotonic() < end, "it still waits for a client that does not read"
                time.sleep(0.05)
        assert ask(host.url, "/").status == 200


def test_connections_beyond_the_limit_are_closed_and_the_others_served(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 5)
    with running(server.server_of(make_app(Books(shelf, sync=False), None, Access()))) as host:
        at = urlsplit(host.url)
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection((at.hostname or "", at.port or 0))) for _ in range(12)
            ]
            gone = [client for client in clients if closed_within(client, 0.5)]
            assert len(gone) == 7
            kept = next(client for client in clients if client not in gone)
            kept.settimeout(20)
            kept.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert kept.recv(15) == b"HTTP/1.1 200 OK"


def test_one_client_never_has_all_the_connections(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_OF_ONE_ADDRESS", 3)
    with running(server.server_of(make_app(Books(shelf, sync=False), None, Access()))) as host:
        at = urlsplit(host.url)
        address = (at.hostname or "", at.port or 0)
        with contextlib.ExitStack() as stack:
            greedy = [stack.enter_context(socket.create_connection(address)) for _ in range(5)]
            assert sum(closed_within(client, 0.5) for client in greedy) == 2
            other = stack.enter_context(socket.create_connection(address, timeout=20, source_address=("127.0.0.2", 0)))
            other.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert other.recv(15) == b"HTTP/1.1 200 OK"


LISTENERS = 200
DEVICES = 8
RANGES = 8
LENGTH = 16_000


async def listener(number: int, address: tuple[str, int], path: str, whole: bytes) -> int:
    """Ask for ranges over one kept connection, as a browser does that plays; returns how many came back right."""
    device = f"127.0.0.{1 + number % DEVICES}"
    reader, writer = await asyncio.open_connection(*address, local_addr=(device, 0))
    right = 0
    try:
        for turn in range(RANGES):
            start = int.from_bytes(hashlib.blake2b(f"{number} {turn}".encode(), digest_size=4).digest())
            start %= len(whole) - LENGTH
            head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes={start}-{start + LENGTH - 1}\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(LENGTH)
            right += answer.startswith(b"HTTP/1.1 206") and body == whole[start : start + LENGTH]
    finally:
        writer.close()
        await writer.wait_closed()
    return right


def resident_kb(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def test_two_hundred_listeners_get_what_they_ask_for_and_the_memory_stays_flat(shelf: Path, tmp_path: Path) -> None:
    whole = (shelf / "A. Passenger/The Long Way/The Long Way.mp3").read_bytes()
    with narrate_serve(shelf, tmp_path) as host:
        at = urlsplit(host.url)

        async def all_of_them() -> list[int]:
            address = (at.hostname or "", at.port or 0)
            path = f"/{BOOK}/The%20Long%20Way.mp3"
            async with asyncio.timeout(120):
                return await asyncio.gather(*(listener(each, address, path, whole) for each in range(LISTENERS)))

        assert host.process
        sizes = []
        for _ in range(3):
            assert asyncio.run(all_of_them()) == [RANGES] * LISTENERS
            sizes.append(resident_kb(host.process.pid))
        # The first round fills what is kept anyhow; 1,600 ranges of 16 KB more leave nothing behind.
        assert sizes[2] - sizes[0] < 8_000, sizes
        assert sizes[2] < 200_000, sizes
