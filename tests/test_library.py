"""A folder of documents becomes a shelf: what is found, how it is set, what is built, and what of each is told."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conftest import THREE_CHAPTERS, Desk, contents
from narrate.cli import library as command
from narrate.cli import options
from narrate.cli.app import app
from narrate.cli.library_progress import LibraryBars
from narrate.cli.output import columns
from narrate.errors import ConfigError, OutputError, SourceError
from narrate.library import running
from narrate.library.job import matches, read_job
from narrate.library.page import report_page
from narrate.library.report import Entry, Outcome, Report
from narrate.library.running import Order, build_library
from narrate.library.writing import keep_report
from narrate.plan import Action
from narrate.planning import make_plan
from narrate.pool import workers
from narrate.project import open_project
from narrate.remote import Remote
from narrate.speech import SpeechOptions
from narrate.speech.engine import Delivery
from narrate.take import Take


class Heard:
    """Keeps what a library's build says of its progress."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.ends: list[tuple[str, str]] = []

    def planned(self, done: int, total: int) -> None:
        assert done <= total

    def started(self, books: int, characters: int) -> None:  # noqa: ARG002
        self.total = characters

    def opened(self, name: str, characters: int) -> None:
        pass

    def advanced(self, name: str, characters: int) -> None:  # noqa: ARG002
        self.done += characters

    def ended(self, entry: Any) -> None:
        self.ends.append((entry.name, str(entry.outcome)))


class Library:
    """A folder of sources, and a shelf, built by the fake engine in processes forked from this one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.folder = desk.folder / "books"
        self.folder.mkdir()
        self.out = desk.folder / "many"
        self.heard = Heard()

    def write(self, name: str, text: str = THREE_CHAPTERS) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def titled(self, *titles: str) -> None:
        for title in titles:
            self.write(f"{title.lower()}.txt", THREE_CHAPTERS.replace("The Long Way", title))

    def build(self, **order: Any) -> Report:
        self.heard = Heard()
        wanted = {"out": self.out, "store": self.desk.folder / "store", "jobs": 2, "flags": {"engine": "fake"}} | order
        where = order.pop("where", self.folder)
        wanted.pop("where", None)
        job = read_job(where, out=self.out)
        return build_library(job, Order(**wanted), self.heard, keep=lambda _: None)

    def outcomes(self, **order: Any) -> dict[str, str]:
        return {each.name: str(each.outcome) for each in self.build(**order).entries}


@pytest.fixture
def library(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Library:
    fake = SpeechOptions(engine="fake")
    monkeypatch.setattr(running, "workers", lambda jobs, _, apart: workers(jobs, fake, apart=not apart))
    return Library(desk)


def test_all_that_a_reader_knows_is_a_book_but_what_is_hidden_or_published(library: Library) -> None:
    for name in ("b.txt", "deep/er/a.md", ".hidden.txt", ".git/c.txt", "notes.xyz", "narrate.toml"):
        library.write(name, "")
    library.out = library.folder / "shelf"
    library.write("shelf/The Long Way/readme.txt", "")
    assert [each.name for each in read_job(library.folder, out=library.out).books] == ["b.txt", "deep/er/a.md"]


def test_a_list_names_one_source_a_line(library: Library) -> None:
    library.write("b.txt")
    library.write("list.lst", "# mine\n\nb.txt\nhttps://example.org/story\nb.txt\n")
    books = read_job(library.folder / "list.lst").books
    assert [str(each.source) for each in books] == [str(library.folder / "b.txt"), "https://example.org/story"]


def test_what_narrate_has_published_is_no_book_wherever_it_lies(library: Library) -> None:
    published = ("library.html", "library.json", "Author/Title/publication.json", "Author/Title/Title.epub")
    for name in ("b.txt", "index.html", *(f"old/{name}" for name in published), "out/c.txt"):
        library.write(name, "")
    for name in ("page/index.html", "page/narrate-player/app.js"):
        library.write(name, "")
    found = read_job(library.folder, out=library.folder / "old" / ".." / "out").books
    assert [each.name for each in found] == ["b.txt", "index.html"]


def test_an_unpacked_epub_is_one_book_that_is_told_what_to_do(library: Library) -> None:
    library.write("a.epub/OEBPS/one.html", "")
    (entry,) = library.build().entries
    assert (entry.name, entry.outcome) == ("a.epub", Outcome.FAILED)
    assert entry.reason == "a folder, not a document (an unpacked EPUB: zip what is in it)"


def test_files_of_other_kinds_and_overrides_that_fit_nothing_are_remarked(library: Library) -> None:
    for name in ("b.txt", "c.mobi", "d.MOBI", "e.rtf"):
        library.write(name)
    library.write("library.toml", "[[override]]\nmatch = ['b.*']\n[[override]]\nmatch = ['germn/*']\n")
    aside, nothing = read_job(library.folder).remarks
    assert aside == "left aside, of kinds that narrate does not read: 2 .mobi, 1 .rtf"
    assert nothing == f"{library.folder / 'library.toml'} [[override]] 2: germn/* fits no book"


def test_a_list_may_have_a_byte_order_mark_and_names_that_are_no_utf_8(library: Library) -> None:
    (library.folder / "list").write_bytes(b"\xef\xbb\xbfa.txt\r\nb\xff.txt\r\n")
    assert [each.name for each in read_job(library.folder / "list").books] == ["a.txt", "b\udcff.txt"]
    (library.folder / "data").write_bytes(b"a\0b")
    with pytest.raises(SourceError, match="binary data"):
        read_job(library.folder / "data")


def test_a_job_file_that_is_named_must_be_there(library: Library) -> None:
    library.write("b.txt")
    with pytest.raises(SourceError, match=r"libary\.toml: no such file"):
        read_job(library.folder / "libary.toml")


def test_a_folder_without_books_and_a_list_that_is_none_are_told(library: Library) -> None:
    with pytest.raises(SourceError, match="no books"):
        read_job(library.folder)
    with pytest.raises(SourceError, match="no such folder or list"):
        read_job(library.folder / "nowhere")
    library.write("book.epub", "PK")
    with pytest.raises(SourceError, match="a document, not a list"):
        read_job(library.folder / "book.epub")


def test_a_star_is_anything_and_the_last_part_of_a_name_will_do() -> None:
    assert matches("german/drei.txt", ["german/*"])
    assert matches("german/old/drei.txt", ["german/*"])
    assert matches("german/drei.txt", ["drei.*"])
    assert not matches("german/drei.txt", ["*.md", "rei.txt"])


JOB = """\
exclude = ["drafts/*"]
out = "../there"
[settings]
rate = 200
[[override]]
match = "german/*"
rate = 150
[[override]]
match = ["drei.txt"]
pitch = 60
"""


def test_a_job_file_says_what_is_common_and_what_is_not(library: Library) -> None:
    library.write("library.toml", JOB)
    for name in ("one.txt", "german/drei.txt", "drafts/two.txt"):
        library.write(name)
    job = read_job(library.folder)
    assert job.out == library.folder / "../there"
    assert {each.name: (dict(each.defaults), dict(each.overrides)) for each in job.books} == {
        "german/drei.txt": ({"rate": 200}, {"rate": 150, "pitch": 60}),
        "one.txt": ({"rate": 200}, {}),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate = 200", "unknown key 'rate'"),
        ("[settings]\nspeed = 2", "unknown setting 'speed'"),
        ("[[override]]\nrate = 100", "needs a match"),
        ("[[override]]\nmatch = 'x'\nrate = 1000", "rate must be from 80 to 450"),
        ("sources = 3", "sources must be a pattern"),
        ("out = [", "not valid TOML"),
    ],
)
def test_a_job_file_that_is_wrong_is_told_with_its_name(library: Library, text: str, told: str) -> None:
    library.write("library.toml", text)
    library.write("one.txt")
    with pytest.raises(ConfigError, match=r"library\.toml") as caught:
        read_job(library.folder)
    assert told in str(caught.value)


def test_what_a_library_says_is_below_the_books_own_word_and_an_override_above(library: Library) -> None:
    library.write("library.toml", "[settings]\nrate = 200\n[[override]]\nmatch = 'two.md'\nrate = 300\n")
    library.write("plain.md", "# Plain\n\nA sentence.\n")
    for name in ("one", "two"):
        library.write(f"{name}.md", f"---\ntitle: {name}\nnarrate:\n  rate: 100\n---\n\nA sentence.\n")
    library.build()
    rates = {
        folder.name: json.loads((folder / "build.json").read_text())["chapters"][0]["ingredients"]["rate"]
        for folder in library.out.iterdir()
    }
    assert rates == {"Plain": "200", "one": "100", "two": "300"}


def test_a_cover_that_the_library_names_counts_from_its_own_folder(library: Library) -> None:
    library.write("library.toml", "[settings]\ncover = 'covers/all.jpg'\n")
    library.write("covers/all.jpg", "no picture")
    library.write("deep/one.txt")
    report = library.build()
    assert report.entries[0].outcome is Outcome.FAILED
    assert "all.jpg" in report.entries[0].reason
    assert "no such file" not in report.entries[0].reason


def test_books_are_built_as_each_alone_would_be_and_then_left(library: Library) -> None:
    library.titled("Alpha", "Beta", "Gamma", "Delta")
    report = library.build()
    assert {each.outcome for each in report.entries} == {Outcome.BUILT}
    assert library.heard.done == library.heard.total > 0
    assert report.duration_s == pytest.approx(sum(each.duration_s for each in report.entries))
    library.desk.name = "alone.txt"
    library.desk.write(THREE_CHAPTERS.replace("The Long Way", "Beta"))
    alone = library.desk.build()
    assert contents(library.out / "Beta") == contents(alone.folder)
    assert library.outcomes() == dict.fromkeys(
        [f"{each}.txt" for each in ("alpha", "beta", "delta", "gamma")], "unchanged"
    )


def test_only_what_changed_is_built_again(library: Library) -> None:
    library.titled("Alpha", "Beta")
    library.build()
    library.write("beta.txt", THREE_CHAPTERS.replace("The Long Way", "Beta").replace("Rain", "Snow"))
    report = library.build()
    assert [(each.name, str(each.outcome)) for each in report.entries] == [
        ("alpha.txt", "unchanged"),
        ("beta.txt", "built"),
    ]
    assert report.entries[1].reason == "chapters changed"


def test_a_broken_book_takes_no_other_with_it(library: Library) -> None:
    library.titled("Alpha", "Beta")
    library.write("broken.epub", "PK and no more")
    library.desk.engine.failing = {"We are home."}
    library.write("mute.txt", "Mute\n\nChapter 1\n\nWe are home.\n")
    for name in ("alpha.txt", "beta.txt"):
        library.write(name, (library.folder / name).read_text().replace("We are home.", "Home at last."))
    report = library.build()
    assert {each.name: str(each.outcome) for each in report.entries} == {
        "alpha.txt": "built",
        "beta.txt": "built",
        "broken.epub": "failed",
        "mute.txt": "failed",
    }
    assert "ZIP" in report.entries[2].reason
    assert "We are home" in report.entries[3].reason
    assert not (library.out / "Mute").exists()


def test_a_book_that_kills_whoever_works_at_it_is_quarantined(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = library.desk.engine.speak

    def deadly(spoken: str, delivery: Delivery, **attempt: int) -> Take:
        if "cyanide" in spoken:
            os.kill(os.getpid(), signal.SIGKILL)
        return speak(spoken, delivery, **attempt)

    monkeypatch.setattr(library.desk.engine, "speak", deadly)
    library.titled("Alpha", "Beta", "Gamma")
    library.write("a-poisoned.txt", "Poisoned\n\nChapter 1\n\nHere is cyanide.\n")
    report = library.build()
    assert {each.name: str(each.outcome) for each in report.entries} == {
        "a-poisoned.txt": "quarantined",
        "alpha.txt": "built",
        "beta.txt": "built",
        "gamma.txt": "built",
    }
    assert "dying" in report.entries[0].reason
    assert report.retries > 0


def test_of_two_books_with_one_name_the_first_is_built_and_the_other_told(library: Library) -> None:
    library.write("a.txt")
    library.write("b.txt", THREE_CHAPTERS + "\nMore.\n")
    report = library.build()
    assert [str(each.outcome) for each in report.entries] == ["built", "failed"]
    assert "same author and title as a.txt" in report.entries[1].reason


def test_the_same_document_twice_is_one_book_and_no_failure(library: Library) -> None:
    library.titled("Alpha")
    library.write("zz.txt", (library.folder / "alpha.txt").read_text())
    (library.folder / "link.txt").symlink_to("alpha.txt")
    assert library.outcomes() == {"alpha.txt": "built", "link.txt": "duplicate", "zz.txt": "duplicate"}
    assert library.build().failed == 0


def test_a_pattern_that_fits_no_book_is_told(library: Library) -> None:
    library.titled("Alpha")
    with pytest.raises(SourceError, match=r"--only b\*: fits none of 1 books"):
        library.build(only=("b*",))


def test_a_book_of_a_library_is_found_by_whoever_asks_for_it_alone(library: Library) -> None:
    toml = "out = '../shelf'\n[[override]]\nmatch = 'deep/*'\ntitle = 'Mine'\nauthor = 'Me'\nrate = 200\n"
    library.write("library.toml", toml)
    library.write("deep/one.txt")
    library.out = library.folder / "../shelf"
    assert library.outcomes() == {"deep/one.txt": "built"}
    asked = options.request(library.folder / "deep" / "one.txt", options.DEFAULT_OUT, {}, None)
    alone = open_project(replace(asked, flags={**asked.flags, "engine": "fake"}))
    assert alone.record is not None
    assert make_plan(alone).publish is Action.UP_TO_DATE
    again = open_project(asked, as_built=True)
    assert (again.folder, again.config.delivery.rate_wpm) == (alone.folder, 200)

    library.write("library.toml", "exclude = ['deep/*']\n")
    assert options.request(library.folder / "deep" / "one.txt", options.DEFAULT_OUT, {}, None).out == Path("audiobooks")


def test_a_dry_run_builds_nothing_and_only_and_limit_narrow_it(library: Library) -> None:
    library.titled("Alpha", "Beta", "Gamma")
    assert set(library.outcomes(dry_run=True).values()) == {"to build"}
    assert not library.out.exists()
    assert library.outcomes(only=("b*",)) == {"beta.txt": "built"}
    assert library.outcomes(limit=1) == {"alpha.txt": "built", "beta.txt": "unchanged", "gamma.txt": "to build"}


def test_a_run_that_is_ended_early_still_reports_what_is_done(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.titled("Alpha", "Beta", "Gamma")
    heard = Heard()
    kept: list[Report] = []

    def stop(_entry: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(heard, "ended", stop)
    order = Order(out=library.out, store=library.desk.folder / "store", jobs=1, flags={"engine": "fake"})
    with pytest.raises(KeyboardInterrupt):
        build_library(read_job(library.folder), order, heard, keep=kept.append)
    counted = [kept[0].count(each) for each in (Outcome.BUILT, Outcome.TO_BUILD)]
    assert counted == [1, 2]
    assert not [path for path in library.out.iterdir() if path.name.startswith(".")]


def test_an_address_gets_the_same_bytes_with_the_manifest_last(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NARRATE_STORE", str(tmp_path / "near"))
    library.titled("Alpha", "Beta")
    library.build()
    there = tmp_path / "there"
    report = library.build(out=f"file://{there}", store=f"file://{tmp_path}/shared")
    assert report.count(Outcome.BUILT) == 2
    assert contents(there) == contents(library.out)
    assert library.outcomes(out=f"file://{there}") == {"alpha.txt": "unchanged", "beta.txt": "unchanged"}
    (there / "Alpha" / "publication.json").unlink()
    assert library.outcomes(out=f"file://{there}") == {"alpha.txt": "built", "beta.txt": "unchanged"}
    (there / "Beta" / "mine.txt").write_text("the listener's")
    library.write("beta.txt", THREE_CHAPTERS.replace("The Long Way", "Beta").replace("Chapter 3", "Chapter Three"))
    assert library.outcomes(out=f"file://{there}")["beta.txt"] == "built"
    assert library.outcomes()["beta.txt"] == "built"
    found = contents(there / "Beta")
    assert found.pop("mine.txt") == b"the listener's"
    assert found == contents(library.out / "Beta"), "what the new book has no more is gone"


def test_a_book_whose_upload_is_cut_short_is_no_book_until_it_is_sent_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NARRATE_STORE", str(tmp_path / "near"))
    there = tmp_path / "there"
    library.titled("Alpha")
    library.build(out=f"file://{there}")
    upload = Remote.upload
    sent: list[str] = []

    def until_the_cover(self: Remote, file: Path, name: str) -> None:
        sent.append(Path(name).name)
        if name.endswith("cover.jpg"):
            raise OutputError("the line is dead")
        upload(self, file, name)

    library.write("alpha.txt", THREE_CHAPTERS.replace("The Long Way", "Alpha").replace("Rain", "Snow"))
    monkeypatch.setattr(Remote, "upload", until_the_cover)
    report = library.build(out=f"file://{there}")
    assert report.entries[0].outcome is Outcome.FAILED
    assert "the line is dead" in report.entries[0].reason
    assert "publication.json" not in {path.name for path in there.rglob("*")}
    monkeypatch.setattr(Remote, "upload", lambda *given: (sent.append(Path(given[2]).name), upload(*given)))
    sent.clear()
    assert library.build(out=f"file://{there}").entries[0].reason == "not built yet"
    assert sent[-1] == "publication.json"
    library.build()
    assert contents(there / "Alpha") == contents(library.out / "Alpha")


def test_the_report_is_kept_as_json_and_as_a_page_that_escapes_what_people_wrote(library: Library) -> None:
    library.write("a.txt", "Fish & <Chips>\n\nChapter 1\n\nA sentence.\n")
    library.write("b.epub", "PK <script>")
    report = library.build()
    keep_report(report, library.out)
    kept = json.loads((library.out / "library.json").read_text())
    assert (kept["books"], kept["built"], kept["failed"]) == (2, 1, 1)
    assert [each["outcome"] for each in kept["entries"]] == ["built", "failed"]
    page = (library.out / "library.html").read_text()
    assert "Fish &amp; &lt;Chips&gt;" in page
    assert "<Chips>" not in page
    assert 'href="Fish%20%26' in page
    assert b'href="index.html"' in report_page(report, {"Fish": "index.html#/book/1"})


def test_the_table_fits_a_terminal_and_is_whole_elsewhere() -> None:
    why = "nothing but white space in it (give a file that has text in it)"
    entries = [
        Entry(name="書籍" * 20 + ".md", outcome=Outcome.FAILED, reason=why),
        Entry(name="b.md", outcome=Outcome.BUILT, duration_s=36_000.0, reason="not built yet"),
    ]
    in_terminal = command.table(command._HEAD, command._rows(entries, 80), right=(2,)).splitlines()
    assert max(columns(line) for line in in_terminal) == 80
    assert "built    10:00:00  not built yet" in in_terminal[2]
    assert command._rows(entries, 0)[0][3] == why


def test_a_books_name_with_brackets_is_told_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    bars = LibraryBars()
    bars.started(1, 100)
    bars.opened("a[red]/b[/b].md", 100)
    bars.advanced("a[red]/b[/b].md", 50)
    bars.ended(Entry(name="a[red]/b[/b].md", outcome=Outcome.FAILED, reason="[[override]]"))
    bars.closed()
    assert "failed: a[red]/b[/b].md: [[override]]" in capfd.readouterr().err


def test_a_script_has_what_the_library_says_of_its_book(library: Library) -> None:
    library.write(
        "library.toml", "[settings]\nrate = 200\npitch = 60\n[[override]]\nmatch = 'a.*'\nauthor = 'A. Passenger'\n"
    )
    library.write("a.md", "---\ntitle: Alone\nnarrate:\n  pitch: 40\n---\n\nA sentence.\n")
    told = CliRunner().invoke(app, ["script", str(library.folder / "a.md")])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(
        "---\ntitle: Alone\nauthor: A. Passenger\nlanguage: en\nnarrate:\n  rate: 200\n  pitch: 40\n---\n"
    )
