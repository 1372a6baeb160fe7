"""PCM into MPEG frames through ffmpeg, and MPEG frames into MP3 files.

A *stretch* of PCM, whole MPEG frames long and silent at both ends, goes to an `Encoder`; what `frames.keep` leaves of
it can stand anywhere in any file (`frames` says why). Chapter and book are the same frames behind different tags, so
nothing is encoded twice. Starts ffmpeg; writes only where it is told to. Memory holds one stretch, never a book.
"""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, BinaryIO, Self

from narrate.errors import AudioError, NarrateError, OutputError
from narrate.process import DiedError, ffmpeg_path, run, signal_name
from narrate.publish.files import output_error, whole_file
from narrate.publish.frames import LEAD, TAIL, info_frame, keep, primer_count
from narrate.publish.options import Mp3Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ATTEMPTS = 3
"""How often a stretch is given to an ffmpeg that is killed, for want of memory as a rule, or crashes."""

_BLOCK = 1 << 20
_PIPE = 1 << 16
_PACKETS = 8
"""ffmpeg cuts raw PCM into packets of a tenth of a second and hands each through four threads. Told a rate so many
times the true one, which a filter then puts right, it hands on fewer and larger ones: 4 % less CPU time an encode."""
_DISK_TROUBLE = {
    "No space left on device": "free some space, or choose another folder with --out",
    "Disk quota exceeded": "your quota is used up: free some space, or choose another folder with --out",
    "Read-only file system": "choose another folder with --out",
    "Permission denied": "choose a folder that you may write to with --out",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRange:
    """The bytes from `start` to `end` (exclusive) of a file."""

    path: Path
    start: int
    end: int


def encode_command(
    options: Mp3Options, *, output: Path | None, input_rate: int | None = None, filters: str = ""
) -> list[str]:
    """The ffmpeg command that encodes raw little-endian float32 PCM from its standard input into `output`; None is
    its standard output.

    `input_rate` in Hz is the PCM's own where it differs from the release's; `filters` an `-af` chain, a limiter for
    instance, which must neither delay nor lengthen the sound (`alimiter` needs `latency=1`). One thread and every
    "bitexact" switch: the same PCM gives the same bytes.
    """
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-threads", "1", "-filter_threads", "1"]
    rate, channels = str(options.sample_rate), str(options.channels)
    command += ["-f", "f32le", "-ar", str(_PACKETS * options.sample_rate), "-ac", channels, "-i", "pipe:0"]
    command += ["-af", ",".join(filter(None, (f"asetrate={input_rate or rate}", filters)))]
    command += ["-map_metadata", "-1", "-ar", rate, "-ac", channels]
    command += ["-c:a", "libmp3lame", "-b:a", f"{options.bitrate_kbps}k", "-reservoir", "0"]
    command += ["-compression_level", str(options.compression_level), "-threads", "1"]
    command += ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command += ["-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "0", "-f", "mp3"]
    return [*command, f"file:{output}" if output else "pipe:1"]


class Encoder:
    """One ffmpeg that takes a stretch block by block and leaves its MPEG frames, silence around them, in `output`.

        with Encoder(scratch, options) as encoder:
            for block in blocks:
                encoder.write(block)
        frames = keep(scratch.read_bytes(), encoder.mpeg_frame_count, options=options)

    `timeout_s` is the longest that ffmpeg may take to accept a block, and then to finish. When the block of the `with`
    raises, ffmpeg is killed and `output` removed. Don't fork while an Encoder is open: a child that inherits the pipe
    keeps ffmpeg waiting for its end. Raises AudioError when ffmpeg fails or hangs (DiedError when a signal ended it),
    OutputError when the disk fails.
    """

    def __init__(
        self,
        output: Path,
        options: Mp3Options,
        *,
        input_rate: int | None = None,
        filters: str = "",
        timeout_s: float = 120,
    ) -> None:
        self._output = output
        self._options = options
        self._scale = (input_rate or options.sample_rate) / options.sample_rate
        self._command = encode_command(options, output=output, input_rate=input_rate, filters=filters)
        self._timeout_s = timeout_s
        self._frame_count = 0
        self._process: subprocess.Popen[bytes]
        self._log: IO[bytes]

    @property
    def mpeg_frame_count(self) -> int:
        """The stretch's length so far in MPEG frames. Raises ValueError when it is not a whole number of them."""
        count, rest = divmod(self._frame_count / self._scale, self._options.samples_per_mpeg_frame)
        if rest:
            raise ValueError(f"a stretch of {self._frame_count} frames is not a whole number of MPEG frames long")
        return int(count)

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
            self._send(self._silence(LEAD))
        except BaseException:
            self._abort()
            raise
        return self

    def write(self, pcm: "NDArray[np.float32]") -> None:
        """Encode the next block: float32 of shape (frames, channels), nominal range [-1, 1]."""
        import numpy as np

        if pcm.ndim != 2 or pcm.shape[1] != self._options.channels:
            raise ValueError(f"PCM of shape {pcm.shape} where (frames, {self._options.channels}) is needed")
        self._send(memoryview(np.ascontiguousarray(pcm, "<f4").reshape(-1).view(np.uint8).data))
        self._frame_count += len(pcm)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self.mpeg_frame_count  # noqa: B018 - raises when the stretch is not whole
            self._send(self._silence(TAIL))
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

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _silence(self, mpeg_frame_count: int) -> memoryview:
        samples = round(mpeg_frame_count * self._options.samples_per_mpeg_frame * self._scale)
        return memoryview(bytes(4 * self._options.channels * samples))

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


def encode(
    blocks: Callable[[], Iterable["NDArray[np.float32]"]],
    *,
    options: Mp3Options,
    scratch: Path,
    input_rate: int | None = None,
    filters: str = "",
    timeout_s: float = 120,
) -> bytes:
    """The MPEG frames of one stretch, whose PCM `blocks()` gives from the start, at the release's rate or `input_rate`.

    It is called again when ffmpeg dies of a signal, ATTEMPTS times in all. `scratch` is a file to use and remove.
    Raises AudioError or OutputError as `Encoder` does, ValueError when the stretch is not whole MPEG frames long.
    """

    def attempt() -> bytes:
        with Encoder(scratch, options, input_rate=input_rate, filters=filters, timeout_s=timeout_s) as encoder:
            for block in blocks():
                encoder.write(block)
        try:
            return bytes(keep(scratch.read_bytes(), encoder.mpeg_frame_count, options=options))
        finally:
            scratch.unlink(missing_ok=True)

    return _insist(attempt)


def _insist(attempt: Callable[[], bytes]) -> bytes:
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except DiedError as death:
            reason = death
    raise AudioError(f"{reason}, {ATTEMPTS} times", hint="close other programs, or try --jobs 1") from reason


@cache
def primer(options: Mp3Options) -> bytes:
    """Encoded silence for the head of every file, `frames.primer_count` MPEG frames of it; made once a process."""
    count = primer_count(options)
    silence = bytes(4 * options.channels * (LEAD + count + TAIL) * options.samples_per_mpeg_frame)
    # Through pipes: a file would outlive a process that is killed, and this little needs none.
    encoded = _insist(lambda: run(encode_command(options, output=None), timeout_s=120, stdin=silence).stdout)
    return bytes(keep(encoded, count, options=options))


def write_mp3(
    path: Path, *, tag: bytes, options: Mp3Options, mpeg_frame_count: int, parts: Sequence[bytes | FileRange]
) -> FileRange:
    """Write an MP3 of `mpeg_frame_count` MPEG frames, which `parts` hold in order; return where they lie in it.

    `tag` (ID3v2), Info frame, primer, parts. Decoders that know the Info frame play exactly `mpeg_frame_count` times
    `samples_per_mpeg_frame` samples. The file appears under `path` when it is complete and on the disk.
    Raises AudioError when a part cannot be read or is cut short, OutputError when the file cannot be written.
    """
    silence = primer(options)
    byte_count = sum(len(part) if isinstance(part, bytes) else part.end - part.start for part in parts)
    info = info_frame(options, primer_count(options) + mpeg_frame_count, len(silence) + byte_count)
    with whole_file(path) as file:
        start = file.write(tag + info + silence)
        for part in parts:
            if isinstance(part, bytes):
                file.write(part)
            else:
                _copy(part, file)
    return FileRange(path=path, start=start, end=start + byte_count)


def _copy(part: FileRange, file: BinaryIO) -> None:
    try:
        source = part.path.open("rb", buffering=0)
    except OSError as error:
        raise AudioError(f"{part.path}: cannot be read: {error.strerror}") from error
    with source:
        source.seek(part.start)
        left = part.end - part.start
        while left:
            try:
                block = source.read(min(left, _BLOCK))
            except OSError as error:
                raise AudioError(f"{part.path}: cannot be read: {error.strerror}") from error
            if not block:
                raise AudioError(f"{part.path}: ends {left} bytes too early")
            file.write(block)
            left -= len(block)
