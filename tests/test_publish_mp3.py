"""MPEG frames, to the sample: what a stretch keeps, what a file plays, what is refused. Real ffmpeg, little audio."""

import os
import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import mutagen.mp3
import numpy as np
import pytest
from numpy.typing import NDArray

from narrate.errors import AudioError, ConfigError, NarrateError, OutputError
from narrate.process import ffmpeg_path
from narrate.publish import encoder, mp3
from narrate.publish.frames import JOINT, crc16, info_frame, keep, parse_header, primer_count, split_frames
from narrate.publish.mp3 import Encoder, FileRange, encode, encode_command, primer, write_mp3
from narrate.publish.options import Mp3Options

PCM = NDArray[np.float32]
FFMPEGS = [pytest.param(ffmpeg_path(), id="bundled")]
if shutil.which("ffmpeg"):
    FFMPEGS.append(pytest.param(shutil.which("ffmpeg"), id="system"))


def clicks(mpeg_frame_count: int, options: Mp3Options, every: int = 2531) -> PCM:
    """A stretch of single-sample clicks, silent at both ends as every stretch must be."""
    pcm = np.zeros((mpeg_frame_count * options.samples_per_mpeg_frame, options.channels), np.float32)
    pcm[JOINT + 700 : len(pcm) - JOINT - 700 : every] = 0.6
    return pcm


def noise(frame_count: int, seed: int) -> PCM:
    """Brown-ish noise of speech level: hard to encode exactly, so that damage shows."""
    white = np.random.default_rng(seed).standard_normal(frame_count)
    smooth = np.convolve(white, np.hanning(48), "same")
    return (0.1 * smooth / smooth.std()).astype(np.float32).reshape(-1, 1)


def decode(path: Path, program: str = ffmpeg_path(), channels: int = 1) -> PCM:
    command = [program, "-nostdin", "-v", "warning", "-i", str(path), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, "<f4").reshape(-1, channels)


def book(path: Path, stretches: list[PCM], options: Mp3Options, tag: bytes = b"") -> FileRange:
    parts = [encode(lambda pcm=pcm: [pcm], options=options, scratch=path.with_suffix(".scratch")) for pcm in stretches]
    count = sum(map(len, stretches)) // options.samples_per_mpeg_frame
    return write_mp3(path, tag=tag, options=options, mpeg_frame_count=count, parts=parts)


def positions(sound: PCM, expected: NDArray[np.intp]) -> set[int]:
    """How far from its place each click is, in samples."""
    return {int(np.argmax(np.abs(sound[at - 300 : at + 300, 0]))) - 300 for at in expected}


@pytest.mark.parametrize("program", FFMPEGS)
@pytest.mark.parametrize(
    ("sample_rate", "bitrate_kbps", "channels"),
    [(44100, 96, 1), (48000, 64, 1), (32000, 32, 1), (44100, 192, 2), (22050, 48, 1), (24000, 64, 2), (16000, 24, 1)],
)
def test_every_sample_of_joined_stretches_is_in_its_place(
    tmp_path: Path, program: str, sample_rate: int, bitrate_kbps: int, channels: int
) -> None:
    options = Mp3Options(sample_rate=sample_rate, bitrate_kbps=bitrate_kbps, channels=channels)
    stretches = [clicks(count, options) for count in (23, 9, 31)]
    book(tmp_path / "book.mp3", stretches, options)
    played = decode(tmp_path / "book.mp3", program, channels)
    written = np.concatenate(stretches)
    assert len(played) == len(written)
    assert positions(played, np.flatnonzero(written[:, 0])) == {0}


def test_a_chapter_in_the_book_sounds_as_in_its_own_file(tmp_path: Path) -> None:
    options = Mp3Options()
    parts = [encode(lambda n=n: [clicks(n, options)], options=options, scratch=tmp_path / "s") for n in (20, 12)]
    write_mp3(tmp_path / "book.mp3", tag=b"", options=options, mpeg_frame_count=32, parts=parts)
    write_mp3(tmp_path / "two.mp3", tag=b"", options=options, mpeg_frame_count=12, parts=parts[1:])
    whole, second = decode(tmp_path / "book.mp3"), decode(tmp_path / "two.mp3")
    assert len(second) == 12 * 1152
    np.testing.assert_allclose(whole[20 * 1152 :], second, atol=1e-6)


def test_a_joint_in_silence_is_as_good_as_an_encode_in_one_piece(tmp_path: Path) -> None:
    options = Mp3Options()
    first, second = noise(40 * 1152, 1), noise(40 * 1152, 2)
    first[:JOINT] = first[-JOINT:] = second[:JOINT] = second[-JOINT:] = 0
    both = np.concatenate([first, second])
    book(tmp_path / "joined.mp3", [first, second], options)
    book(tmp_path / "whole.mp3", [both], options)
    around = slice(36 * 1152, 44 * 1152)

    def error_db(path: Path) -> float:
        return float(10 * np.log10(np.mean((decode(path)[around] - both[around]) ** 2)))

    assert error_db(tmp_path / "joined.mp3") == pytest.approx(error_db(tmp_path / "whole.mp3"), abs=0.1)


def test_players_state_the_length_to_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "book.mp3"
    book(path, [clicks(50, Mp3Options())], Mp3Options())
    info = mutagen.mp3.MP3(path).info
    assert info.length * 44100 == pytest.approx(50 * 1152, abs=1e-6)
    assert (info.sketchy, info.bitrate_mode, info.channels) == (False, mutagen.mp3.BitrateMode.CBR, 1)
    assert info.bitrate == pytest.approx(96_000, rel=0.01)


@pytest.mark.skipif(not shutil.which("mpv"), reason="no mpv on this machine")
def test_mpv_plays_exactly_what_was_written(tmp_path: Path) -> None:
    stretches = [clicks(20, Mp3Options()), clicks(15, Mp3Options())]
    book(tmp_path / "book.mp3", stretches, Mp3Options())
    command = ["mpv", "--no-config", "--no-video", "--really-quiet", "--ao=pcm", "--ao-pcm-waveheader=no"]
    command += ["--audio-format=float", f"--ao-pcm-file={tmp_path / 'raw'}", str(tmp_path / "book.mp3")]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    played = np.fromfile(tmp_path / "raw", "<f4").reshape(-1, 1)
    written = np.concatenate(stretches)
    assert len(played) == len(written)
    assert positions(played, np.flatnonzero(written[:, 0])) == {0}


def test_the_same_sound_gives_the_same_bytes_however_it_is_cut_into_blocks(tmp_path: Path) -> None:
    pcm = clicks(12, Mp3Options())
    pieces = np.split(pcm, [0, 1, 1000, 5000, 5000])
    once = encode(lambda: [pcm], options=Mp3Options(), scratch=tmp_path / "s")
    assert once == encode(lambda: pieces, options=Mp3Options(), scratch=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_file_is_tag_info_frame_primer_and_frames(tmp_path: Path) -> None:
    options = Mp3Options()
    tag = b"ID3\x03\x00\x00\x00\x00\x00\x05" + bytes(5)
    part = encode(lambda: [clicks(10, options)], options=options, scratch=tmp_path / "s")
    where = write_mp3(tmp_path / "a.mp3", tag=tag, options=options, mpeg_frame_count=10, parts=[part])
    data = (tmp_path / "a.mp3").read_bytes()
    info = info_frame(options, 11, len(primer(options)) + len(part))
    assert data == tag + info + primer(options) + part
    assert data[where.start : where.end] == part
    assert len(split_frames(data)) == 11 + 1  # and the end of the last


def test_parts_can_be_stretches_of_files(tmp_path: Path) -> None:
    options = Mp3Options()
    part = encode(lambda: [clicks(10, options)], options=options, scratch=tmp_path / "s")
    first = write_mp3(tmp_path / "a.mp3", tag=b"", options=options, mpeg_frame_count=10, parts=[part])
    write_mp3(tmp_path / "b.mp3", tag=b"", options=options, mpeg_frame_count=20, parts=[first, part])
    write_mp3(tmp_path / "c.mp3", tag=b"", options=options, mpeg_frame_count=20, parts=[part, part])
    assert (tmp_path / "b.mp3").read_bytes() == (tmp_path / "c.mp3").read_bytes()


def test_a_part_that_is_cut_short_leaves_the_earlier_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "book.mp3").write_bytes(b"the book of yesterday")
    (tmp_path / "part").write_bytes(b"x" * 10)
    part = FileRange(path=tmp_path / "part", start=5, end=11)
    with pytest.raises(AudioError, match="part: ends 1 bytes too early"):
        write_mp3(tmp_path / "book.mp3", tag=b"", options=Mp3Options(), mpeg_frame_count=1, parts=[part])
    assert (tmp_path / "book.mp3").read_bytes() == b"the book of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.mp3", "part"]


def test_the_info_frame_states_what_lame_would() -> None:
    frame = info_frame(Mp3Options(), 1001, 313_000)
    header = parse_header(frame)
    assert header is not None
    assert (header.size, header.channels, header.bitrate_kbps, header.sample_rate) == (313, 1, 96, 44100)
    assert frame[21:37] == b"Info" + struct.pack(">III", 3, 1001, 313_313)
    extension = frame[37:73]
    assert extension[:9] == b"LAME3.100"
    assert extension[9] & 15 == 1  # constant bitrate
    assert extension[20] == 96
    assert int.from_bytes(extension[21:24], "big") == 576 << 12 | 576
    assert int.from_bytes(extension[34:36], "big") == crc16(frame[:71])
    assert not any(frame[73:])


def test_the_checksum_is_crc_16_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D  # the check value of the CRC catalogue


@pytest.mark.parametrize(
    ("sample_rate", "bitrate_kbps", "channels"), [(24000, 8, 1), (24000, 8, 2), (48000, 32, 2), (44100, 320, 2)]
)
def test_the_info_frame_has_room_at_every_bitrate(sample_rate: int, bitrate_kbps: int, channels: int) -> None:
    options = Mp3Options(sample_rate=sample_rate, bitrate_kbps=bitrate_kbps, channels=channels)
    frame = info_frame(options, 10, 1000)
    header = parse_header(frame)
    assert header is not None
    assert header.size == len(frame)
    assert frame[4 + header.side_info_size :].startswith(b"Info")
    assert (header.sample_rate, header.channels) == (sample_rate, channels)


def test_the_primer_is_silence_and_the_same_every_time(tmp_path: Path) -> None:
    for options in (Mp3Options(), Mp3Options(sample_rate=22050, bitrate_kbps=48)):
        first = primer(options)
        primer.cache_clear()
        assert primer(options) == first
        assert len(split_frames(first)) - 1 == primer_count(options)
    silence = primer(Mp3Options())
    write_mp3(tmp_path / "p.mp3", tag=b"", options=Mp3Options(), mpeg_frame_count=30, parts=[silence * 30])
    assert np.abs(decode(tmp_path / "p.mp3")).max() < 1e-4


def test_frames_are_found_between_tags() -> None:
    silence = primer(Mp3Options())
    info = info_frame(Mp3Options(), 2, 2 * len(silence))
    id3v2 = b"ID3\x03\x00\x00\x00\x00\x01\x00" + bytes(128) + bytes(50)  # zeros behind the tag, too
    data = id3v2 + info + silence * 2 + b"TAG" + bytes(125)
    at = len(id3v2) + len(info)
    assert list(split_frames(data)) == [at, at + len(silence), at + 2 * len(silence)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"RIFF" + bytes(100),
        lambda data: data[:-1],
        lambda data: data + b"\0\0",
        lambda data: data[:300] + b"x" + data[301:] + b"trailing",
        lambda data: b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f" + data,
        lambda _: b"\xff" * 500,
    ],
)
def test_what_is_no_mp3_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AudioError):
        split_frames(spoil(primer(Mp3Options()) * 3))


def test_frames_that_lean_on_others_are_refused(tmp_path: Path) -> None:
    pcm = noise(40 * 1152, 3)
    command = encode_command(Mp3Options(), output=tmp_path / "r.mp3")
    command[command.index("-reservoir") + 1] = "1"
    subprocess.run(command, input=pcm.tobytes(), check=True)
    with pytest.raises(AudioError, match="reservoir"):
        keep((tmp_path / "r.mp3").read_bytes(), 30, options=Mp3Options())


def test_frames_of_another_kind_or_too_few_are_refused() -> None:
    frames = primer(Mp3Options()) * 20
    with pytest.raises(AudioError, match="44100 Hz, 96 kbit/s and 1 channels"):
        keep(frames, 5, options=Mp3Options(bitrate_kbps=64))
    with pytest.raises(AudioError, match="20 MPEG frames, not 21"):
        keep(frames, 18, options=Mp3Options())


def test_a_stretch_that_is_not_whole_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1153 frames is not a whole number"):
        encode(lambda: [np.zeros((1153, 1), np.float32)], options=Mp3Options(), scratch=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_pcm_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"), Encoder(tmp_path / "s", Mp3Options()) as opened:
        opened.write(np.zeros((10, 2), np.float32))


def test_pcm_at_half_the_rate_is_resampled_in_place(tmp_path: Path) -> None:
    pcm = np.zeros((20 * 576, 1), np.float32)
    pcm[2000:-2000:997] = 0.6
    with Encoder(tmp_path / "s", Mp3Options(), input_rate=22050) as opened:
        opened.write(pcm)
    assert opened.mpeg_frame_count == 20
    part = bytes(keep((tmp_path / "s").read_bytes(), 20, options=Mp3Options()))
    write_mp3(tmp_path / "a.mp3", tag=b"", options=Mp3Options(), mpeg_frame_count=20, parts=[part])
    assert positions(decode(tmp_path / "a.mp3"), np.flatnonzero(pcm[:, 0]) * 2) <= {-1, 0, 1}


def test_a_filter_chain_is_applied(tmp_path: Path) -> None:
    pcm = clicks(12, Mp3Options())
    part = encode(lambda: [pcm], options=Mp3Options(), scratch=tmp_path / "s", filters="volume=0.5")
    write_mp3(tmp_path / "a.mp3", tag=b"", options=Mp3Options(), mpeg_frame_count=12, parts=[part])
    book(tmp_path / "b.mp3", [pcm * np.float32(0.5)], Mp3Options())
    np.testing.assert_allclose(decode(tmp_path / "a.mp3"), decode(tmp_path / "b.mp3"), atol=1e-4)


@pytest.mark.parametrize("program", FFMPEGS)
def test_a_filter_that_does_not_exist_is_told(tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "ffmpeg_path", lambda: program)
    with pytest.raises(AudioError, match="could not encode"):
        encode(lambda: [noise(400 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s", filters="no_such_filter")
    assert not (tmp_path / "s").exists()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full on this machine")
@pytest.mark.parametrize("program", FFMPEGS)
def test_a_full_disk_is_told_and_devices_are_left_alone(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "ffmpeg_path", lambda: program)
    with (
        pytest.raises(OutputError, match="No space left on device"),
        Encoder(Path("/dev/full"), Mp3Options()) as opened,
    ):
        opened.write(noise(400 * 1152, 1))
    assert Path("/dev/full").is_char_device()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NarrateError, match="No such file or directory"):
        encode(lambda: [noise(400 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "none" / "s")


def test_an_ffmpeg_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp3, "encode_command", lambda *_, **__: ["sleep", "600"])
    start = time.monotonic()
    with pytest.raises(AudioError, match="took no sound"):
        encode(lambda: [noise(100 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s", timeout_s=0.3)
    monkeypatch.setattr(mp3, "encode_command", lambda *_, **__: ["sh", "-c", "cat >/dev/null; sleep 600"])
    with pytest.raises(AudioError, match="did not finish"):
        encode(lambda: [noise(1152, 1)], options=Mp3Options(), scratch=tmp_path / "s", timeout_s=0.3)
    assert time.monotonic() - start < 5


def test_an_ffmpeg_that_complains_at_length_does_not_stop_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo so it ends >&2; exit 3"
    monkeypatch.setattr(mp3, "encode_command", lambda *_, **__: ["sh", "-c", script])
    with pytest.raises(AudioError, match="so it ends"):
        encode(lambda: [noise(300 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s", timeout_s=20)


def test_an_ffmpeg_that_may_not_write_is_no_matter_of_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = "Error opening output file x: Read-only file system"
    monkeypatch.setattr(mp3, "encode_command", lambda *_, **__: ["sh", "-c", f"echo {complaint} >&2; exit 1"])
    with pytest.raises(OutputError, match="Read-only") as caught:
        encode(lambda: [noise(60 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s")
    assert caught.value.hint == "choose another folder"


class Mortal:
    """In ffmpeg's place: takes 100 bytes and dies of `signal_name`, `deaths` times; then it is ffmpeg."""

    def __init__(self, deaths: int, signal_name: str = "KILL") -> None:
        self.deaths, self.signal_name, self.started = deaths, signal_name, 0

    def __call__(self, options: Mp3Options, **rest: Any) -> list[str]:
        self.started += 1
        if self.started > self.deaths:
            return encode_command(options, **rest)
        return ["sh", "-c", f"head -c 100 >/dev/null; kill -{self.signal_name} $$"]


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
@pytest.mark.parametrize("signal_name", ["KILL", "SEGV"])
def test_a_stretch_whose_ffmpeg_is_killed_or_crashes_is_encoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal_name: str
) -> None:
    pcm = noise(60 * 1152, 1)
    right = encode(lambda: [pcm], options=Mp3Options(), scratch=tmp_path / "s")
    mortal = Mortal(2, signal_name)
    monkeypatch.setattr(mp3, "encode_command", mortal)
    assert encode(lambda: iter([pcm]), options=Mp3Options(), scratch=tmp_path / "s") == right
    assert mortal.started == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_an_ffmpeg_that_is_killed_every_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mortal = Mortal(99)
    monkeypatch.setattr(mp3, "encode_command", mortal)
    with pytest.raises(AudioError, match="ffmpeg died of SIGKILL, 3 times"):
        encode(lambda: [noise(60 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s")
    assert mortal.started == 3
    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_fails_in_its_own_words_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(mp3, "encode_command", lambda *_, **__: started.append(1) or ["sh", "-c", "exit 3"])
    with pytest.raises(AudioError, match="exit code 3"):
        encode(lambda: [noise(60 * 1152, 1)], options=Mp3Options(), scratch=tmp_path / "s")
    assert started == [1]


def test_a_primer_whose_ffmpeg_is_killed_is_made_again_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = primer(Mp3Options())
    primer.cache_clear()
    monkeypatch.setattr(mp3, "encode_command", Mortal(2))
    # Nowhere for a file, with a name or without.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert primer(Mp3Options()) == right


def test_when_the_speaker_fails_ffmpeg_is_gone_and_so_is_its_file(tmp_path: Path) -> None:
    def blocks():  # type: ignore[no-untyped-def]
        yield noise(50 * 1152, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(blocks, options=Mp3Options(), scratch=tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sample_rate", "bitrate_kbps", "channels", "level"),
    [(44000, 96, 1, 7), (44100, 8, 1, 7), (22050, 192, 1, 7), (44100, 97, 1, 7), (44100, 96, 3, 7), (44100, 96, 1, 10)],
)
def test_an_mp3_that_cannot_be_is_a_configuration_error(
    sample_rate: int, bitrate_kbps: int, channels: int, level: int
) -> None:
    with pytest.raises(ConfigError) as caught:
        Mp3Options(sample_rate=sample_rate, bitrate_kbps=bitrate_kbps, channels=channels, compression_level=level)
    assert caught.value.hint


def test_every_combination_that_is_allowed_has_a_header() -> None:
    from narrate.publish.options import bitrates_kbps

    for rate in (16000, 22050, 24000, 32000, 44100, 48000):
        for kbps in bitrates_kbps(rate):
            options = Mp3Options(sample_rate=rate, bitrate_kbps=kbps)
            header = parse_header(info_frame(options, 1, 1))
            assert header is not None
            assert header.bitrate_kbps >= kbps
