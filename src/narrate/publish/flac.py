"""FLAC: the book without loss, its frames numbered anew, with chapter comments and the cover. No encoding here.

Every stretch is a whole number of blocks of 1152 frames, so the blocks of all stretches, one behind the other, are the
book's; only the number that each carries, and with it two checksums, must change (RFC 9639 clause 9).
"""

import struct
from array import array
from functools import cache
from pathlib import Path

from narrate.errors import AudioError
from narrate.process import ffmpeg_path, run
from narrate.publish.codecs import CODECS, silence
from narrate.publish.comments import comments, picture
from narrate.publish.edition import Edition
from narrate.publish.files import output_error
from narrate.publish.packets import joined

_STREAMINFO, _COMMENT, _PICTURE = 0, 4, 6
_LAST = 0x80
_PICTURE_MOST = (1 << 24) - 1  # what a block's header can count
_PERIOD = 32767  # of x modulo the polynomial of CRC-16
_POLYNOMIAL_8, _POLYNOMIAL_16 = 0x07, 0x8005
_DECODE_S = 1800


def write(path: Path, edition: Edition) -> list[str]:
    """Write `path`; see `formats.Format`. Raises AudioError when what was written does not decode, OutputError."""
    codec, release = CODECS["flac"], edition.release
    cover = picture(edition.cover)
    blocks = [(_COMMENT, comments(release)), *([(_PICTURE, cover)] if len(cover) <= _PICTURE_MOST else [])]
    least, most, number = 1 << 24, 0, 0
    try:
        with path.open("w+b") as file:
            file.write(b"fLaC" + _block(_STREAMINFO, bytes(34), last=False))
            for index, (kind, data) in enumerate(blocks, start=1):
                file.write(_block(kind, data, last=index == len(blocks)))
            for packet in joined(edition.sound, codec.place, silence(codec)):
                frame = renumbered(packet, number)
                least, most, number = min(least, len(frame)), max(most, len(frame)), number + 1
                file.write(frame)
            info = _stream_info(codec.packet_frames, (least, most), codec.sample_rate, number)
            file.seek(8)
            file.write(info)
            file.flush()
            # The checksum of all samples, of what a decoder finds: so the file has been played once, to the end.
            file.seek(8 + len(info))
            file.write(_md5(path))
    except OSError as error:
        raise output_error(error, path) from error
    return [path.relative_to(edition.folder).as_posix()]


def renumbered(frame: bytes, number: int) -> bytes:
    """A FLAC frame of a fixed block size as the one of that number. Raises AudioError when it is none."""
    end = 4 + _coded_length(frame)
    # 9.1: a sync code with the fixed strategy; a block size and a sample rate that need no bytes of their own.
    if frame[:2] != b"\xff\xf8" or frame[2] >> 4 in (6, 7) or frame[2] & 15 >= 12 or _crc8(frame[:end]) != frame[end]:
        raise AudioError("what the encoder made is no FLAC frame that can be joined to others")
    head = frame[:4] + _coded(number)
    head += bytes([_crc8(head)])
    body = len(frame) - (end + 1) - 2
    # CRC-16 is linear, and starts with 0: take the old head's share out, put the new one's in.
    share = _multiplied(_crc16(frame[: end + 1]) ^ _crc16(head), _powers()[body % _PERIOD])
    (crc,) = struct.unpack(">H", frame[-2:])
    return head + frame[end + 1 : -2] + struct.pack(">H", crc ^ share)


def _coded_length(frame: bytes) -> int:
    first = frame[4]
    return 1 if first < 0x80 else 8 - (first ^ 0xFF).bit_length() if first < 0xFE else 6


def _coded(number: int) -> bytes:
    """The number as UTF-8 would write a character, of up to 31 bits (9.1.5)."""
    if number < 0x80:
        return bytes([number])
    count = 2
    while number >> (5 * count + 1):
        count += 1
    tail = [0x80 | number >> 6 * index & 0x3F for index in range(count - 1)]
    return bytes([(0xFF00 >> count & 0xFF) | number >> 6 * (count - 1), *reversed(tail)])


def _block(kind: int, data: bytes, *, last: bool) -> bytes:
    return struct.pack(">I", (kind | (_LAST if last else 0)) << 24 | len(data)) + data


def _stream_info(block_size: int, sizes: tuple[int, int], sample_rate: int, count: int) -> bytes:
    """All of STREAMINFO (8.2) but its MD5: mono, 16 bits."""
    head = struct.pack(">HH", block_size, block_size) + b"".join(size.to_bytes(3, "big") for size in sizes)
    return head + (sample_rate << 44 | 0 << 41 | 15 << 36 | count * block_size).to_bytes(8, "big")


def _md5(path: Path) -> bytes:
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a", "-c:a", "pcm_s16le"]
    done = run([*command, "-f", "md5", "-"], timeout_s=_DECODE_S)
    if done.stderr:
        raise AudioError(f"{path.name}: does not decode: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    return bytes.fromhex(done.stdout.decode().strip().removeprefix("MD5="))


def _table(polynomial: int, bits: int) -> "array[int]":
    table = array("H")
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = (crc << 1) ^ (polynomial if crc >> bits - 1 else 0)
            crc &= (1 << bits) - 1
        table.append(crc)
    return table


_TABLE_8, _TABLE_16 = _table(_POLYNOMIAL_8, 8), _table(_POLYNOMIAL_16, 16)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _TABLE_8[crc ^ byte]
    return crc


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = crc << 8 & 0xFFFF ^ _TABLE_16[crc >> 8 ^ byte]
    return crc


@cache
def _powers() -> "array[int]":
    """x to the power of 8n modulo CRC-16's polynomial: what n bytes behind some other bytes do to their checksum."""
    powers, value = array("H"), 1
    for _ in range(_PERIOD):
        powers.append(value)
        value = value << 8 & 0xFFFF ^ _TABLE_16[value >> 8]
    return powers


def _multiplied(one: int, other: int) -> int:
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = one << 1 & 0xFFFF ^ (_POLYNOMIAL_16 if one & 0x8000 else 0)
        other >>= 1
    return product
