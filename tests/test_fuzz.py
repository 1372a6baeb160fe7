"""A short, seeded share of `scripts/fuzz`, and that it notices what it is there to notice."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from narrate import source
from narrate.document import Chapter, Document, Metadata, Origin, Paragraph
from narrate.errors import SourceError

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import fuzz

    yield fuzz
    for name in ("fuzz", "fuzz_seeds", "bench_report", "measuring"):
        sys.modules.pop(name, None)


def reading(monkeypatch: pytest.MonkeyPatch, reader: source.Reader) -> None:
    monkeypatch.setitem(source.READERS, ".txt", reader)


@pytest.mark.slow
def test_no_damaged_document_does_harm() -> None:
    command = [sys.executable, str(SCRIPTS / "fuzz.py"), "--count", "180", "--seed", "20", "--minutes", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:6] for line in done.stdout.splitlines()}
    assert set(rows) == {"reader", "txt", "md", "html", "epub", "docx", "pdf", "all"}
    assert rows["all"][0] == "180"
    assert all(int(rows[kind][1]) > 0 for kind in rows if kind != "reader"), (
        "nothing was read: the damage goes too deep"
    )
    assert rows["all"][3:5] == ["0", "0"]


def test_the_same_seed_makes_the_same_inputs(fuzz: ModuleType) -> None:
    for kind in fuzz.KINDS:
        originals = fuzz.seeds(kind)
        assert len(originals) >= 10
        made = [[fuzz.mutated(kind, originals, 5, number) for number in range(3)] for _ in range(2)]
        assert made[0] == made[1]
        assert len(set(made[0])) > 1


def raising(error: BaseException, cause: BaseException | None = None) -> source.Reader:
    def reader(path: Path, data: bytes) -> Document:  # noqa: ARG001
        raise error from cause

    return reader


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (SourceError("a.txt: not text"), "error"),
        (SourceError("a.txt: not\ntext"), "crash"),
        (ValueError("unexpected"), "crash"),
        (RecursionError(), "crash"),
        (MemoryError(), "crash"),
        (SystemExit(0), "crash"),
    ],
)
def test_only_a_clear_line_is_a_clean_error(
    fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch, error: BaseException, what: str
) -> None:
    reading(monkeypatch, raising(error))
    assert fuzz.outcome("txt", b"")[0] == what


def test_a_mistake_of_ours_is_none_of_the_files(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        getattr("", "nothing")  # noqa: B009
    except AttributeError as mistake:
        reading(monkeypatch, raising(SourceError("a.txt: damaged"), mistake))
    what, said = fuzz.outcome("txt", b"")
    assert what == "error"  # raised here, not in our code
    monkeypatch.setattr(fuzz, "_OURS", "tests/test_fuzz")
    what, said = fuzz.outcome("txt", b"")
    assert what == "crash"
    assert "AttributeError" in said


def test_an_account_that_does_not_add_up_is_noticed(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    paragraph = Paragraph(text="It rained.", origin=Origin(line=1))
    document = Document(
        metadata=Metadata(title="A"), chapters=(Chapter(title="A", titled=True, blocks=(paragraph,)),), seen=2
    )
    reading(monkeypatch, lambda _path, _data: document)
    what, said = fuzz.outcome("txt", b"")
    assert (what, "2 blocks seen" in said) == ("crash", True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only a child that is forked sees the patched reader")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_reader_that_hangs_or_dies_is_replaced(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def reader(path: Path, data: bytes) -> Document:  # noqa: ARG001
        if data == b"hang":
            time.sleep(60)
        if data == b"die":
            os._exit(9)
        raise SourceError("a.txt: not text")

    reading(monkeypatch, reader)
    monkeypatch.setattr(fuzz, "HANG_S", 0.3)
    process = fuzz.Reader(1 << 40)
    assert process.read("txt", b"hang")[0] == "hang"
    assert process.read("txt", b"die")[:2] == ("crash", "the process ended with 9")
    assert process.read("txt", b"else")[:2] == ("error", "a.txt: not text")
    process.stop()
