"""The store keeps what it is given, hands out nothing that is damaged, and never grows past its limit."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from narrate.errors import ConfigError, OutputError
from narrate.store import FolderStore, default_root, key, limit_bytes, size_bytes


def names_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc123", b"speech")
    assert store.get("takes", "abc123") == b"speech"


def test_an_entry_that_was_never_put_is_none(tmp_path: Path) -> None:
    assert FolderStore(tmp_path).get("takes", "abc123") is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="truncated"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="one bit flipped at the end"),
        pytest.param(lambda data: bytes([data[0] ^ 1]) + data[1:], id="one bit flipped at the start"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"RIFF....WAVE" * 50, id="foreign"),
    ],
)
def test_a_damaged_entry_is_dropped(tmp_path: Path, damage) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc123", b"speech")
    path = store.path("takes", "abc123")
    path.write_bytes(damage(path.read_bytes()))
    assert store.get("takes", "abc123") is None
    assert not path.exists()


def test_an_entry_under_the_name_of_another_is_dropped(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc123", b"speech")
    store.put("takes", "abd456", b"other speech")
    store.path("takes", "abc123").write_bytes(store.path("takes", "abd456").read_bytes())
    assert store.get("takes", "abc123") is None
    assert store.get("takes", "abd456") == b"other speech"


def test_an_empty_folder_in_the_place_of_an_entry_is_replaced_by_it(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.path("takes", "abc123").mkdir(parents=True)
    assert store.get("takes", "abc123") is None
    store.put("takes", "abc123", b"speech")
    assert store.get("takes", "abc123") == b"speech"


def test_what_is_put_again_replaces_what_was_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc123", b"speech")
    store.path("takes", "abc123").write_bytes(b"damaged since")
    store.put("takes", "abc123", b"speech")
    assert store.get("takes", "abc123") == b"speech"


def test_a_folder_with_something_in_it_stays_where_the_entry_should_be(tmp_path: Path) -> None:
    (tmp_path / "takes/ab/abc123").mkdir(parents=True)
    (tmp_path / "takes/ab/abc123/letter").write_text("not ours")
    with pytest.raises(OutputError, match="not empty"):
        FolderStore(tmp_path).put("takes", "abc123", b"speech")
    assert names_below(tmp_path) == ["letter"]


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_process_killed_before_its_entry_is_whole_leaves_nothing(tmp_path: Path) -> None:
    program = """if True:
        import os, pathlib, signal, sys
        from narrate.store import FolderStore

        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        os.link = os.replace = os.rename = pathlib.Path.replace = die
        FolderStore(pathlib.Path(sys.argv[1])).put("takes", "abc123", b"speech" * 50_000)
    """
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert names_below(tmp_path) == []


@pytest.mark.parametrize("refused", ["open", "link"])
@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EPERM])
def test_where_files_must_have_names_an_entry_is_put_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, number: int
) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc123", b"speech before")

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, refused, refuse)
    for _ in range(2):
        store.put("takes", "abc123", b"speech")
        assert store.get("takes", "abc123") == b"speech"
    assert names_below(tmp_path) == ["abc123"]


def test_an_entry_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    FolderStore(tmp_path).put("takes", "abc123", b"speech")
    (tmp_path / "plain").touch()
    assert FolderStore(tmp_path).path("takes", "abc123").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_key_depends_on_every_input_and_not_on_their_order() -> None:
    assert key("take", voice="en", rate=175) == key("take", rate=175, voice="en")
    different = {key("take", voice="en"), key("take", voice="de"), key("encode", voice="en"), key("take", voice=["en"])}
    assert len(different) == 4


def test_the_least_recently_used_entries_are_evicted_first(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for age, name in enumerate(["newest", "middle", "oldest"]):
        store.put("takes", name, b"x" * 1000)
        at = time.time() - 1000 * (age + 1)
        os.utime(store.path("takes", name), (at, at))
    size = store.path("takes", "newest").stat().st_size
    freed = store.evict(2 * size)
    assert freed == size
    assert [store.has("takes", name) for name in ("newest", "middle", "oldest")] == [True, True, False]


def test_reading_an_entry_makes_it_recently_used(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc", b"x")
    os.utime(store.path("takes", "abc"), (1, 1))
    store.get("takes", "abc")
    assert store.path("takes", "abc").stat().st_mtime > time.time() - 60


def test_litter_of_a_killed_build_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("takes", "abc", b"x")
    old, new = (store.path("takes", "abc").with_name(name) for name in (".1-1.part", ".2-2.part"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (1, 1))
    store.evict(10**9)
    assert not old.exists()
    assert new.exists()


def test_a_store_that_cannot_be_written_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        FolderStore(tmp_path / "file").put("takes", "abc", b"x")
    assert "--store" in caught.value.hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_store_without_room_says_to_make_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    assert "free some space" in hint_after(number, tmp_path, monkeypatch)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_store_that_may_not_be_written_is_no_matter_of_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    hint = hint_after(number, tmp_path, monkeypatch)
    assert "name another folder with --store" in hint
    assert "space" not in hint


def hint_after(number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError) as caught:
        FolderStore(folder).put("takes", "abc", b"x")
    return caught.value.hint


def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARRATE_STORE", "/somewhere")
    assert default_root() == Path("/somewhere")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("500M", 500_000_000), ("2G", 2_000_000_000), ("1.5 g", 1_500_000_000), ("10kB", 10_000), ("7", 7)],
)
def test_a_size_is_read_as_people_write_it(text: str, expected: int) -> None:
    assert size_bytes(text, where="--limit") == expected


@pytest.mark.parametrize("text", ["", "lots", "-1", "1e9", "2X", "G"])
def test_what_is_no_size_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="--limit"):
        size_bytes(text, where="--limit")


def test_the_environment_sets_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARRATE_STORE_LIMIT", "2G")
    assert limit_bytes() == 2_000_000_000
