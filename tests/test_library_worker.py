"""`narrate library worker`: which workers are replaced when they end, and when it gives up."""

import socket
from types import SimpleNamespace

import pytest

from narrate.errors import NarrateError
from narrate.library import worker


class Clock:
    """Time as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: self.now_s))

    def pass_by(self, duration_s: float) -> None:
        self.now_s += duration_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_worker_that_is_killed_or_ends_in_good_order_is_always_replaced(clock: Clock) -> None:
    post = worker._Post("tcp://127.0.0.1:9")
    for code in [-9, 0] * 10:
        clock.pass_by(1)
        post.ended(code)


def test_workers_that_cannot_start_are_given_up_after_three(clock: Clock) -> None:
    post = worker._Post("tcp://127.0.0.1:9")
    for _ in range(2):
        clock.pass_by(1)
        post.ended(1)
    with pytest.raises(NarrateError, match=r"no work for tcp://127\.0\.0\.1:9: dask worker ended with 1"):
        post.ended(1)


def test_one_that_looked_in_vain_is_not_replaced_but_one_that_fails_at_work_is(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        post = worker._Post(f"tcp://127.0.0.1:{scheduler.getsockname()[1]}")
        for _ in range(5):
            clock.pass_by(worker.LOOK_S)
            post.ended(1)
    clock.pass_by(worker.LOOK_S)
    with pytest.raises(NarrateError, match="no work for"):
        post.ended(1)
