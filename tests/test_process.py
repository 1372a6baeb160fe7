"""Which ffmpeg every step uses, and what is told of a program that failed."""

import os
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from narrate import process
from narrate.errors import AudioError
from narrate.process import DiedError, ffmpeg_path, run


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    for each in (ffmpeg_path, process._bundled_ffmpeg, process.ffmpeg_version_printed):
        each.cache_clear()
    yield
    for each in (ffmpeg_path, process._bundled_ffmpeg, process.ffmpeg_version_printed):
        each.cache_clear()


def test_the_bundled_ffmpeg_is_taken_without_starting_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(subprocess, "check_call", start)
    imageio_ffmpeg._utils._get_ffmpeg_exe.cache_clear()
    assert Path(ffmpeg_path()).parent == Path(imageio_ffmpeg.__file__).parent / "binaries"


def test_the_version_of_the_bundled_ffmpeg_is_known_without_starting_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert process.ffmpeg_version() == Path(ffmpeg_path()).name.removeprefix("ffmpeg-")


def test_the_version_of_another_ffmpeg_is_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "ffmpeg"
    mine.write_text("#!/bin/sh\necho ffmpeg version 8.9-mine Copyright\n")
    mine.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(mine))
    assert process.ffmpeg_version() == "8.9-mine"


def test_the_ffmpeg_that_the_environment_names_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/my/own/ffmpeg")
    assert ffmpeg_path() == "/my/own/ffmpeg"


def test_without_a_bundled_one_imageio_looks_elsewhere(tmp_path: Path) -> None:
    package = tmp_path / "imageio_ffmpeg"
    (package / "binaries").mkdir(parents=True)
    (package / "binaries/ffmpeg-not-executable").touch(0o644)
    (package / "__init__.py").write_text("def get_ffmpeg_exe(): return '/usr/bin/ffmpeg'")
    command = [sys.executable, "-c", "from narrate.process import ffmpeg_path; print(ffmpeg_path())"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "/usr/bin/ffmpeg\n"


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_program_that_was_killed_is_told_apart_from_one_that_failed() -> None:
    with pytest.raises(DiedError, match="sh died of SIGKILL"):
        run(["sh", "-c", "kill -KILL $$"], timeout_s=20)
    with pytest.raises(AudioError, match="sh failed: not today") as caught:
        run(["sh", "-c", "echo not today >&2; exit 3"], timeout_s=20)
    assert not isinstance(caught.value, DiedError)
