"""PCM through a pipe into an ffmpeg that encodes it: deadlines, deaths and full disks, whatever the codec.

In: a command and blocks of PCM. Out: the file that the command writes, or an error that says what to do. Starts one
process an encoder and leaves nothing of it.
"""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, TypeVar

from narrate.errors import AudioError, NarrateError, OutputError
from narrate.process import DiedError, ffmpeg_path, signal_name
from narrate.publish.files import output_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

ATTEMPTS = 3
"""How often a stretch is given to an ffmpeg that is killed, for want of memory as a rule, or crashes."""

_PIPE = 1 << 16
_PACKETS = 8
"""ffmpeg cuts raw PCM into packets of a tenth of a second and hands each through four threads. Told a rate so many
times the true one, which a filter then puts right, it hands on fewer and larger ones: 4 % less CPU time an encode."""
_DISK_TROUBLE = {
    "No space left on device": "free some space, or choose another folder",
    "Disk quota exceeded": "your quota is used up: free some space, or choose another folder",
    "Read-only file system": "choose another folder",
    "Permission denied": "choose a folder that you may write to",
}


def pcm_command(input_rate: int, *, channels: int, filters: str, told_rate: int | None = None) -> list[str]:
    """The first half of an ffmpeg command, which reads raw little-endian float32 PCM of `input_rate` Hz from its
    standard input and passes it through `filters`, an `-af` chain. One thread: the same PCM gives the same bytes.

    `told_rate` is the rate whose multiple ffmpeg is told at first; it changes nothing but the length of its blocks.
    """
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-threads", "1", "-filter_threads", "1"]
    command += ["-f", "f32le", "-ar", str(_PACKETS * (told_rate or input_rate)), "-ac", str(channels), "-i", "pipe:0"]
    command += ["-af", ",".join(filter(None, (f"asetrate={input_rate}", filters)))]
    return [*command, "-map_metadata", "-1"]


class PipedEncoder:
    """One ffmpeg, `command`, that takes raw float32 PCM of `channels` block by block and leaves it encoded in `output`,
    `lead` frames of silence before it and `tail` frames behind it.

        with PipedEncoder(scratch, command, channels=1, lead=2304, tail=4608) as encoder:
            for block in blocks:
                encoder.write(block)

    `timeout_s` is the longest that ffmpeg may take to accept a block, and then to finish. When the block of the `with`
    raises, ffmpeg is killed and `output` removed. Don't fork while an encoder is open: a child that inherits the pipe
    keeps ffmpeg waiting for its end. Raises AudioError when ffmpeg fails or hangs (DiedError when a signal ended it),
    OutputError when the disk fails.
    """

    def __init__(
        self, output: Path, command: Sequence[str], *, channels: int, lead: int, tail: int, timeout_s: float = 120
    ) -> None:
        self._output = output
        self._command = command
        self._channels = channels
        self._lead, self._tail = lead, tail
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes]
        self._log: IO[bytes]
        self.frame_count = 0

    def __enter__(self) -> Self:
        # A file takes any number of complaints; a pipe that nobody reads would stop ffmpeg after 64 KB of them.
        try:
            self._log = tempfile.TemporaryFile()
        except OSError as error:
            raise output_error(error, Path(tempfile.gettempdir())) from error
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._log
            )
        except OSError as error:
            self._log.close()
            raise AudioError(f"ffmpeg could not be started: {error.strerror}") from error
        if hasattr(os, "set_blocking") and os.name != "nt":
            os.set_blocking(self._stdin.fileno(), False)
        try:
            self._send(self._silence(self._lead))
        except BaseException:
            self._abort()
            raise
        return self

    def write(self, pcm: "NDArray[np.float32]") -> None:
        """Encode the next block: float32 of shape (frames, channels), nominal range [-1, 1]."""
        import numpy as np

        if pcm.ndim != 2 or pcm.shape[1] != self._channels:
            raise ValueError(f"PCM of shape {pcm.shape} where (frames, {self._channels}) is needed")
        self._send(memoryview(np.ascontiguousarray(pcm, "<f4").reshape(-1).view(np.uint8).data))
        self.frame_count += len(pcm)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self.check()
            self._send(self._silence(self._tail))
            self._stdin.close()
            try:
                code = _wait(self._process, self._timeout_s)
            except subprocess.TimeoutExpired as error:
                raise AudioError(f"ffmpeg did not finish within {self._timeout_s:.0f} s") from error
            if code or self._complaint():
                raise self._failure()
        except BaseException:
            self._abort()
            raise
        self._log.close()

    def check(self) -> None:
        """Raise ValueError when what was written is no stretch that the codec can take; anything will do here."""

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _silence(self, frame_count: int) -> memoryview:
        return memoryview(bytes(4 * self._channels * frame_count))

    def _send(self, data: memoryview) -> None:
        deadline = time.monotonic() + self._timeout_s
        handle = self._stdin.fileno()
        try:
            while data:
                self._await_room(handle, deadline)
                with suppress(BlockingIOError):
                    data = data[os.write(handle, data[:_PIPE]) :]
        except OSError as error:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                raise AudioError(f"ffmpeg took no more sound: {error.strerror}") from error
            raise self._failure() from error

    def _await_room(self, handle: int, deadline: float) -> None:
        if not hasattr(select, "poll"):
            return  # Windows: its pipes block, and only the end has a deadline
        poll = select.poll()
        poll.register(handle, select.POLLOUT)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise AudioError(f"ffmpeg took no sound for {self._timeout_s:.0f} s")

    def _complaint(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4096))
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def _failure(self) -> NarrateError:
        code = self._process.returncode
        complaint = self._complaint() or f"exit code {code}"
        hint = next((hint for trouble, hint in _DISK_TROUBLE.items() if trouble in complaint), "")
        if hint:
            return OutputError(f"ffmpeg could not write: {complaint}", hint=hint)
        if code is not None and code < 0:
            return DiedError(f"ffmpeg died of {signal_name(-code)}")
        return AudioError(f"ffmpeg could not encode: {complaint}")

    def _abort(self) -> None:
        self._process.kill()
        with suppress(OSError):
            self._stdin.close()
        self._process.wait()
        self._log.close()
        if self._output.is_file():  # never a device that somebody named as the output
            with suppress(OSError):
                self._output.unlink()


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int:
    """The exit code, at once when there is one: `Popen.wait` with a timeout looks only every 50 ms.

    Raises TimeoutExpired after `timeout_s` seconds.
    """
    if hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(timeout_s * 1000)
        finally:
            os.close(handle)
        timeout_s = 0.1
    return process.wait(timeout_s)


def insist(attempt: Callable[[], T]) -> T:
    """What `attempt` returns, tried again when ffmpeg dies of a signal, ATTEMPTS times in all. Raises AudioError."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except DiedError as death:
            reason = death
    raise AudioError(f"{reason}, {ATTEMPTS} times", hint="close other programs, or try --jobs 1") from reason
