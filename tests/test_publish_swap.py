"""A release takes its place at once or not at all, and nobody's files are lost: also when killed anywhere."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from narrate.errors import OutputError, OvertakenError
from narrate.publish import swap
from narrate.publish.exchange import exchange
from narrate.publish.swap import Staging, recover

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs flock")

Files = dict[str, str]


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def release(version: str, *, chapters: int = 2) -> Files:
    files = {f"chapters/{n:02d}.mp3": f"{version}{n}" for n in range(1, chapters + 1)} | {"book.mp3": version}
    listed = {"readingOrder": [{"url": name} for name in files], "resources": []}
    return files | {"publication.json": json.dumps(listed)}


def publish(final: Path, files: Files, replaces: tuple[str, ...] = ()) -> None:
    with Staging(final) as stage:
        write(stage.folder, files)
        stage.publish(replaces=replaces)


def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "exchange", lambda *_: False)


@pytest.fixture(params=["exchange", "two renames"])
def final(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a release, on a system that can exchange folders and on one that can't."""
    if request.param == "two renames":
        without_exchange(monkeypatch)
    return tmp_path / "Ada Vey" / "Dawn"


def alone(final: Path) -> bool:
    """Whether nothing stands beside the release."""
    return list(final.parent.iterdir()) == [final]


def test_a_first_release_appears(final: Path) -> None:
    publish(final, release("a"))
    assert read(final) == release("a")
    assert alone(final)


def test_a_release_replaces_the_earlier_one_whole(final: Path) -> None:
    publish(final, release("a", chapters=5))
    publish(final, release("b", chapters=3))
    assert read(final) == release("b", chapters=3)
    assert alone(final)


def test_what_the_listener_put_there_stays(final: Path) -> None:
    publish(final, release("a"))
    theirs = {"notes.txt": "stop at the bridge", "chapters/mine.mp3": "x", "deep/er/map.png": "y"}
    write(final, theirs)
    (final / "link").symlink_to("notes.txt")
    publish(final, release("b"))
    assert read(final) == release("b") | theirs | {"link": "stop at the bridge"}
    assert (final / "link").readlink() == Path("notes.txt")
    assert alone(final)


def test_what_the_caller_names_is_replaced_though_no_manifest_lists_it(final: Path) -> None:
    publish(final, {"build.json": "1", "old.mp3": "1", "kept.txt": "1"})
    publish(final, {"build.json": "2"}, replaces=("build.json", "old.mp3"))
    assert read(final) == {"build.json": "2", "kept.txt": "1"}


def test_a_file_of_the_listener_whose_name_is_needed_is_kept_under_another(final: Path) -> None:
    publish(final, release("a", chapters=1))
    write(final, {"chapters/02.mp3": "theirs"})
    publish(final, release("b", chapters=2))
    assert read(final) == release("b", chapters=2) | {"chapters/02 (kept).mp3": "theirs"}


def test_the_mode_of_the_folder_stays(final: Path) -> None:
    publish(final, release("a"))
    final.chmod(0o750)
    publish(final, release("b"))
    assert final.stat().st_mode & 0o777 == 0o750


def test_without_publish_nothing_remains_and_the_earlier_release_stays(final: Path) -> None:
    with Staging(final) as stage:
        write(stage.folder, release("a"))
    assert not final.parent.exists()
    publish(final, release("a"))
    with pytest.raises(KeyboardInterrupt), Staging(final) as stage:  # noqa: PT012
        write(stage.folder, release("b"))
        raise KeyboardInterrupt
    assert read(final) == release("a")
    assert alone(final)


def test_a_link_to_another_place_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path / "disk" / "Dawn", release("a"))
    (tmp_path / "Dawn").symlink_to(tmp_path / "disk" / "Dawn")
    publish(tmp_path / "Dawn", release("b"))
    assert (tmp_path / "Dawn").is_symlink()
    assert read(tmp_path / "disk" / "Dawn") == release("b")


def test_nobody_ever_sees_the_book_missing_or_mixed(tmp_path: Path) -> None:
    final = tmp_path / "Dawn"
    publish(final, release("a"))
    seen: set[tuple[str, ...]] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            handle = os.open(final, os.O_RDONLY)  # raises, and the thread dies, when it is missing
            names = os.listdir(handle)  # noqa: PTH208 - of the folder that is open, whatever its name
            os.close(handle)
            seen.add(tuple(sorted(names)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for count in range(40):
        publish(final, release("ab"[count % 2]))
    alive = watcher.is_alive()
    done.set()
    watcher.join()
    assert alive
    # An open folder that has been replaced empties; what is named is always whole.
    assert tuple(sorted({name.split("/")[0] for name in release("a")})) in seen


def test_a_dead_builds_folder_is_cleared_and_a_living_ones_is_not(final: Path) -> None:
    with Staging(final) as living:
        write(living.folder, release("a"))
        final.with_name(".Dawn.0123456789abcdef.lock").touch()
        write(final.with_name(".Dawn.0123456789abcdef.building"), release("dead"))
        write(final.with_name(".Dawn.0123456789abcdef.mine"), {"x": "not ours"})
        recover(final)
        lock = living.folder.with_suffix(".lock")
        mine = final.with_name(".Dawn.0123456789abcdef.mine")
        assert set(final.parent.iterdir()) == {living.folder, lock, mine}
        living.publish()
    assert read(final) == release("a")


def test_recovery_of_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    recover(tmp_path / "none" / "at all")


KILLED = """
import os, signal, sys
from pathlib import Path
from narrate.publish import swap
final, how, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if how == "two renames":
    swap.exchange = lambda *_: False
steps = 0
def event(name, args):
    global steps
    if not armed or name not in ("os.rename", "os.remove", "os.rmdir", "os.link", "open", "ctypes.call_function",
                                 "shutil.rmtree", "os.mkdir", "ctypes.dlsym"):
        return
    steps += 1
    if steps == at:
        os.kill(os.getpid(), signal.SIGKILL)
armed = False
sys.addaudithook(event)
import json
with swap.Staging(final) as stage:
    for name, text in json.loads(sys.argv[4]).items():
        (stage.folder / name).parent.mkdir(exist_ok=True)
        (stage.folder / name).write_text(text)
    armed = True
    stage.publish()
armed = False
"""


@pytest.mark.parametrize("how", ["exchange", "two renames"])
def test_killed_at_any_step_the_book_is_the_old_or_the_new_one_and_nothing_is_lost(tmp_path: Path, how: str) -> None:
    outcomes: list[str] = []
    for at in range(1, 200):
        final = tmp_path / str(at) / "Dawn"
        publish(final, release("a", chapters=3))
        write(final, {"notes.txt": "theirs"})
        command = [sys.executable, "-c", KILLED, str(final), how, str(at), json.dumps(release("b"))]
        code = subprocess.run(command, check=False).returncode
        recover(final)
        book = read(final)
        assert book in (release("a", chapters=3) | {"notes.txt": "theirs"}, release("b") | {"notes.txt": "theirs"})
        assert alone(final)
        outcomes.append(book["book.mp3"])
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0
    assert outcomes.index("b") > 3  # it was killed before the swap,
    assert outcomes[-2] == "b"  # and after it,
    assert outcomes == sorted(outcomes)  # and once new, it stays new


def test_two_builds_at_once_both_end_and_the_later_stays(final: Path) -> None:
    publish(final, release("a"))
    with Staging(final) as one, Staging(final) as other:
        write(one.folder, release("b"))
        write(other.folder, release("c"))
        other.publish()
        one.publish()
    assert read(final) == release("b")
    assert alone(final)


def test_a_book_that_is_not_what_was_expected_is_not_replaced(final: Path) -> None:
    publish(final, release("a"))
    with pytest.raises(OvertakenError, match="another build"), Staging(final) as stage:  # noqa: PT012
        write(stage.folder, release("b"))
        stage.publish(still=lambda: False)
    assert read(final) == release("a")
    assert alone(final)


def test_whether_it_is_as_expected_is_asked_while_nobody_else_can_publish(final: Path) -> None:
    def nobody_else_can() -> bool:
        handle = os.open(final.parent, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    with Staging(final) as stage:
        write(stage.folder, release("a"))
        stage.publish(still=nobody_else_can)
    assert read(final) == release("a")


def test_a_lock_that_never_opens_is_waited_for_only_so_long(final: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(final, release("a"))
    monkeypatch.setattr(swap, "_PATIENCE_S", 0.2)
    handle = os.open(final.parent, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="held this folder locked"):
        publish(final, release("b"))
    os.close(handle)
    assert read(final) == release("a")
    assert alone(final)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EXDEV, errno.EBUSY, errno.ENOENT])
def test_what_the_disk_says_is_told_in_one_line_and_the_book_stays(
    final: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    publish(final, release("a"))

    def fails(*_: object) -> Callable[[], None]:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(swap, "_write_journal", fails)
        with pytest.raises(OutputError) as caught:
            publish(final, release("b"))
    assert os.strerror(code) in str(caught.value)
    assert str(final) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert read(final) == release("a")
    assert alone(final)


def test_a_second_rename_that_fails_brings_the_earlier_release_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "Dawn"
    publish(final, release("a"))
    without_exchange(monkeypatch)
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name.endswith(".building"):
            raise OSError(errno.EACCES, "Permission denied")
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fails)
        with pytest.raises(OutputError):
            publish(final, release("b"))
    assert read(final) == release("a")
    assert alone(final)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dawn").write_text("a poem")
    with pytest.raises(OutputError, match="is a file"), Staging(tmp_path / "Dawn"):
        pass
    with pytest.raises(OutputError, match="Dawn is a file"), Staging(tmp_path / "Dawn" / "Book"):
        pass
    assert (tmp_path / "Dawn").read_text() == "a poem"


def test_a_staging_folder_that_vanishes_is_told(final: Path) -> None:
    publish(final, release("a"))
    with pytest.raises(OutputError), Staging(final) as stage:  # noqa: PT012
        stage.folder.rmdir()
        stage.publish()
    assert read(final) == release("a")


def test_the_longest_name_is_no_obstacle(tmp_path: Path) -> None:
    final = tmp_path / ("字" * 85)
    publish(final, release("a"))
    publish(final, release("b"))
    assert read(final) == release("b")
    assert alone(final)


def test_exchange_swaps_two_folders(tmp_path: Path) -> None:
    write(tmp_path / "one", {"x": "1"})
    write(tmp_path / "other", {"x": "2"})
    if not exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this file system cannot exchange")
    assert (read(tmp_path / "one"), read(tmp_path / "other")) == ({"x": "2"}, {"x": "1"})
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "one", tmp_path / "none")


@pytest.mark.parametrize("at", ["recover", "_is_held", "_staged"])
def test_ctrl_c_while_the_staging_folder_is_made_leaves_nothing(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    does = getattr(swap, at)
    pressed = []

    def interrupted(*given: object) -> object:
        if not pressed:
            pressed.append(at)
            raise KeyboardInterrupt
        return does(*given)

    monkeypatch.setattr(swap, at, interrupted)
    with pytest.raises(KeyboardInterrupt):
        Staging(tmp_path / "out/A Drive").__enter__()
    assert pressed
    assert list(tmp_path.iterdir()) == []
