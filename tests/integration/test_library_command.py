"""`narrate library build` as a person meets it: exit codes, the table, the files beside the books, and a kill -9."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from running import LONG, SHORT, Ran, environment, narrate, started

BROKEN = b"PK\x03\x04 and no more"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    return folder


def build(folder: Path, *more: str) -> Ran:
    here = folder.parent
    return narrate("library", "build", folder, "--out", here / "shelf", "--store", here / "store", *more)


def test_the_exit_code_tells_all_some_and_none(books: Path) -> None:
    (books / "broken.epub").write_bytes(BROKEN)
    none = build(books)
    assert none.code == 12
    assert "none of 1 books could be made" in none.err
    (books / "short.txt").write_text(SHORT)
    some = build(books)
    assert some.code == 11
    assert "1 of 2 books could not be made; the first: broken.epub" in some.err
    assert [line.split()[:2] for line in some.out.splitlines()] == [
        ["source", "outcome"],
        ["broken.epub", "failed"],
        ["short.txt", "built"],
    ]
    (books / "broken.epub").unlink()
    every = build(books, "--json")
    assert every.code == 0
    assert json.loads(every.out)["unchanged"] == 1
    shelf = books.parent / "shelf"
    assert {path.name for path in shelf.iterdir()} == {"A Short Drive", "library.json", "library.html"}


def test_progress_is_told_for_the_whole_and_for_each_book(books: Path) -> None:
    for number in range(2):
        (books / f"{number}.txt").write_text(SHORT.replace("A Short", f"Drive {number}, a Short"))
    said = build(books).err.splitlines()
    assert "2 books to build" in said
    assert any("left; under way: 0.txt" in line and "1.txt" in line for line in said)
    assert sorted(line.split()[1] for line in said if line.startswith("built: ")) == ["0.txt:", "1.txt:"]
    assert said[-1].startswith("2 books: 2 built;")


def test_a_library_with_a_player_leads_to_each_books_page(books: Path) -> None:
    (books / "short.txt").write_text(SHORT)
    assert build(books, "--player").code == 0
    shelf = books.parent / "shelf"
    assert (shelf / "index.html").is_file()
    assert 'href="index.html#/book/' in (shelf / "library.html").read_text()


def test_a_cluster_without_a_store_that_all_see_or_without_a_scheduler_is_told_at_once(books: Path) -> None:
    (books / "short.txt").write_text(SHORT)
    build(books, "--cluster", "tcp://127.0.0.1:9").failed(4, "a folder of this machine")
    store = f"file://{books.parent}/shared"
    away = narrate("library", "build", books, "--out", books / "o", "--store", store, "--cluster", "tcp://127.0.0.1:9")
    away.failed(1, "no scheduler at tcp://127.0.0.1:9")
    for nowhere in ("http://127.0.0.1:9", "tcp://127.0.0.1"):
        told = narrate("library", "build", books, "--out", books / "o", "--store", store, "--cluster", nowhere)
        told.failed(4, "no scheduler's address")
    narrate("library", "worker", "scheduler").failed(4, "no scheduler's address")


def test_a_build_that_is_killed_goes_on_where_it_was_and_ends_in_the_same_bytes(books: Path) -> None:
    for number in range(2):
        (books / f"{number}.md").write_text(LONG.replace("A Long", f"Drive {number}, a Long"))
    shelf, store = books.parent / "shelf", books.parent / "store"
    words = ["library", "build", books, "--out", shelf, "--store", store]
    with started(*words, cwd=books.parent, env=environment()) as build_:
        deadline = time.monotonic() + 60
        while sum(1 for _ in store.rglob("*")) < 100 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(build_.pid, signal.SIGKILL)
    assert narrate(*words, "--quiet").code == 0
    assert narrate("library", "build", books, "--out", books.parent / "other", "--store", books.parent / "s2").code == 0
    assert _bytes(shelf) == _bytes(books.parent / "other")


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("library."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_single_book_is_built_by_a_shared_store_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARRATE_STORE", str(tmp_path / "near"))
    (tmp_path / "short.txt").write_text(SHORT)
    there = f"file://{tmp_path}/there"
    first = narrate("build", tmp_path / "short.txt", "--out", tmp_path / "o", "--store", there, cwd=tmp_path)
    assert first.code == 0, first
    assert list((tmp_path / "there" / "stretches").rglob("*"))
    assert not (tmp_path / "file:").exists()
    alone = narrate("build", tmp_path / "short.txt", "--out", tmp_path / "p", "--store", tmp_path / "s", cwd=tmp_path)
    assert alone.code == 0
    assert _bytes(tmp_path / "o") == _bytes(tmp_path / "p")
    narrate("store", "--store", there).failed(4, "only a folder's entries")
    narrate("build", tmp_path / "short.txt", "--store", "nope://x", cwd=tmp_path).failed(4, "no such kind of address")
