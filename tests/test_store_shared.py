"""The store behind an address: what another machine wrote is found, what is damaged or half there is not, and an
address that falters now and then loses nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from narrate import remote
from narrate.errors import ConfigError, OutputError
from narrate.remote import Remote
from narrate.store import FolderStore, Place, default_place, default_root, open_store
from narrate.store.shared import SharedStore

ADDRESS = "memory://narrate/store"


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(remote, "_FIRST_WAIT_S", 0.0001)
    yield
    MemoryFileSystem.store.clear()


def machine(folder: Path, address: str = ADDRESS) -> SharedStore:
    return SharedStore(address, folder)


def objects() -> dict[str, Any]:
    return MemoryFileSystem.store


def test_what_one_machine_keeps_another_finds_and_keeps_near(tmp_path: Path) -> None:
    machine(tmp_path / "one").put("takes", "abc123", b"speech")
    other = machine(tmp_path / "two")
    assert other.has("takes", "abc123")
    assert other.get("takes", "abc123") == b"speech"
    assert other.get("stretches", "abc123") is None
    objects().clear()
    assert other.get("takes", "abc123") == b"speech", "it is near by now"


def test_an_entry_that_is_cut_short_or_another_ones_counts_as_none_and_goes(tmp_path: Path) -> None:
    machine(tmp_path / "one").put("takes", "abc123", b"speech")
    machine(tmp_path / "one").put("takes", "abd456", b"other speech")
    (short, whole) = sorted(objects())
    fsspec.filesystem("memory").pipe_file(short, objects()[whole].getvalue())
    assert machine(tmp_path / "two").get("takes", "abc123") is None
    fsspec.filesystem("memory").pipe_file(whole, objects()[whole].getvalue()[:-3])
    other = machine(tmp_path / "three")
    other.fetch("takes", ["abc123", "abd456"])
    assert other.get("takes", "abd456") is None
    assert not objects()


def test_a_fetch_brings_all_at_once_and_asks_for_none_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = machine(tmp_path / "one")
    with one.together():
        one.put("takes", "aaa", b"1")
        one.put("takes", "bbb", b"2")
        assert not objects(), "they go together"
    two = machine(tmp_path / "two")
    two.fetch("takes", ["aaa", "bbb", "ccc"])
    monkeypatch.setattr(MemoryFileSystem, "cat_file", lambda *_, **__: pytest.fail("asked again"))
    assert [two.get("takes", name) for name in ("aaa", "bbb", "ccc")] == [b"1", b"2", None]
    two.put("takes", "ccc", b"3")
    assert two.get("takes", "ccc") == b"3"


def test_what_was_put_before_a_mishap_is_kept_for_others(tmp_path: Path) -> None:
    one = machine(tmp_path / "one")

    def speak() -> None:
        with one.together():
            one.put("takes", "aaa", b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        speak()
    assert machine(tmp_path / "two").get("takes", "aaa") == b"1"


class Flaky:
    """Every `every`-th call of the memory file system fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
        self.calls = self.failures = 0
        for name in ("cat_file", "pipe_file", "exists"):
            monkeypatch.setattr(MemoryFileSystem, name, self._failing(getattr(MemoryFileSystem, name), every))

    def _failing(self, call: Any, every: int) -> Any:
        def attempt(*arguments: Any, **more: Any) -> Any:
            self.calls += 1
            if self.calls % every == 0:
                self.failures += 1
                raise OSError("slow down")
            return call(*arguments, **more)

        return attempt


def test_a_store_that_falters_now_and_then_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flaky = Flaky(monkeypatch, every=7)
    names = [f"{number:04x}" for number in range(50)]
    one, two = machine(tmp_path / "one"), machine(tmp_path / "two")
    for name in names[:25]:
        one.put("takes", name, name.encode())
    with one.together():
        for name in names[25:]:
            one.put("takes", name, name.encode())
    two.fetch("takes", names[:40])
    assert [two.get("takes", name) for name in names] == [name.encode() for name in names]
    assert flaky.failures > 10


def test_a_store_that_only_fails_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flaky = Flaky(monkeypatch, every=1)
    with pytest.raises(OutputError, match="memory://narrate/store: slow down"):
        machine(tmp_path / "one").put("takes", "abc", b"1")
    assert flaky.calls == 1 + remote.TRIES, "all together, then each by itself"


def test_where_writing_is_not_whole_by_itself_a_name_appears_when_its_file_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Remote(f"file://{tmp_path}/share")
    written: list[str] = []
    system = type(there._system)
    pipe = system.pipe_file

    def half(self: Any, path: str, value: bytes, **more: Any) -> None:
        written.append(Path(path).name)
        pipe(self, path, value[:2], **more)
        if len(written) < remote.TRIES:
            raise OSError("the connection broke")
        pipe(self, path, value, **more)

    monkeypatch.setattr(system, "pipe_file", half)
    there.write_all({"deep/entry": b"speech"})
    assert "entry" not in written
    assert there.read("deep/entry") == b"speech"
    assert there.sizes("deep")["entry"] == 6


def test_a_title_in_brackets_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    there = Remote(f"file://{tmp_path}/share")
    name = "Author/Why [Book 1]/build.json"
    there.write_all({name: b"{}", "Author/Why B/build.json": b"other"})
    assert there.read_all([name, "Author/Why [None]/build.json"]) == {name: b"{}"}
    assert there.sizes("Author/Why [Book 1]") == {"build.json": 2}


def test_an_address_that_nothing_here_can_reach_is_told() -> None:
    with pytest.raises(ConfigError, match="no such kind"):
        Remote("nope://x/y")


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(ConfigError, match="gs:// needs a library") as caught:
        Remote("gs://bucket/x")
    assert "narrate-road[gs]" in caught.value.hint


@pytest.mark.parametrize(("named", "kind"), [("here", FolderStore), (ADDRESS, SharedStore)])
def test_the_environment_names_a_folder_or_an_address(monkeypatch: pytest.MonkeyPatch, named: str, kind: type) -> None:
    monkeypatch.setenv("NARRATE_STORE", named)
    place: Place = default_place()
    assert isinstance(open_store(place), kind)
    assert "://" not in str(default_root())
