"""AAC, Opus and FLAC beside MP3: what ffmpeg is told, and which of its packets a stretch keeps.

In: a stretch of PCM, silent at both ends. Out: its packets, whose own start is the stretch's own. MP3, of which
chapters and books are made without loss of a sample, goes its own way (`mp3`, `frames`).

**How packets join.** A stretch is encoded behind `LEAD` packets of silence and before as many; kept are those that
decode to the stretch itself, `delay` packets later than they went in. AAC's native encoder delays by one packet of
1024 frames exactly, so what is kept needs no priming and no edit list: a decoder plays frame 0 first. Opus delays by
312 frames at 48 kHz, which the file's pre-skip states. FLAC does not. Each part lies on the grid of its codec's packets
at the place nearest to its own (`packets`): in FLAC exactly, else at most half a packet off, 12 ms, twice where a
chapter and a stretch in it are both off; that never adds up. What is cut or filled in lies in the silence of pauses.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from narrate.errors import AudioError
from narrate.process import ffmpeg_path, run
from narrate.publish.encoder import PipedEncoder, insist, pcm_command
from narrate.publish.packets import PacketRange, Packets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAD = 8
"""Packets of silence before and behind a stretch when it is encoded: an Opus decoder needs four to forget (RFC 7845
clause 4.6 says 80 ms), AAC one."""

_ADTS_HEADER = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Codec:
    """One way to encode mono sound at 44.1 kHz.

    A packet holds `packet_frames` frames at that rate; the encoder works at `sample_rate` Hz, is told `arguments`,
    writes a `container` (an ffmpeg muxer), and gives a packet's sound `delay` packets later. Decoded true peaks rise
    above the samples that were encoded by up to `overshoot_db`; `gain_db` makes up for the loudness that the codec, and
    a limit so much lower, take away (docs/sound.md). `version` is raised when the same PCM would give other packets.
    """

    name: str
    packet_frames: int
    sample_rate: int
    arguments: tuple[str, ...]
    container: str
    delay: int = 0
    overshoot_db: float = 0.4
    gain_db: float = 0.0
    version: int = 1

    @property
    def fingerprint(self) -> str:
        """Everything but ffmpeg's own version that decides the packets."""
        levels = f"{self.overshoot_db:g} {self.gain_db:g}"
        return f"{self.name} {self.version} {self.sample_rate} {levels} {' '.join(self.arguments)}"

    def place(self, frame: int) -> int:
        """The packet whose start is nearest to `frame` (at 44.1 kHz) of a file."""
        return (2 * frame + self.packet_frames) // (2 * self.packet_frames)


RELEASE_RATE = 44_100
_AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k")
_OPUS = ("-c:a", "libopus", "-b:a", "40k", "-vbr", "on", "-application", "audio", "-frame_duration", "20")
_FLAC = ("-c:a", "flac", "-frame_size", "1152", "-sample_fmt", "s16")
CODECS: dict[str, Codec] = {
    # "fast" by measurement with ffmpeg 9.0 on synthetic speech at 64 kbit/s: SNR 29.8 dB against 19.5 dB of "twoloop",
    # the same log-spectral distance, 3.4 times as fast.
    "aac": Codec(
        name="aac",
        packet_frames=1024,
        sample_rate=44_100,
        arguments=_AAC,
        container="adts",
        delay=1,
        overshoot_db=0.6,
        gain_db=0.1,
    ),
    # At this bitrate it codes what it takes for speech with its own speech model, above 3 kHz 1.5 to 3 dB too soft.
    "opus": Codec(
        name="opus",
        packet_frames=882,
        sample_rate=48_000,
        arguments=_OPUS,
        container="ogg",
        overshoot_db=1.0,
        gain_db=0.5,
    ),
    # The same 1152 frames that every stretch is a multiple of, so that FLAC joins exactly.
    "flac": Codec(name="flac", packet_frames=1152, sample_rate=44_100, arguments=_FLAC, container="ogg"),
}
"""Every codec that a format may ask for besides MP3."""


def encode(
    blocks: Callable[[], Iterable["NDArray[np.float32]"]],
    *,
    codec: Codec,
    scratch: Path,
    input_rate: int = RELEASE_RATE,
    filters: str = "",
    timeout_s: float = 300,
) -> Packets:
    """The packets of one stretch, whose PCM `blocks()` gives from the start at `input_rate`, mono; `filters` is an
    `-af` chain that neither delays nor lengthens it.

    Called again when ffmpeg dies of a signal. `scratch` is a file to use and remove. Raises as `PipedEncoder` does.
    """
    lead = LEAD * codec.packet_frames * input_rate // RELEASE_RATE
    command = _command(codec, input_rate, filters, f"file:{scratch}")

    def attempt() -> Packets:
        with PipedEncoder(scratch, command, channels=1, lead=lead, tail=lead, timeout_s=timeout_s) as encoder:
            for block in blocks():
                encoder.write(block)
        try:
            return _kept(scratch.read_bytes(), encoder.frame_count * RELEASE_RATE // input_rate, codec)
        finally:
            scratch.unlink(missing_ok=True)

    return insist(attempt)


@cache
def silence(codec: Codec) -> bytes:
    """A packet of silence, to fill a gap of one with; made once a process."""
    pcm = bytes(4 * 2 * (LEAD + 1) * codec.packet_frames)
    command = _command(codec, RELEASE_RATE, "", "pipe:1")
    encoded = insist(lambda: run(command, timeout_s=120, stdin=pcm).stdout)
    return _kept(encoded, codec.packet_frames, codec).data


def _command(codec: Codec, input_rate: int, filters: str, output: str) -> list[str]:
    if codec.sample_rate != input_rate:
        filters = ",".join(filter(None, (filters, f"aresample={codec.sample_rate}:resampler=soxr")))
    exact = ["-threads", "1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command = pcm_command(input_rate, channels=1, filters=filters)
    return [*command, "-ac", "1", *codec.arguments, *exact, "-f", codec.container, output]


def _kept(encoded: bytes, frame_count: int, codec: Codec) -> Packets:
    first, count = LEAD + codec.delay, frame_count // codec.packet_frames
    made = list(split(BytesIO(encoded), codec))
    if len(made) < first + count:
        raise AudioError(f"the encoder made {len(made)} packets of {codec.name}, not {first + count} or more")
    kept = made[first : first + count]
    return Packets(frame_count=frame_count, sizes=array("I", map(len, kept)), data=b"".join(kept))


def split(stream: BinaryIO, codec: Codec) -> Iterator[bytes]:
    """The packets of a whole ADTS or Ogg stream; those of ADTS keep their headers. Raises AudioError."""
    if codec.container == "ogg":
        from narrate.publish import ogg

        yield from ogg.audio_packets(stream)
        return
    while header := stream.read(_ADTS_HEADER):
        # ISO/IEC 14496-3 clause 1.A.2.2.1: a syncword of twelve bits; the frame's length in 13 bits from bit 30 on.
        size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5 if len(header) == _ADTS_HEADER else 0
        if size < _ADTS_HEADER or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
            raise AudioError("no AAC frame where one should begin")
        packet = header + stream.read(size - _ADTS_HEADER)
        if len(packet) < size:
            raise AudioError("an AAC frame is cut short")
        yield packet


def earlier_packets(file: Path, codec: Codec, scratch: Path) -> PacketRange:
    """All packets of a published book, in a file of the folder `scratch`. Raises AudioError when it is damaged."""
    target, copied = scratch / f"earlier.{codec.name}", scratch / f"copied.{codec.name}"
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-i", f"file:{file}", "-map", "0:a:0", "-c", "copy"]
    run([*command, "-f", codec.container, f"file:{copied}"], timeout_s=900)
    sizes = array("I")
    with copied.open("rb") as stream, target.open("wb") as output:
        for packet in split(stream, codec):
            sizes.append(output.write(packet))
    copied.unlink()
    return PacketRange(path=target, start=0, sizes=sizes)
