"""The same source gives the same bytes: whatever order work is done in, wherever it stops, whatever the store holds."""

import random
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Desk, Listener, contents
from narrate import pipeline

SENTENCES = [f"Sentence number {number} goes on for a while before it ends." for number in range(1, 13)]
BOOK = "The Book\n\n" + "\n\n".join(
    f"Chapter {number}\n\n" + "\n\n".join(" ".join(SENTENCES[number : number + 5]) for _ in range(number))
    for number in range(1, 6)
)


class Shuffled(Executor):
    """Runs one waiting task after the other, in an order that only the seed knows."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._changed:
            self._waiting.append((future, lambda: fn(*args, **kwargs)))
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                future, task = self._waiting.pop(self._dice.randrange(len(self._waiting)))
            try:
                future.set_result(task())
            except BaseException as error:
                future.set_exception(error)


class Interrupter(Listener):
    """Presses Ctrl-C after so many tasks."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def advanced(self, chapter: Any, characters: int) -> None:
        super().advanced(chapter, characters)
        self.after -= 1
        if self.after < 0:
            raise KeyboardInterrupt


@pytest.fixture
def reference(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    # Many short stretches a chapter, so that there is an order to be shuffled.
    from narrate.mix import assemble

    monkeypatch.setattr(assemble.stretches, "__kwdefaults__", {"characters": 150})
    monkeypatch.setattr(assemble.lay_out, "__kwdefaults__", {"characters": 150})
    desk.write(BOOK)
    made = contents(desk.build().folder)
    clear(desk)
    return made


def clear(desk: Desk) -> None:
    shutil.rmtree(desk.folder / "shelf", ignore_errors=True)
    shutil.rmtree(desk.folder / "store", ignore_errors=True)


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_order_work_is_done(
    desk: Desk, reference: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(pipeline, "_executor", lambda *_: lambda: Shuffled(seed))
    project = replace(desk.open(), request=replace(desk.request, jobs=5))
    release = pipeline.run(project, pipeline.make_plan(project), desk.listener)
    assert contents(release.folder) == reference


@pytest.mark.parametrize("after", [0, 1, 5, 9, 14, 20])
def test_wherever_a_build_is_interrupted_and_goes_on(desk: Desk, reference: dict[str, bytes], after: int) -> None:
    desk.listener = Interrupter(after)
    with pytest.raises(KeyboardInterrupt):
        desk.build()
    assert not (desk.folder / "shelf").exists()
    desk.listener = Listener()
    assert contents(desk.build().folder) == reference


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_store_still_holds(desk: Desk, reference: dict[str, bytes], seed: int) -> None:
    desk.build()
    shutil.rmtree(desk.folder / "shelf")
    dice = random.Random(seed)
    for path in sorted((desk.folder / "store").rglob("*")):
        if path.is_file() and dice.random() < 0.4:
            damage(path, dice)
    assert contents(desk.build().folder) == reference


def damage(path: Path, dice: random.Random) -> None:
    """Remove it, cut it, or turn one of its bits."""
    data = bytearray(path.read_bytes())
    match dice.randrange(3):
        case 0:
            path.unlink()
        case 1:
            path.write_bytes(data[: dice.randrange(len(data))])
        case _:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            path.write_bytes(data)
