"""`narrate voices install` against a server on this machine: whole, resumed, damaged, missing, offline."""

import errno
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from narrate.cli.app import app
from narrate.errors import OutputError, VoiceError
from narrate.speech import installing
from narrate.speech.installing import Wanted, fetch, install
from onnx_voices import write_kokoro, write_piper_voice

VOICE = "en_US-tiny-low"


@dataclass
class Shop:
    """What the server has, by path; how it behaves; and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    breaks_after: int = 0
    shifted: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def shop() -> Iterator[Shop]:
    goods = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            goods.asked.append((path, self.headers.get("Range", "")))
            data = goods.files.get(path)
            if data is None:
                self.send_error(404)
                return
            start = int(wanted[1]) if wanted and goods.ranges else 0
            if start and start >= len(data):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(data) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start - goods.shifted}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            end = start + goods.breaks_after if goods.breaks_after else len(data)
            self.wfile.write(data[start:end])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    goods.address = f"http://127.0.0.1:{server.server_port}"
    yield goods
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def piper(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop as Piper's repository, with one voice; voices go into `tmp_path / "voices"`."""
    from piper import download_voices as published

    rest = published.URL_FORMAT.partition("/resolve/main/")[2]
    monkeypatch.setattr(published, "URL_FORMAT", f"{shop.address}/{rest}")
    monkeypatch.setattr(published, "VOICES_JSON", f"{shop.address}/voices.json?download=true")
    monkeypatch.setenv("NARRATE_VOICES", str(tmp_path / "voices"))
    model = write_piper_voice(tmp_path / "made", VOICE)
    listed = {}
    for file in (model, model.with_name(f"{VOICE}.onnx.json")):
        data = file.read_bytes()
        path = f"en/en_US/tiny/low/{file.name}"
        shop.files[f"/{path}"] = data
        listed[path] = {"size_bytes": len(data), "md5_digest": hashlib.md5(data).hexdigest()}
    shop.files["/voices.json"] = json.dumps({VOICE: {"files": listed}}).encode()
    return shop


def test_a_voice_is_fetched_told_and_speaks(piper: Shop, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["voices", "install", VOICE])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"piper:{VOICE}\n"
    assert f"{VOICE}.onnx: 0.0 MB of 0.0" in done.stderr
    folder = tmp_path / "voices" / "piper"
    assert sorted(path.name for path in folder.iterdir()) == [f"{VOICE}.onnx", f"{VOICE}.onnx.json"]
    told = CliRunner().invoke(app, ["voices", "--engine", "piper", "--json"]).stdout
    assert [each["id"] for each in json.loads(told)] == [f"piper:{VOICE}"]
    sample = CliRunner().invoke(app, ["voices", "--voice", f"piper:{VOICE}", "--sample", str(tmp_path / "a.wav")])
    assert sample.exit_code == 0, sample.stderr
    before = len(piper.asked)
    assert CliRunner().invoke(app, ["voices", "install", VOICE]).exit_code == 0
    assert [path for path, _ in piper.asked[before:]] == ["/voices.json"]  # what is here is not fetched again


def test_what_was_cut_short_goes_on(piper: Shop, tmp_path: Path) -> None:
    piper.breaks_after = 1500
    model = piper.files[f"/en/en_US/tiny/low/{VOICE}.onnx"]
    tries = 0
    for _ in range(50):
        tries += 1
        try:
            install(VOICE, lambda *_: None)
            break
        except VoiceError:
            assert not (tmp_path / "voices" / "piper" / f"{VOICE}.onnx").exists()
    assert tries > 3
    assert (tmp_path / "voices" / "piper" / f"{VOICE}.onnx").read_bytes() == model
    assert {how for path, how in piper.asked if path.endswith(".onnx")} > {"", "bytes=1500-"}


def test_a_server_that_cannot_go_on_sends_the_whole_again(shop: Shop, tmp_path: Path) -> None:
    shop.files["/x"], shop.ranges = b"0123456789", False
    (tmp_path / "x.part").write_bytes(b"wrong")
    fetch(Wanted(name="x", address=f"{shop.address}/x", size=10), tmp_path / "x", lambda *_: None)
    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_a_server_that_goes_on_elsewhere_is_not_believed(shop: Shop, tmp_path: Path) -> None:
    shop.files["/x"], shop.shifted = b"0123456789", 2
    (tmp_path / "x.part").write_bytes(b"01234")
    with pytest.raises(VoiceError, match="5 bytes arrived"):  # and begins anew, with what this one sends
        fetch(Wanted(name="x", address=f"{shop.address}/x", size=10), tmp_path / "x", lambda *_: None)
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("piper")
def test_a_network_that_goes_away_is_not_called_a_disk_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    read, reads = HTTPResponse.read, []

    def away(reply: HTTPResponse, size: int) -> bytes:
        reads.append(size)
        if len(reads) > 1:  # the first is the list's
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return read(reply, size)

    monkeypatch.setattr(HTTPResponse, "read", away)
    with pytest.raises(VoiceError, match=r"cannot be fetched: .*Network is unreachable"):
        install(VOICE, lambda *_: None)
    assert len(reads) == 2


@pytest.mark.usefixtures("piper")
def test_a_full_disk_is_told_and_leaves_nothing_that_looks_like_a_voice(tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        install(VOICE, full)
    assert [path.suffix for path in (tmp_path / "voices" / "piper").iterdir()] == [".part"]


def test_a_voice_that_a_model_does_not_have_is_told(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_kokoro(tmp_path / "made")
    shop.files["/kokoro-v1.0.onnx"] = made.read_bytes()
    shop.files["/voices-v1.0.bin"] = made.with_name("voices.bin").read_bytes()
    monkeypatch.setattr(installing, "KOKORO_RELEASE", f"{shop.address}/")
    monkeypatch.setenv("NARRATE_VOICES", str(tmp_path / "voices"))
    with pytest.raises(VoiceError, match="no voice called “af_hart”") as caught:
        install("kokoro:af_hart", lambda *_: None)
    assert "af_heart" in caught.value.hint
    assert install("kokoro:bm_george", lambda *_: None)[0] == "kokoro:bm_george"


def test_what_is_not_as_published_is_not_kept(piper: Shop, tmp_path: Path) -> None:
    path = f"/en/en_US/tiny/low/{VOICE}.onnx"
    good = piper.files[path]
    piper.files[path] = bytes(len(good))
    with pytest.raises(VoiceError, match="which are not the"):
        install(VOICE, lambda *_: None)
    assert not list((tmp_path / "voices" / "piper").glob("*.onnx*.part"))
    piper.files[path] = good
    assert install(VOICE, lambda *_: None)[0] == f"piper:{VOICE}"


def test_a_file_longer_than_published_is_not_read_to_its_end(shop: Shop, tmp_path: Path) -> None:
    shop.files["/x"] = bytes(3 << 20)
    with pytest.raises(VoiceError):
        fetch(Wanted(name="x", address=f"{shop.address}/x", size=10), tmp_path / "x", lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_an_unknown_voice_names_those_like_it(piper: Shop) -> None:
    done = CliRunner().invoke(app, ["voices", "install", "en_US-tiny-lower"])
    assert done.exit_code == 5
    assert f"did you mean {VOICE}?" in done.stderr
    for nowhere in ("hal:en_US-tiny-low", "lessac", "../en_US-tiny-low", "en_US-../../tiny-low"):
        assert CliRunner().invoke(app, ["voices", "install", nowhere]).exit_code == 5
    assert len(piper.asked) == 1


def test_offline_one_line_says_so(piper: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from piper import download_voices as published

    monkeypatch.setattr(published, "VOICES_JSON", "http://127.0.0.1:1/voices.json")
    done = CliRunner().invoke(app, ["voices", "install", VOICE])
    assert done.exit_code == 5
    assert len(done.stderr.splitlines()) == 1
    assert "Piper's list of voices cannot be fetched" in done.stderr
    assert "needs the internet once" in done.stderr
    assert not piper.asked


def test_kokoros_model_and_voices_are_fetched(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_kokoro(tmp_path / "made")
    shop.files["/kokoro-v1.0.onnx"] = made.read_bytes()
    shop.files["/voices-v1.0.bin"] = made.with_name("voices.bin").read_bytes()
    monkeypatch.setattr(installing, "KOKORO_RELEASE", f"{shop.address}/")
    monkeypatch.setenv("NARRATE_VOICES", str(tmp_path / "voices"))
    done = CliRunner().invoke(app, ["voices", "install", "kokoro", "--quiet"])
    assert (done.exit_code, done.stdout) == (0, "kokoro:af_heart\n"), done.stderr
    told = CliRunner().invoke(app, ["voices", "--engine", "kokoro", "--json"]).stdout
    assert [each["id"] for each in json.loads(told)] == ["kokoro:af_heart", "kokoro:bm_george"]
