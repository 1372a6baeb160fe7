"""MPEG audio layer III as bytes: where its frames lie, which of them a stretch keeps, and the Info frame.

Bytes come in, bytes go out; nothing here touches a file or a process. *MPEG frame* is the unit of the bitstream,
1152 samples a channel (576 in MPEG-2); a plain *frame* elsewhere in this program is one sample a channel.

**How stretches join exactly.** LAME delays its input by 576 samples and a decoder adds 528 + 1, so input sample `s`
comes out of a plain decode at `s + 1105`. A stretch of `m` MPEG frames is encoded behind `LEAD` = 2 frames of silence,
so its first sample comes out at 2·1152 + 1105 = 3409, and the MPEG frame that begins 47 samples later is number 3.
Frames `[3 : 3+m]` thus hold the stretch from its 48th sample on and 47 samples of the silence behind it. A file is one
frame of encoded silence, the *primer*, and then the kept frames of its stretches: after the 1105 samples that a gapless
decoder drops (the delay that the Info frame states, and its own), sample 0 of the file is sample 0 of the stretch; of
the stated padding it drops 576 - 529 = 47 samples at the end, and exactly n·1152 remain of n + 1 frames. MPEG-2 frames
have 576 samples: there the primer is two frames, frames `[4 : 4+m]` are kept, and all else holds.

Measured with ffmpeg 5.1 and 9.0 and with mpv 0.35: every click of a train over three stretches lands on its own sample
and no sample is too many or too few, at every rate. mutagen computes the same length; ffprobe says one frame more,
because it counts the primer. A joint equals an encode in one piece (same SNR to 0.01 dB) when both stretches are
silent for `JOINT` samples; with 576 the first sound loses 4 dB, with none 20 dB.
"""

import struct
from array import array
from dataclasses import dataclass

from narrate.errors import AudioError
from narrate.publish.options import Mp3Options, bitrates_kbps

LEAD = 2
"""MPEG frames of silence in front of a stretch when it is encoded."""

TAIL = 4
"""MPEG frames of silence behind it, so that LAME, which looks ahead, sees silence after the last sample."""

JOINT = 1152
"""Samples of silence that a stretch must begin and end with: an MDCT overlap of 576, the filter bank's 481, and 47."""

ENCODER_DELAY = 576
"""LAME's own delay in samples, at every rate; what the Info frame states."""

_DECODER_DELAY = 528 + 1
_PADDING = 576
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ENCODER = b"LAME3.100"  # mutagen and eyeD3 read delay and padding only behind this name


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The header of one MPEG frame: `size` in bytes, `sample_rate` in Hz, `bitrate_kbps`, `channels` 1 or 2."""

    mpeg1: bool
    sample_rate: int
    bitrate_kbps: int
    channels: int
    protected: bool
    size: int

    @property
    def samples(self) -> int:
        """Samples a channel that the frame decodes to."""
        return 1152 if self.mpeg1 else 576

    @property
    def side_info_at(self) -> int:
        """Where the side information begins: after the four header bytes and a checksum of two, if there is one."""
        return 6 if self.protected else 4

    @property
    def side_info_size(self) -> int:
        """Bytes of side information (ISO/IEC 11172-3 clause 2.4.1.7)."""
        if self.mpeg1:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17


def parse_header(four: bytes | memoryview) -> Header | None:
    """The header in `four` bytes, or None when they are none of layer III with a fixed bitrate."""
    if len(four) < 4:
        return None
    (word,) = struct.unpack(">I", four[:4])
    version, layer = word >> 19 & 3, word >> 17 & 3
    bitrate, rate, padded, mode = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1, word >> 6 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    sample_rate = _RATES[version][rate]
    kbps = bitrates_kbps(44100 if version == 3 else 22050)[bitrate - 1]
    return Header(
        mpeg1=version == 3,
        sample_rate=sample_rate,
        bitrate_kbps=kbps,
        channels=1 if mode == 3 else 2,
        protected=not word >> 16 & 1,
        size=(144 if version == 3 else 72) * kbps * 1000 // sample_rate + padded,
    )


def split_frames(data: bytes | memoryview) -> "array[int]":
    """Where each audio frame of an MP3 begins in `data`, and at last where the last one ends: n + 1 offsets.

    An ID3v2 tag in front (with zeros behind it), an Info or Xing frame and an ID3v1 tag behind are passed over.
    Raises AudioError when anything else lies between the frames, when one is cut short or there is none.
    """
    view = memoryview(data)
    end = len(view) - 128 if len(view) >= 128 and bytes(view[-128:-125]) == b"TAG" else len(view)
    at = _after_id3v2(view)
    offsets, known = array("Q"), dict[bytes, int]()
    while at < end:
        key = bytes(view[at : at + 4])
        size = known.get(key)
        if size is None:
            header = parse_header(key)
            if header is None:
                raise AudioError(f"no MPEG frame at byte {at} of an MP3")
            size = known[key] = header.size
            if not offsets and _is_info(view[at : at + size], header):
                at += size
                continue
        if at + size > end:
            raise AudioError(f"the MPEG frame at byte {at} of an MP3 is cut short")
        offsets.append(at)
        at += size
    if not offsets:
        raise AudioError("an MP3 without a single MPEG frame")
    offsets.append(at)
    return offsets


def keep(encoded: bytes | memoryview, mpeg_frame_count: int, *, options: Mp3Options) -> memoryview:
    """Of an encoded stretch the `mpeg_frame_count` MPEG frames that belong to it, as one piece of `encoded`.

    Raises AudioError when there are fewer, when they are not what `options` ask for, or when one of them leans on
    bits of an earlier one: such frames cannot be joined to others.
    """
    import numpy as np

    view = memoryview(encoded)
    offsets = split_frames(view)
    first = LEAD + primer_count(options)
    if len(offsets) - 1 < first + mpeg_frame_count:
        raise AudioError(f"the encoder made {len(offsets) - 1} MPEG frames, not {first + mpeg_frame_count} or more")
    data = np.frombuffer(view, np.uint8)
    starts = np.frombuffer(offsets, np.uint64)[first : first + mpeg_frame_count].astype(np.intp)
    for word in set(data[starts[:, None] + np.arange(4)].view(">u4").reshape(-1).tolist()):
        header = parse_header(word.to_bytes(4, "big"))
        assert header is not None  # split_frames has read it
        made = (header.sample_rate, header.bitrate_kbps, header.channels)
        if made != (options.sample_rate, options.bitrate_kbps, options.channels):
            raise AudioError(f"the encoder made an MP3 of {made[0]} Hz, {made[1]} kbit/s and {made[2]} channels")
        # main_data_begin: 9 bits in MPEG-1, 8 in MPEG-2
        side = starts + header.side_info_at
        if data[side].any() or (header.mpeg1 and (data[side + 1] & 0x80).any()):
            raise AudioError("the encoder used its bit reservoir: the frames of this stretch cannot be joined")
    return view[offsets[first] : offsets[first + mpeg_frame_count]]


def first_kept(data: bytes | memoryview) -> int:
    """Where in a file of ours the frames of its stretches begin: behind tag, Info frame and primer.

    Raises AudioError when there are no MPEG frames.
    """
    view = memoryview(data)
    at = _after_id3v2(view)
    header = parse_header(view[at : at + 4])
    if header is not None and _is_info(view[at : at + header.size], header):
        at += header.size
        header = parse_header(view[at : at + 4])
    if header is None:
        raise AudioError(f"no MPEG frame at byte {at} of an MP3")
    for _ in range(-(-(ENCODER_DELAY + _DECODER_DELAY) // header.samples)):
        header = parse_header(view[at : at + 4])
        at += header.size if header else 0
    return at


def primer_count(options: Mp3Options) -> int:
    """How many frames of encoded silence a file begins with, to fill what a gapless decoder drops: 1, in MPEG-2 2."""
    return -(-(ENCODER_DELAY + _DECODER_DELAY) // options.samples_per_mpeg_frame)


def info_frame(options: Mp3Options, mpeg_frame_count: int, byte_count: int) -> bytes:
    """The frame that tells players the length of a CBR file; itself a frame of silence to those who don't know it.

    `mpeg_frame_count` counts the audio frames of the file, primer and all, without this one; `byte_count` their bytes.
    Frames and bytes are stated (bytes with this frame, as LAME does), and LAME's extension with a delay and a padding
    of 576 each. No table of contents: players seek in a CBR file within 0.03 s without, up to 14 s wrong with one.
    The layout is that of LAME's `VbrTag.c`; the checksum (CRC-16/ARC) covers all bytes of the frame in front of it.
    """
    header = _info_header(options)
    parsed = parse_header(header)
    assert parsed is not None
    stream_size = min(byte_count + parsed.size, 0xFFFFFFFF)
    frequency = 0 if options.sample_rate <= 32000 else 1 if options.sample_rate == 44100 else 2
    frame = bytearray(header + bytes(parsed.side_info_size))
    frame += struct.pack(">4sIII", b"Info", 0b0011, mpeg_frame_count, stream_size)
    frame += _ENCODER + bytes([1])  # tag revision 0, method 1: constant bitrate
    frame += bytes(10)  # low-pass, peak, replay gain twice, flags: not stated
    frame += bytes([min(options.bitrate_kbps, 255)])
    frame += (ENCODER_DELAY << 12 | _PADDING).to_bytes(3, "big")
    frame += bytes([frequency << 6 | (0 if options.channels == 1 else 1) << 2, 0, 0, 0])
    frame += struct.pack(">IH", stream_size, 0)  # no checksum of the music: nobody reads it
    frame += struct.pack(">H", crc16(frame))
    return bytes(frame.ljust(parsed.size, b"\0"))


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/ARC (polynomial 0x8005 reflected, start 0), as LAME's tag uses it."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _info_header(options: Mp3Options) -> bytes:
    """A header like the audio's, with the lowest bitrate from the audio's on whose frame is long enough."""
    version = 3 if options.mpeg1 else 2
    mode = 3 if options.channels == 1 else 1
    kbps = bitrates_kbps(options.sample_rate)
    for index in range(kbps.index(options.bitrate_kbps), len(kbps)):
        word = 0x7FF << 21 | version << 19 | 1 << 17 | 1 << 16 | (index + 1) << 12
        word |= _RATES[version].index(options.sample_rate) << 10 | mode << 6 | 1 << 2  # "original", as LAME sets it
        header = struct.pack(">I", word)
        parsed = parse_header(header)
        assert parsed is not None
        if parsed.size >= 4 + parsed.side_info_size + 16 + 36:
            break
    return header


def _after_id3v2(view: memoryview) -> int:
    at = 0
    while len(view) >= at + 10 and bytes(view[at : at + 3]) == b"ID3":
        size = 0
        for byte in view[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size + (10 if view[at + 5] & 0x10 else 0)
        while at < len(view) and view[at] == 0:
            at += 1
    return at


def _is_info(frame: memoryview, header: Header) -> bool:
    at = header.side_info_at + header.side_info_size
    return bytes(frame[at : at + 4]) in (b"Info", b"Xing") or bytes(frame[36:40]) == b"VBRI"
