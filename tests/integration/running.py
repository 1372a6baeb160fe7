"""The program as a person meets it: a process with streams and an exit code, and the book that it leaves behind."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NARRATE = [sys.executable, "-m", "narrate"]

SHORT = "A Short Drive\n\nOne sentence before the break.\n\n\nAnd one sentence after it.\n"

LONG = "# A Long Drive\n\n" + "".join(
    f"## Part {part}\n\n"
    + "".join(f"Mile {part} and {mile}: the road runs on past the mill, over the hill.\n\n" for mile in range(80))
    for part in range(1, 7)
)
"""A few seconds of work for two cores: time enough to be interrupted in."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str

    def failed(self, code: int, *said: str) -> str:
        """That it ended with `code` and one line that says all of `said`, below lines of progress."""
        assert self.code == code, self
        assert "Traceback" not in self.err
        complaints = [line for line in self.err.splitlines() if line.startswith("narrate: ")]
        assert complaints == self.err.splitlines()[-1:], self.err
        for part in said:
            assert part in complaints[0]
        assert self.out == ""
        return complaints[0]


def environment(**changes: str | None) -> dict[str, str]:
    """This process's, without what would change the program's mind; None takes a variable out."""
    found = {name: value for name, value in os.environ.items() if not name.startswith(("NARRATE", "COLUMNS"))}
    found = found | {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in found.items() if changes.get(name, "") is not None}


def narrate(
    *words: str | Path,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    preexec: Callable[[], None] | None = None,
) -> Ran:
    done = subprocess.run(
        [*NARRATE, *map(str, words)],
        cwd=cwd,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        preexec_fn=preexec,
    )
    return Ran(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@contextmanager
def started(*words: str | Path, cwd: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program running in a session of its own, killed at the end with all that it started."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()} | options
    process = subprocess.Popen([*NARRATE, *map(str, words)], cwd=cwd, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None or session(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def session(number: int) -> list[str]:
    """The command names of the living processes of a session, by Linux's /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if int(fields[3]) == number and fields[0] not in "ZX":
            found.append(name.partition("(")[2])
    return found


def until(true: Callable[[], object], *, within_s: float = 30) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def as_anybody() -> None:
    """Between fork and exec: let permissions count for root, too, by taking away the right to pass over them."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@contextmanager
def shared(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of pytest-xdist have in common, for one of them at a time."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    folder = factory.getbasetemp() / name if alone else factory.getbasetemp().parent / name
    folder.mkdir(exist_ok=True)
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of `size` mounted at `folder`; skips the test where mounting is not allowed."""
    folder.mkdir()
    if (
        sys.platform != "linux"
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "narrate-test", folder], capture_output=True
        ).returncode
    ):
        pytest.skip("no disk to fill: mounting a small tmpfs is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)
