"""The guards, with work that hangs, crashes and misbehaves for real."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from narrate.errors import SpeechError, VoiceError
from narrate.speech import forks
from narrate.speech.forks import ForkGuard
from narrate.speech.guard import ATTEMPTS, AttemptError, RefusalError, WorkerGuard, insist

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
        case ("server",):
            return str(os.getppid()).encode()
        case ("cores",):
            return repr(sorted(os.sched_getaffinity(0))).encode()
        case ("note", str() as file):
            Path(file).write_text(str(os.getpid()))
            time.sleep(60)
        case ("long", int() as size):
            return bytes(range(256)) * (size // 256) + bytes(size % 256)
        case ("half", int() as size):
            signal.setitimer(signal.ITIMER_REAL, 0.2)  # nobody reads meanwhile: the pipe is full when it dies
            return bytes(size)
        case bytes() as data:
            return data
    return b"done"


def make_act() -> object:
    return act


def make_no_voice() -> object:
    raise VoiceError("there is nothing to speak with", hint="install it")


def make_nothing() -> object:
    raise RuntimeError("there is nothing to speak with")


@pytest.fixture(params=["fork", "worker"])
def guard(request):
    if request.param == "fork":
        if sys.platform != "linux":
            pytest.skip("forks")
        forking = ForkGuard(make_act)
        yield forking
        forking.close()
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
    answer = guard.call(("long", size), deadline_s=10)
    assert len(answer) == size
    assert hashlib.sha256(answer).digest() == hashlib.sha256(act(("long", size))).digest()


def test_what_the_work_raises_is_told(guard):
    with pytest.raises(RefusalError, match="no such voice"):
        guard.call(("raise", "no such voice"), deadline_s=10)
    assert guard.call(b"after", deadline_s=10) == b"after"


def test_a_hang_is_ended_at_its_deadline(guard):
    guard.call(b"", deadline_s=10)
    began = time.monotonic()
    with pytest.raises(AttemptError, match=r"within 0\.3 s"):
        guard.call(("sleep", 60.0), deadline_s=0.3)
    assert time.monotonic() - began < 20
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
        ForkGuard(make_act).call(("die", int(signal.SIGSEGV)), deadline_s=10)


def test_a_process_that_dies_is_an_attempt_lost(guard):
    for request in (("exit",), ("die", int(signal.SIGKILL))):
        with pytest.raises(AttemptError):
            guard.call(request, deadline_s=10)
    assert guard.call(b"after", deadline_s=10) == b"after"


@linux
def test_a_child_that_dies_in_the_middle_of_its_answer_is_an_attempt_lost(monkeypatch):
    guard, collect = ForkGuard(make_act), forks._collect
    guard.call(b"the server is up", deadline_s=10)
    monkeypatch.setattr(forks, "_collect", lambda reader, timeout_s: time.sleep(0.5) or collect(reader, timeout_s))
    with pytest.raises(AttemptError, match=r"middle of its answer|without an answer"):
        guard.call(("half", 3_000_000), deadline_s=10)


@linux
def test_what_cannot_be_made_is_told_with_its_hint_at_every_call():
    guard = ForkGuard(make_no_voice)
    for _ in range(2):
        with pytest.raises(VoiceError, match="nothing to speak with") as caught:
            guard.call(None, deadline_s=10)
        assert caught.value.hint == "install it"


@linux
def test_a_server_that_died_is_started_again():
    guard = ForkGuard(make_act)
    first = int(guard.call(("server",), deadline_s=10))
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not running(first))
    try:
        second = guard.call(("server",), deadline_s=10)
    except AttemptError:  # its last child had not ended, and held the socket that nobody reads any more
        second = guard.call(("server",), deadline_s=10)
    assert int(second) != first


@linux
def test_a_child_speaks_on_the_cores_of_the_one_who_asked():
    guard = ForkGuard(make_act)
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        assert guard.call(("cores",), deadline_s=10) == repr([min(mine)]).encode()
    finally:
        os.sched_setaffinity(0, mine)


@linux
def test_one_hanging_child_does_not_hold_up_the_others():
    guard = ForkGuard(make_act)
    guard.call(b"", deadline_s=10)
    lost = threading.Thread(target=hang, args=(guard,))
    lost.start()
    for _ in range(20):
        guard.call(b"x", deadline_s=10)
    assert lost.is_alive(), "they were answered while it hung"
    lost.join()


def hang(guard) -> None:
    with contextlib.suppress(AttemptError):
        guard.call(("sleep", 60.0), deadline_s=5)


@linux
def test_processes_forked_from_one_that_speaks_share_its_server():
    guard = ForkGuard(make_act)
    mine = guard.call(("server",), deadline_s=10)
    assert answer_of_a_forked_process(lambda: guard.call(("server",), deadline_s=10)) == mine


def answer_of_a_forked_process(ask) -> bytes:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, ask())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        os.waitpid(child, 0)
        return answer.read()


def test_what_the_work_prints_is_not_seen(guard, capfd):
    guard.call(("print",), deadline_s=10)
    assert capfd.readouterr() == ("", "")


@linux
def test_two_hundred_calls_leave_no_process_and_no_descriptor():
    guard = ForkGuard(make_act)
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


def program_whose_child_hangs(tmp_path: Path) -> tuple[subprocess.Popen, int]:
    """It, and that child."""
    note = tmp_path / "pid"
    script = f"""
from narrate.speech.forks import ForkGuard
from test_speech_guard import make_act
try:
    ForkGuard(make_act).call(("note", {str(note)!r}), deadline_s=60)
except KeyboardInterrupt:
    raise SystemExit(130)
"""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    program = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, env=env)
    return program, wait_for(lambda: int(note.read_text() or 0) if note.exists() else 0)


@linux
def test_neither_child_nor_server_outlives_the_program(tmp_path):
    program, child = program_whose_child_hangs(tmp_path)
    server = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    program.kill()
    program.communicate()
    wait_for(lambda: not running(child) and not running(server))


@linux
def test_ctrl_c_ends_the_child_too_within_a_second(tmp_path):
    program, child = program_whose_child_hangs(tmp_path)
    began = time.monotonic()
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=10) == (None, b"")
    assert (program.returncode, time.monotonic() - began < 1) == (130, True)
    wait_for(lambda: not running(child), timeout_s=1)


@linux
def test_a_childs_sigterm_is_not_handled_by_the_programs_handler(tmp_path):
    handled = tmp_path / "handled"
    before = signal.signal(signal.SIGTERM, lambda *_: handled.write_text("x"))
    try:
        with pytest.raises(AttemptError, match="SIGTERM"):
            ForkGuard(make_act).call(("die", int(signal.SIGTERM)), deadline_s=10)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not handled.exists()


@linux
def test_threads_that_speak_at_once_each_get_their_own_answer():
    guard = ForkGuard(make_act)
    wrong = []

    def ask(name: int) -> None:
        for turn in range(10):
            data = f"{name} {turn} ".encode() * 5_000
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
    theirs = answer_of_a_forked_process(lambda: [guard.call(("pid",), deadline_s=60), guard.close()][0])
    assert theirs not in (b"", mine)
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
