"""Other programs and this machine: ffmpeg with a deadline, children that don't outlive us, the cores we may use."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from narrate.errors import AudioError

_STREAMED = 1 << 18


class DiedError(AudioError):
    """A program was ended by a signal: it crashed, or was killed for want of memory. Another attempt may succeed."""


@cache
def ffmpeg_path() -> str:
    """The ffmpeg that every step uses: `IMAGEIO_FFMPEG_EXE`, else the one bundled as a wheel, else the one on PATH.

    The bundled one comes before PATH so that two machines with the same wheels publish the same bytes. It is taken
    without trying it: imageio-ffmpeg goes on to the one on PATH, without a word, when its trial run is killed.
    Raises AudioError when there is none.
    """
    bundled = None if os.environ.get("IMAGEIO_FFMPEG_EXE") else _bundled_ffmpeg()
    if bundled:
        return str(bundled)
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise AudioError("no ffmpeg on this machine", hint="pip install imageio-ffmpeg, or install ffmpeg") from error


@cache
def _bundled_ffmpeg() -> Path | None:
    """The program in imageio-ffmpeg's wheel; None where the package came without one, as from conda or as a source."""
    package = find_spec("imageio_ffmpeg")
    if package is None or package.origin is None:
        return None
    programs = Path(package.origin).parent.glob("binaries/ffmpeg-*")
    return min((each for each in programs if os.access(each, os.X_OK)), default=None)


def ffmpeg_version() -> str:
    """The version, e.g. `v9.0.2`; part of every encode's key. The bundled one's is in its name, which also tells the
    build for one system from that for another; of any other ffmpeg it is what that prints."""
    bundled = _bundled_ffmpeg()
    if bundled and str(bundled) == ffmpeg_path():
        return bundled.name.removeprefix("ffmpeg-")
    return ffmpeg_version_printed()


@cache
def ffmpeg_version_printed() -> str:
    """The version as ffmpeg prints it, e.g. `n7.1-3`. Raises AudioError when it cannot be started."""
    first = run([ffmpeg_path(), "-version"], timeout_s=30).stdout.decode("utf-8", "replace").split("\n", 1)[0]
    words = first.split()
    return words[2] if len(words) > 2 else first


def run(
    command: Sequence[str | Path], *, timeout_s: float, stdin: bytes | None = None, stdout: BinaryIO | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `command` to its end and return its output; what it prints goes into `stdout`, if that is given.

    Raises AudioError with the last line that it printed when it fails, cannot be started or takes longer than
    `timeout_s` seconds; DiedError when a signal ended it.
    """
    name = Path(command[0]).name
    words = [str(part) for part in command]
    ways: dict[str, Any] = {"stdout": stdout or subprocess.PIPE, "stderr": subprocess.PIPE}
    try:
        if stdin is None:
            done = subprocess.run(words, **ways, timeout=timeout_s, stdin=subprocess.DEVNULL)
        else:
            done = subprocess.run(words, **ways, timeout=timeout_s, input=stdin)
    except subprocess.TimeoutExpired as error:
        raise AudioError(f"{name} did not finish within {timeout_s:.0f} s") from error
    except OSError as error:
        hint = "narrate doctor says how to get what is missing"
        raise AudioError(f"{command[0]} could not be started: {error.strerror}", hint=hint) from error
    if done.returncode < 0:
        raise DiedError(f"{name} died of {signal_name(-done.returncode)}")
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise AudioError(f"{name} failed: {lines[-1][:300]}")
    return done


def stream(command: Sequence[str | Path], *, timeout_s: float) -> Iterator[bytes]:
    """What `command` prints, in blocks, while it runs. Raises AudioError as `run` does, when all has been read."""
    name = Path(command[0]).name
    import tempfile

    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        except OSError as error:
            raise AudioError(f"{command[0]} could not be started: {error.strerror}") from error
        timer = threading.Timer(timeout_s, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            while block := process.stdout.read(_STREAMED):
                yield block
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if code:
            log.seek(0)
            lines = log.read().decode("utf-8", "replace").strip().splitlines() or ["no message"]
            raise AudioError(f"{name} failed or took longer than {timeout_s:.0f} s: {lines[-1][:300]}")


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when `parent`, which made it, dies, however that one dies; elsewhere do nothing.

    Ends this process if `parent` is dead already.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        _libc().prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def give_back_memory() -> None:
    """Return to the system what reading a document has used and freed: 2 MB for each MB of Markdown. glibc only."""
    trim = getattr(_libc(), "malloc_trim", None)
    if trim:
        trim(0)


def keep_memory(size: int) -> None:
    """Let this process keep up to `size` bytes that it frees for what it needs next. glibc only.

    Arrays of more than 128 KB are otherwise fresh pages each time: on a take of six seconds numpy's own work is a tenth
    of what the system then does for it.
    """
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt:
        trim_threshold, mmap_threshold = -1, -3  # malloc.h
        mallopt(mmap_threshold, size)
        mallopt(trim_threshold, size)


@cache
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None)


def signal_name(number: int) -> str:
    """`SIGKILL` for 9."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def cores() -> int:
    """How many cores this process may use: the least of its CPU affinity and its cgroup's quota; at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, min(allowed, round(quota)) if quota else allowed)


def _cgroup_quota() -> float:
    """CPUs granted by cgroup v2 `cpu.max` or v1 `cfs_quota_us`; 0 for no limit."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return 0.0 if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        root = Path("/sys/fs/cgroup/cpu")
        limit_us = int((root / "cpu.cfs_quota_us").read_text())
        return limit_us / int((root / "cpu.cfs_period_us").read_text()) if limit_us > 0 else 0.0
    except (OSError, ValueError):
        return 0.0
