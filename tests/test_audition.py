"""`narrate audition`: one page with the same lines in every voice, equally loud; it works in a real browser."""

import base64
import re
import time

import pytest
from playwright.sync_api import Page, sync_playwright
from typer.testing import CliRunner

from conftest import Desk, decoded
from fake_engine import FakeEngine
from narrate.cli.app import app
from narrate.mix.loudness import block_powers, integrated_lufs


def held(desk: Desk, *arguments: str) -> str:
    page = desk.folder / "audition.html"
    command = ["audition", str(desk.source), "--out", str(page), "--engine", "fake", *arguments]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{page}\n"
    return page.read_text("utf-8")


def ids(page: str) -> list[str]:
    return re.findall(r"--voice (\S+)</code>", page)


def test_every_voice_of_the_language_reads_the_same_lines_equally_loud(desk: Desk) -> None:
    desk.write("Rain & Road\n\nRain falls on the road to the sea. It falls all night long.\n\nAnd on.\n")
    page = held(desk)
    assert ids(page)[:2] == ["fake:fake/low", "fake:fake/high"]
    assert "gmw/en-US" in ids(page)  # another engine's
    assert not any("fr" in each for each in ids(page))
    assert {text for text, _ in desk.engine.spoken} == {
        "Rain falls on the road to the sea.",
        "It falls all night long.",
        "And on.",
    }
    assert "Who shall read Rain &amp; Road?" in page
    levels = []
    for number, sound in enumerate(re.findall(r"base64,([^\"]+)", page)):
        file = desk.folder / f"{number}.mp3"
        file.write_bytes(base64.b64decode(sound))
        levels.append(integrated_lufs(block_powers(decoded(file), 44100)))
    assert len(levels) == len(ids(page)) > 5
    assert max(levels) - min(levels) < 1.0


def test_only_the_voices_asked_for_are_heard(desk: Desk) -> None:
    desk.write("Rain falls.\n")
    assert ids(held(desk, "--voice", "high", "--voice", "Basse")) == ["fake:fake/high", "fake:fake/fr"]


def test_a_voice_that_fails_is_told_and_the_others_heard(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("Rain falls.\n")
    monkeypatch.setattr(
        desk.engine, "speak", lambda *arguments, **named: _unless_high(desk.engine, *arguments, **named)
    )
    page = desk.folder / "audition.html"
    voices = ["--voice", "fake:high", "--voice", "fake:low"]
    done = CliRunner().invoke(app, ["audition", str(desk.source), "--engine", "fake", "--out", str(page), *voices])
    assert done.exit_code == 0
    assert "fake:fake/high: has a cold" in done.stderr
    assert ids(page.read_text("utf-8")) == ["fake:fake/low"]


def _unless_high(engine: FakeEngine, spoken: str, delivery, **named):
    from narrate.errors import SpeechError

    if delivery.voice == "fake/high":
        raise SpeechError("has a cold")
    return FakeEngine.speak(engine, spoken, delivery, **named)


def has_played(tab: Page, number: int) -> None:
    """Wait until it has; not by `wait_for_function`, which the page's own policy forbids."""
    deadline = time.monotonic() + 20
    while not tab.evaluate(f"document.querySelectorAll('audio')[{number}].currentTime > 0.05"):
        assert time.monotonic() < deadline, f"voice {number} does not play"
        time.sleep(0.05)


def test_the_page_plays_one_voice_at_a_time(desk: Desk) -> None:
    desk.write("<b>Rain</b> falls. " * 12 + "\n")
    held(desk, "--voice", "low", "--voice", "high")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            tab = browser.new_page()
            troubles: list[str] = []
            tab.on("console", lambda message: troubles.append(message.text))
            tab.on("pageerror", lambda error: troubles.append(str(error)))
            tab.goto((desk.folder / "audition.html").as_uri())
            tab.evaluate("document.querySelectorAll('audio')[0].play()")
            has_played(tab, 0)
            tab.evaluate("document.querySelectorAll('audio')[1].play()")
            has_played(tab, 1)
            playing = tab.evaluate("[...document.querySelectorAll('audio')].map(each => !each.paused)")
            bold = tab.evaluate("document.querySelectorAll('blockquote b').length")
        finally:
            browser.close()
    assert playing == [False, True]
    assert bold == 0
    assert troubles == []
