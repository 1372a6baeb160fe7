"""The player in a real browser when things go wrong: no network, no file, no room, another tab, a book built anew."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import visiting
from listening import ROAD, build_book, built_shelf, narrate_serve, running
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from visiting import Visit, Visits

from narrate.publish.player.folder import write_player
from narrate.shelf import read_shelf

browser, visit = visiting.browser, visiting.visit
pytestmark = visiting.NEEDS_CHROMIUM

GONE = "no connection, or the file is gone"


@pytest.fixture
def shelf(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A shelf of this test's own."""
    return Path(shutil.copytree(built_shelf(tmp_path_factory), tmp_path / "shelf"))


@pytest.fixture
def site(shelf: Path) -> Path:
    write_player(read_shelf(shelf), shelf)
    return shelf


def host_of(site: Path) -> Any:
    """A host of files that knows nothing of narrate, for a `with` block."""
    app = Starlette(routes=[Mount("/", StaticFiles(directory=site))])
    return running(uvicorn.Server(uvicorn.Config(app, log_level="error")))


def excuse(here: Visit, *reasons: str) -> None:
    """Forget what the browser complains of by itself, when that is what the test has done."""
    here.complaints[:] = [each for each in here.complaints if not any(reason in each for reason in reasons)]


def test_a_chapter_that_is_gone_is_told_where_it_can_be_seen_and_played_once_it_is_back(
    site: Path, visit: Visits
) -> None:
    file = next(site.rglob("02 - Across.mp3"))
    kept = file.rename(file.with_suffix(".away"))
    with host_of(site) as host:
        here = visit(host.url, viewport={"width": 390, "height": 500})
        here.play()
        here.page.evaluate("document.querySelector('main').scrollTop = 400")
        here.engine("next()")
        notice = here.page.get_by_role("alert")
        expect(notice).to_contain_text(GONE)
        expect(notice).to_be_in_viewport(ratio=1)
        assert here.engine("playing"), "it still tries"
        here.page.get_by_role("button", name="Drive mode").click()
        expect(here.page.locator("#drive-now")).to_contain_text(GONE)
        here.page.keyboard.press("Escape")
        kept.rename(file)
        notice.get_by_role("button", name="Try now").click()
        here.until("narrate.engine.playing && narrate.engine.audio.currentTime > 0.2")
        expect(notice).to_be_hidden()
    excuse(here, "404")


NO_WORKER = "delete Navigator.prototype.serviceWorker;"  # it would answer for the network


def test_what_was_playing_goes_on_by_itself_when_the_network_is_back(site: Path, visit: Visits) -> None:
    with host_of(site) as host:
        here = visit(host.url)
        here.page.context.add_init_script(NO_WORKER)
        here.play()
        here.page.route("**/*-3.js", lambda route: route.abort("internetdisconnected"))
        here.page.route("**/*.mp3*", lambda route: route.abort("internetdisconnected"))
        here.engine("open(narrate.engine.book, 2, 1.5)")
        here.until("narrate.engine.trouble !== ''")
        expect(here.page.locator("#transcript")).to_contain_text("cannot be loaded")
        assert here.engine("at") == 1.5
        here.page.unroute_all()
        here.page.evaluate("window.dispatchEvent(new Event('online'))")
        here.until("narrate.engine.playing && narrate.engine.audio.currentTime > 1.6")
        assert here.engine("trouble") == ""
        assert here.engine("index") == 2
        expect(here.page.locator(".sentence.now")).to_be_visible()  # the words, which did not come either, are there
    excuse(here, "ERR_INTERNET_DISCONNECTED")


def test_who_pauses_is_not_played_to_when_the_network_is_back(site: Path, visit: Visits) -> None:
    with host_of(site) as host:
        here = visit(host.url)
        here.page.context.add_init_script(NO_WORKER)
        here.play()
        here.page.route("**/*.mp3*", lambda route: route.abort("internetdisconnected"))
        here.engine("next()")
        here.until("narrate.engine.trouble !== ''")
        here.engine("pause()")
        here.page.unroute_all()
        here.page.evaluate("window.dispatchEvent(new Event('online'))")
        here.page.wait_for_timeout(200)
        assert not here.engine("playing")
        here.page.locator(".play").click()
        here.until("narrate.engine.audio.currentTime > 0.1")
    excuse(here, "ERR_INTERNET_DISCONNECTED")


def test_only_one_of_two_tabs_is_heard_and_the_other_goes_on_from_there(site: Path, visit: Visits) -> None:
    with host_of(site) as host:
        here = visit(host.url)
        here.play()
        key = here.engine("book.key")
        other = Visit(page=here.page.context.new_page(), url=host.url)
        other.go(f"/listen/{key}/3?play")
        other.until("narrate.engine.playing && narrate.engine.audio.currentTime > 0.2")
        here.until("!narrate.engine.playing")
        other.engine("pause()")
        here.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        here.until("narrate.engine.index === 2 && narrate.engine.at > 0.2")
        assert not here.engine("playing")


FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
REFUSED = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"


@pytest.mark.parametrize("refusal", [FULL, REFUSED], ids=["full", "refused"])
def test_where_the_browser_keeps_nothing_a_place_lasts_as_long_as_the_page(
    site: Path, visit: Visits, refusal: str
) -> None:
    with host_of(site) as host:
        here = visit(host.url)
        here.play()
        here.engine("pause()")
        here.engine("save({ now: true })")
        here.page.context.add_init_script(refusal)
        here.page.reload()
        here.page.wait_for_selector(".sentence")
        here.engine("next()")
        here.engine("seek(5)")
        here.page.locator("#to-book").click()
        expect(here.page.locator(".primary")).to_have_text("Go on, chapter 2 at 0:05")


def test_another_page_of_the_host_is_never_taken_for_the_player(shelf: Path, tmp_path: Path, visit: Visits) -> None:
    with narrate_serve(shelf, tmp_path) as host:
        here = visit(host.url)
        here.go()
        here.until("navigator.serviceWorker.controller !== null")
        here.page.goto(f"{host.url}A.%20Passenger/The%20Long%20Way/publication.json")
        here.page.goto("about:blank")
    here.go()
    expect(here.page.locator(".card").first).to_be_visible()
    excuse(here, "ERR_CONNECTION_REFUSED", "404")  # of the picture that a browser looks for on any page


def test_a_book_that_was_built_anew_is_no_longer_called_kept(shelf: Path, tmp_path: Path, visit: Visits) -> None:
    with narrate_serve(shelf, tmp_path) as host:
        here = visit(host.url)
        here.go()
        here.page.locator(".card", has_text="A Short Drive").click()
        here.page.get_by_role("button", name="Keep on this device").click()
        kept = here.page.get_by_role("button", name="Kept on this device")
        expect(kept).to_be_visible(timeout=visiting.WAIT_MS)
        (file,) = (each.file for book in read_shelf(shelf).books if "Short" in book.title for each in book.chapters)
        file.write_bytes(file.read_bytes() + bytes(10))
        again = here.page.get_by_role("button", name="Keep on this device")
        here.reload_until_seen(again)
        again.click()
        expect(kept).to_be_visible(timeout=visiting.WAIT_MS)
        names = here.page.evaluate(
            "caches.keys().then((all) => caches.open(all.find((each) => each.startsWith('narrate-kept-'))))"
            ".then((cache) => cache.keys())"
            ".then((keys) => keys.map((each) => each.url).filter((url) => /mp3/.test(url)))"
        )
        assert len(names) == 1, "the earlier sound is gone"


def test_a_book_built_anew_goes_on_with_the_same_sentence(tmp_path: Path, visit: Visits) -> None:
    source, shelf = tmp_path / "road.md", tmp_path / "shelf"
    source.write_text(ROAD)
    build_book(source, shelf, tmp_path / "store")
    sentence = "Then somebody laughs"
    with narrate_serve(shelf, tmp_path / "data") as host:
        here = visit(host.url)
        here.play()
        here.engine("pause()")
        here.engine("open(narrate.engine.book, 1, 0)")
        expect(here.page.locator("#transcript")).to_contain_text(sentence)
        found = f"narrate.transcript.cues.find((each) => each.text.includes('{sentence}'))"
        here.page.evaluate(f"narrate.engine.seek({found}.start / 1000 + 0.7)")
        before, key = here.engine("at"), here.engine("book.key")
        here.engine("save({ now: true })")
        before_it = (
            "## A chapter more\n\nAnd much to say in it.\n\n## Across\n\nThis was written later, before the rest."
        )
        source.write_text(ROAD.replace("## Across\n", before_it))
        build_book(source, shelf, tmp_path / "store")
        here.page.goto("about:blank")
        here.go()
        here.page.locator(".card").click()
        here.reload_until_seen(here.page.locator(".primary", has_text="chapter 3"))
        here.go(f"/listen/{key}")  # and nothing sounds, so that it cannot come there by itself
        expect(here.page.locator(".sentence.now")).to_contain_text(sentence)
        assert here.engine("index") == 2
        assert here.engine("at") > before + 1


HOUR_MS = 3_600_000


@pytest.mark.parametrize("ahead_ms", [HOUR_MS, -HOUR_MS])
def test_devices_whose_clocks_differ_go_on_where_one_listened_last(
    shelf: Path, tmp_path: Path, visit: Visits, ahead_ms: int
) -> None:
    with narrate_serve(shelf, tmp_path) as host:
        wrong, right = visit(host.url), visit(host.url)
        wrong.page.context.add_init_script(f"const now = Date.now; Date.now = () => now() + {ahead_ms};")
        wrong.play("A Short Drive")
        key = wrong.engine("book.key")

        def leave(here: Visit, at: float) -> None:
            here.engine("pause()")
            with here.page.expect_response("**/positions/*"):
                here.engine(f"seek({at})")
                here.engine("save({ now: true })")

        def find(here: Visit) -> float:
            here.page.goto("about:blank")
            here.go(f"/listen/{key}")
            here.page.wait_for_selector(".sentence")
            return float(here.engine("at"))

        leave(wrong, 2)
        assert find(right) == pytest.approx(2, abs=0.05)
        leave(right, 3)
        assert find(wrong) == pytest.approx(3, abs=0.05)
        leave(wrong, 4)
        assert find(right) == pytest.approx(4, abs=0.05)
