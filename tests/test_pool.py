"""Tasks run side by side, survive the death of a worker, and leave no process behind."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from narrate import work
from narrate.errors import NarrateError, SpeechError
from narrate.pool import TRIES, Crew, Inline, workers
from narrate.speech import SpeechOptions


def forked(count: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=get_context("fork"))


def double(number: int) -> int:
    return 2 * number


def refuse(sentence: str) -> None:
    raise SpeechError(f"cannot speak {sentence}", hint="another voice")


def die_once(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(duration_s: float) -> int:
    time.sleep(duration_s)
    return os.getpid()


def gather(crew: Crew) -> dict[object, object]:
    found: dict[object, object] = {}
    while not crew.is_idle:
        for done in crew.results():
            if done.error:
                raise done.error
            found[done.tag] = done.result
    return found


@pytest.mark.parametrize("open_executor", [Inline, forked], ids=["inline", "processes"])
def test_every_result_comes_back_with_its_tag(open_executor) -> None:
    with Crew(open_executor, room=3) as crew:
        for number in range(3):
            crew.submit(double, number, tag=f"task {number}")
        assert gather(crew) == {"task 0": 0, "task 1": 2, "task 2": 4}


def test_there_is_room_for_as_many_tasks_as_said() -> None:
    with Crew(forked, room=2) as crew:
        crew.submit(sleep, 0.2, tag=1)
        assert crew.has_room
        crew.submit(sleep, 0.2, tag=2)
        assert not crew.has_room


@pytest.mark.parametrize("open_executor", [Inline, forked], ids=["inline", "processes"])
def test_an_error_of_a_task_arrives_whole(open_executor) -> None:
    with Crew(open_executor, room=1) as crew:
        crew.submit(refuse, "the road", tag=0)
        with pytest.raises(SpeechError, match="the road") as caught:
            gather(crew)
    assert caught.value.hint == "another voice"


def test_a_killed_worker_costs_no_task(tmp_path: Path) -> None:
    with Crew(forked, room=4) as crew:
        crew.submit(die_once, tmp_path / "marker", tag="died")
        for number in range(3):
            crew.submit(double, number, tag=number)
        assert gather(crew) == {"died": "lived", 0: 0, 1: 2, 2: 4}


def test_a_task_that_always_kills_its_worker_is_given_up() -> None:
    with Crew(forked, room=1) as crew:
        crew.submit(die, None, tag=0)
        with pytest.raises(NarrateError, match="keep dying") as caught:
            gather(crew)
    assert "--jobs 1" in caught.value.hint
    assert TRIES > 1


def test_leaving_early_ends_running_workers_at_once() -> None:
    started = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt), Crew(partial(forked, 1), room=1) as crew:
        crew.submit(sleep, 60, tag=0)
        raise KeyboardInterrupt
    assert time.monotonic() - started < 5


def ends_by_sigterm(_: object) -> bool:
    return signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_worker_ends_by_sigterm_without_a_word_whatever_its_parent_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "warm", lambda _: None)
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.fail("the parent's handler ran"))
    try:
        with Crew(lambda: workers(1, SpeechOptions(engine="fake")), room=1) as crew:
            crew.submit(ends_by_sigterm, None, tag="handler")
            assert gather(crew) == {"handler": True}
    finally:
        signal.signal(signal.SIGTERM, before)


def resident_mb(_: object) -> float:
    """What this process alone holds, in MB: pages that it shares with others count for their part."""
    line = next(line for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")


def where_it_runs(_: object) -> tuple[int, set[int], list[str]]:
    """This process's scheduling policy and cores, and those of a program that it starts."""
    asked = "import os; print(os.sched_getscheduler(0), *os.sched_getaffinity(0))"
    started = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    return os.sched_getscheduler(0), os.sched_getaffinity(0), started


@linux_only
def test_a_worker_and_the_encoders_that_it_starts_are_batch_jobs_on_one_core() -> None:
    with workers(1, SpeechOptions()) as executor:
        policy, cores, started = executor.submit(where_it_runs, None).result(timeout=60)
    assert policy == os.SCHED_BATCH
    assert len(cores) == 1
    assert cores < os.sched_getaffinity(0) or len(os.sched_getaffinity(0)) == 1
    assert started == [str(int(policy)), *map(str, cores)]


def copied_by_looking_for_garbage(_: object) -> int:
    """How many KB of its own this process has more after it, of what it shared with its parent."""
    before = private_kb()
    gc.collect()
    return private_kb() - before


def private_kb() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(rollup.split("\nPrivate_Dirty:")[1].split()[0])


@linux_only
def test_a_worker_that_looks_for_garbage_copies_no_document() -> None:
    document = [[number] for number in range(300_000)]  # 30 MB, of which each object has a mark to be written
    with workers(1, SpeechOptions()) as executor:
        assert executor.submit(copied_by_looking_for_garbage, None).result(timeout=60) < 5000
    assert len(document) == 300_000


@linux_only
def test_workers_apart_hold_nothing_of_a_long_document() -> None:
    document = [f"sentence {number}" for number in range(2_000_000)]  # some 150 MB
    held = resident_mb(None)
    with Crew(partial(workers, 1, SpeechOptions(), apart=True), room=1) as crew:
        crew.submit(resident_mb, None, tag="worker")
        worker = gather(crew)["worker"]
    assert held > 150, len(document)
    assert isinstance(worker, float)
    assert worker < 80


ORPHANS = """
import time
from narrate.pool import workers
from narrate.speech import SpeechOptions

if __name__ == "__main__":
    executor = workers(2, SpeechOptions(), apart=True)
    for task in [executor.submit(time.sleep, 0.2) for _ in range(2)]:
        task.result()
    print(*executor._processes, flush=True)
    time.sleep(60)
"""


@linux_only
def test_workers_apart_end_with_the_build_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    build = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    assert build.stdout
    pids = [int(pid) for pid in build.stdout.readline().split()]
    build.kill()
    build.wait()
    build.stdout.close()
    assert len(pids) == 2
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids):
        assert time.monotonic() < deadline, "workers outlived their build"
        time.sleep(0.05)
