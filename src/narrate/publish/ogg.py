"""Ogg pages (RFC 3533) read and written, by mutagen: packets in, packets out.

Everything is decided by the packets: the serial number is given, positions are counted, nothing is dated.
"""

# mypy: disable-error-code="no-untyped-call"
# mutagen types nothing of its Ogg pages.

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from mutagen.ogg import OggPage, error

from narrate.errors import AudioError

_PACKETS_A_PAGE = 40  # 0.8 s of Opus; packets of up to 1275 bytes need 6 of the 255 lacing values of a page


def audio_packets(stream: BinaryIO) -> Iterator[bytes]:
    """The packets of an Ogg stream of Opus or FLAC after its headers. Raises AudioError when it is damaged."""
    waiting = -1
    part = b""
    try:
        while True:
            page = OggPage(stream)
            for index, piece in enumerate(page.packets):
                part += piece
                if index == len(page.packets) - 1 and not page.complete:
                    break
                packet, part = part, b""
                if waiting < 0:
                    waiting = _header_count(packet)
                if waiting:
                    waiting -= 1
                elif packet:
                    yield packet
    except EOFError:
        return
    except error as trouble:
        raise AudioError(f"an Ogg stream is damaged: {trouble}") from trouble


def _header_count(first: bytes) -> int:
    if first.startswith(b"\x7fFLAC"):
        return 1 + int.from_bytes(first[7:9], "big")
    return 2


def write_pages(
    output: BinaryIO, headers: Iterable[bytes], packets: Iterable[bytes], *, serial: int, granule: int, last: int
) -> None:
    """Write a stream of one logical bitstream: `headers` on pages of their own, then `packets`, each of which moves
    the position on by `granule`; the last page states the position `last`, which ends the sound."""
    sequence = 0
    for index, header in enumerate(headers):
        for page in OggPage.from_packets([header], sequence=sequence):
            page.serial, page.position, page.first = serial, 0 if page.complete else -1, index == 0
            output.write(page.write())
            sequence += 1
    held: list[bytes] = []
    position = 0

    def flush(*, ends: bool) -> None:
        nonlocal sequence, position
        page = OggPage()
        page.serial, page.sequence, page.packets = serial, sequence, held
        position += granule * len(held)
        page.position, page.last = last if ends else position, ends
        output.write(page.write())
        sequence += 1

    for packet in packets:
        if len(held) == _PACKETS_A_PAGE:
            flush(ends=False)
            held = []
        held.append(packet)
    flush(ends=True)
