"""The guards, with work that hangs, crashes and misbehaves for real."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from narrate.errors import SpeechError
from narrate.speech.guard import ATTEMPTS, AttemptError, ForkGuard, RefusalError, WorkerGuard, insist

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks")


def act(request: object) -> bytes:
    """What the guarded process is told to do."""
    match request:
        case ("die", int() as number):
            os.kill(os.getpid(), number)
            time.sleep(60)
        case ("sleep", float() as duration_s):
            time.sleep(duration_s)
        case ("raise", str() as message):
            raise ValueError(message)
        case ("exit",):
            os._exit(3)
        case ("print",):
            os.write(1, b"from the child\n")
            os.write(2, b"from the child\n")
        case ("pid",):
            return str(os.getpid()).encode()
        case bytes() as data:
            return data
    return b"done"


def make_act() -> object:
    return act


def make_nothing() -> object:
    raise RuntimeError("there is nothing to speak with")


@pytest.fixture(params=["fork", "worker"])
def guard(request):
    if request.param == "fork":
        if sys.platform != "linux":
            pytest.skip("forks")
        yield ForkGuard(act)
        return
    worker = WorkerGuard(make_act)
    yield worker
    worker.close()


def running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_work_is_done_in_another_process(guard):
    assert int(guard.call(("pid",), deadline_s=10)) != os.getpid()


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_001])
def test_an_answer_of_any_length_arrives_whole(guard, size):
    data = os.urandom(size)
    assert guard.call(data, deadline_s=10) == data


def test_what_the_work_raises_is_told(guard):
    with pytest.raises(RefusalError, match="no such voice"):
        guard.call(("raise", "no such voice"), deadline_s=10)
    assert guard.call(b"after", deadline_s=10) == b"after"


def test_a_hang_is_ended_at_its_deadline(guard):
    guard.call(b"", deadline_s=10)
    began = time.monotonic()
    with pytest.raises(AttemptError, match=r"within 0\.3 s"):
        guard.call(("sleep", 60.0), deadline_s=0.3)
    assert time.monotonic() - began < 2
    assert guard.call(b"after", deadline_s=10) == b"after"


@linux
def test_a_hung_child_is_dead_and_reaped_when_the_deadline_is_told(guard):
    pids = []
    guard.call(b"", deadline_s=10)
    watch = threading.Timer(0.2, lambda: pids.extend(children()))
    watch.start()
    with pytest.raises(AttemptError):
        guard.call(("sleep", 60.0), deadline_s=0.5)
    watch.join()
    assert pids
    tracker = set(children())  # multiprocessing keeps one for its semaphores
    assert not [pid for pid in pids if running(pid) and pid not in tracker]


def children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


@linux
def test_a_crash_is_told_by_the_name_of_its_signal():
    with pytest.raises(AttemptError, match="SIGSEGV"):
        ForkGuard(act).call(("die", int(signal.SIGSEGV)), deadline_s=10)


def test_a_process_that_dies_is_an_attempt_lost(guard):
    for request in (("exit",), ("die", int(signal.SIGKILL))):
        with pytest.raises(AttemptError):
            guard.call(request, deadline_s=10)
    assert guard.call(b"after", deadline_s=10) == b"after"


@linux
def test_a_child_that_dies_in_the_middle_of_its_answer_is_an_attempt_lost(monkeypatch):
    write = os.write

    def half(descriptor: int, data: memoryview) -> int:
        written = write(descriptor, data[: len(data) // 2 + 1])
        if len(data) > 1000:
            os._exit(0)
        return written

    guard = ForkGuard(lambda _request: b"x" * 5000)
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(AttemptError, match="without an answer"):
        guard.call(None, deadline_s=10)


def test_what_the_work_prints_is_not_seen(guard, capfd):
    guard.call(("print",), deadline_s=10)
    assert capfd.readouterr() == ("", "")


@linux
def test_a_child_runs_none_of_its_parents_clean_up(tmp_path):
    script = f"""
import atexit, sys
from narrate.speech.guard import ForkGuard
atexit.register(lambda: open({str(tmp_path / "ended")!r}, "a").write("x"))
sys.stdout.write("once ")
for _ in range(3):
    ForkGuard(lambda request: b"").call(None, deadline_s=10)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("once ", "")
    assert (tmp_path / "ended").read_text() == "x"


@linux
def test_two_hundred_calls_leave_no_process_and_no_descriptor():
    guard = ForkGuard(act)
    guard.call(b"", deadline_s=10)
    before, kin = open_descriptors(), set(children())
    for turn in range(200):
        if turn % 20:
            guard.call(b"x" * turn, deadline_s=10)
        else:
            with pytest.raises(AttemptError):
                guard.call(("exit",), deadline_s=10)
    assert open_descriptors() == before
    assert set(children()) == kin


@linux
def test_restarted_workers_leave_no_descriptor():
    guard = WorkerGuard(make_act)
    guard.call(b"", deadline_s=10)
    before = open_descriptors()
    for _ in range(2):
        with pytest.raises(AttemptError):
            guard.call(("exit",), deadline_s=10)
        guard.call(b"", deadline_s=10)
    assert open_descriptors() == before
    guard.close()


@linux
def test_a_child_does_not_outlive_its_parent(tmp_path):
    note = tmp_path / "pid"
    script = f"""
import os, time
from narrate.speech.guard import ForkGuard
def work(request):
    with open({str(note)!r}, "w") as file: file.write(str(os.getpid()))
    time.sleep(60)
ForkGuard(work).call(None, deadline_s=60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script])
    child = wait_for(lambda: int(note.read_text() or 0) if note.exists() else 0)
    parent.kill()
    parent.wait()
    wait_for(lambda: not running(child))


@linux
def test_ctrl_c_ends_the_child_too_within_a_second(tmp_path):
    note = tmp_path / "pid"
    script = f"""
import os, signal, time
from narrate.speech.guard import ForkGuard
signal.signal(signal.SIGTERM, lambda *_: open({str(tmp_path / "handled")!r}, "a").write("x"))
def work(request):
    with open({str(note)!r}, "w") as file: file.write(str(os.getpid()))
    time.sleep(60)
try:
    ForkGuard(work).call(None, deadline_s=60)
except KeyboardInterrupt:
    raise SystemExit(130)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    child = wait_for(lambda: int(note.read_text() or 0) if note.exists() else 0)
    began = time.monotonic()
    parent.send_signal(signal.SIGINT)
    assert parent.communicate(timeout=10) == (None, b"")
    assert (parent.returncode, time.monotonic() - began < 1) == (130, True)
    assert not running(child)


@linux
def test_a_childs_sigterm_is_not_handled_by_its_parents_handler(tmp_path):
    handled = tmp_path / "handled"
    before = signal.signal(signal.SIGTERM, lambda *_: handled.write_text("x"))
    try:
        with pytest.raises(AttemptError, match="SIGTERM"):
            ForkGuard(act).call(("die", int(signal.SIGTERM)), deadline_s=10)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not handled.exists()


@linux
def test_threads_that_speak_at_once_each_get_their_own_answer():
    guard = ForkGuard(act)
    wrong = []

    def ask(name: int) -> None:
        for turn in range(10):
            data = f"{name} {turn} ".encode() * 10_000
            if guard.call(data, deadline_s=20) != data:
                wrong.append((name, turn))

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@linux
def test_a_forked_process_gets_a_worker_of_its_own():
    guard = WorkerGuard(make_act)
    mine = guard.call(("pid",), deadline_s=10)
    theirs = ForkGuard(lambda request: [guard.call(request, deadline_s=10), guard.close()][0]).call(
        ("pid",), deadline_s=60
    )
    assert theirs != mine
    assert guard.call(("pid",), deadline_s=10) == mine
    guard.close()


def test_a_worker_that_cannot_begin_says_why():
    with pytest.raises(RefusalError, match="nothing to speak with"):
        WorkerGuard(make_nothing).call(b"", deadline_s=10)


def test_a_lost_attempt_is_made_again():
    results = iter([AttemptError("died"), AttemptError("died"), "spoken"])

    def attempt() -> str:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    assert insist(attempt, sentence="Rain fell.") == "spoken"


def test_a_sentence_that_never_succeeds_is_named_and_tried_so_often():
    tried = []

    def attempt() -> None:
        tried.append(1)
        raise AttemptError("the engine died of SIGSEGV")

    with pytest.raises(SpeechError, match=r"“Rain fell on the ferry\.”: the engine died of SIGSEGV"):
        insist(attempt, sentence="Rain fell\non the ferry.")
    assert len(tried) == ATTEMPTS


def test_a_refusal_is_not_tried_again():
    tried = []

    def attempt() -> None:
        tried.append(1)
        raise RefusalError("no such voice")

    with pytest.raises(SpeechError, match="no such voice"):
        insist(attempt, sentence="Rain fell.")
    assert len(tried) == 1


def test_a_long_sentence_is_named_by_its_first_sixty_characters():
    def attempt() -> None:
        raise AttemptError("silence")

    with pytest.raises(SpeechError) as caught:
        insist(attempt, sentence="word " * 2000)
    name = str(caught.value).partition("“")[2].partition("”")[0]
    assert name.startswith("word word")
    assert len(name) <= 61


def wait_for(condition, timeout_s=10.0):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.01)
    raise AssertionError("it did not happen")
