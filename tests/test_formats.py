"""One book in many formats: the same sound at the same place, encoded once, read back by clients that are not ours."""

import json
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus

from conftest import THREE_CHAPTERS, Desk, Listener, contents, decoded, desk_in, timeline
from narrate import pipeline
from narrate.choosing import choose
from narrate.document import Metadata
from narrate.errors import AudioError, ChapterError, ConfigError
from narrate.plan import Action, Choice
from narrate.publish import m4b
from narrate.publish.codecs import CODECS, LEAD, Codec, encode, silence
from narrate.publish.cover import cover_jpeg
from narrate.publish.edition import Edition
from narrate.publish.flac import _crc16, renumbered
from narrate.publish.ogg import audio_packets
from narrate.publish.packets import ChapterPackets, PacketRange, Packets, PacketSpool, joined
from narrate.release import Release, ReleaseChapter

AUDIO = ("m4b", "opus", "flac")
TITLES = ["Chapter 1", "Chapter 2", "Chapter 3"]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk's folder with the book built in every format; nobody may change it."""
    with desk_in(tmp_path_factory.mktemp("once")) as desk:
        desk.flags = {"formats": ", ".join(AUDIO)}
        desk.write(THREE_CHAPTERS)
        desk.build()
        yield desk.folder


@pytest.fixture
def built(once: Path, desk: Desk) -> Desk:
    shutil.copytree(once, desk.folder, dirs_exist_ok=True)
    desk.flags = {"formats": ", ".join(AUDIO)}
    return desk


def book(desk: Desk, kind: str) -> Path:
    return desk.folder / f"shelf/The Long Way/The Long Way.{kind}"


def probe(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert not done.stderr
    return dict(json.loads(done.stdout))


def offset(sound: np.ndarray, reference: np.ndarray, start: int, length: int) -> int:
    """How many frames later than in `reference` the stretch from `start` on sounds in `sound`."""
    room = 3000
    first = max(0, start - room)
    window = sound[first : start + length + room]
    piece = reference[start : start + length]
    size = 1 << (len(window) + len(piece)).bit_length()
    found = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(piece, size)))
    return int(found[: len(window)].argmax()) - (start - first)


@pytest.mark.parametrize("kind", AUDIO)
def test_every_sentence_sounds_where_the_timeline_says(built: Desk, kind: str) -> None:
    sound, reference = decoded(book(built, kind)), decoded(book(built, "mp3"))
    packet = {"m4b": 1024, "opus": 882, "flac": 1}[kind]
    assert abs(len(sound) - len(reference)) <= packet
    # Nothing is rounded before the first chapter: priming and pre-skip are right to the frame.
    first = next(cue for cue in timeline(built.folder / "shelf/The Long Way")[0]["cues"] if cue["kind"] == "utterance")
    assert abs(offset(sound, reference, round(first["start_s"] * 44100), round(first["duration_s"] * 44100))) <= 1
    for chapter in timeline(built.folder / "shelf/The Long Way"):
        for cue in chapter["cues"]:
            if cue["kind"] == "utterance":
                start, length = round(cue["start_s"] * 44100), round(cue["duration_s"] * 44100)
                assert abs(offset(sound, reference, start, length)) <= packet, (kind, cue["text"])


@pytest.mark.parametrize("kind", AUDIO)
def test_pauses_stay_silent_across_every_joint(built: Desk, kind: str) -> None:
    sound = decoded(book(built, kind))
    for chapter in timeline(built.folder / "shelf/The Long Way"):
        for cue in chapter["cues"]:
            start, length = round(cue["start_s"] * 44100), round(cue["duration_s"] * 44100)
            if cue["kind"] == "pause" and length > 4 * 1024:
                assert np.abs(sound[start + 1024 : start + length - 1024]).max() < 0.02, cue


def test_flac_is_to_the_sample_what_the_mp3_was_made_of(built: Desk) -> None:
    path = book(built, "flac")
    assert FLAC(path).info.total_samples == len(decoded(path)) == len(decoded(book(built, "mp3")))
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-c:a", "pcm_s16le", "-f", "md5", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip() == f"MD5={FLAC(path).info.md5_signature:032x}"
    assert not done.stderr


@pytest.mark.parametrize("kind", AUDIO)
def test_ffprobe_finds_chapters_title_and_cover(built: Desk, kind: str) -> None:
    found = probe(book(built, kind))
    assert [each["tags"]["title"] for each in found["chapters"]] == TITLES
    starts = [chapter["start_s"] for chapter in timeline(built.folder / "shelf/The Long Way")]
    assert [float(each["start_time"]) for each in found["chapters"]] == pytest.approx(starts, abs=0.001)
    streams = found["streams"]
    tags = found["format"].get("tags", {}) | streams[0].get("tags", {})
    assert {name.lower(): value for name, value in tags.items()}["title"] == "The Long Way"
    assert [each["codec_name"] for each in streams] == {
        "m4b": ["aac", "bin_data", "mjpeg"],  # the second are QuickTime's chapters
        "opus": ["opus", "mjpeg"],
        "flac": ["flac", "mjpeg"],
    }[kind]


def test_an_m4b_says_to_itunes_that_it_is_an_audiobook_and_has_chapters_in_both_ways(built: Desk) -> None:
    tags = MP4(book(built, "m4b")).tags
    assert tags["stik"] == [2]
    assert (tags["\xa9nam"], tags["\xa9alb"]) == (["The Long Way"], ["The Long Way"])
    assert bytes(tags["covr"][0]) == book(built, "mp3").with_name("cover.jpg").read_bytes()
    assert [each.title for each in MP4(book(built, "m4b")).chapters] == TITLES  # Nero's
    info = subprocess.run(
        ["mediainfo", "--Output=JSON", book(built, "m4b")], capture_output=True, check=True, timeout=60
    )
    tracks = json.loads(info.stdout)["media"]["track"]
    assert [each["@type"] for each in tracks].count("Menu") == 2  # Nero's and QuickTime's
    assert TITLES[1] in json.dumps(tracks)


def test_opus_and_flac_carry_author_chapters_and_cover_in_comments(built: Desk) -> None:
    opus, flac = OggOpus(book(built, "opus")), FLAC(book(built, "flac"))
    assert opus["chapter002name"] == flac["chapter002name"] == ["Chapter 2"]
    assert opus["title"] == flac["title"] == ["The Long Way"]
    assert flac.pictures[0].data == book(built, "mp3").with_name("cover.jpg").read_bytes()
    assert len(opus["metadata_block_picture"]) == 1


@pytest.mark.parametrize("kind", AUDIO)
def test_mpv_plays_it_and_lists_the_chapters(built: Desk, kind: str) -> None:
    command = ["mpv", "--no-config", "--no-video", "--ao=null", "--start=#2", "--length=0.5"]
    command += ["--term-playing-msg=chapters ${chapters} at ${chapter-list/1/title}", str(book(built, kind))]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert b"chapters 3 at Chapter 2" in done.stdout
    assert b"Error" not in done.stdout + done.stderr


def test_an_opus_file_ends_in_its_last_packet(built: Desk) -> None:
    file = book(built, "opus")
    with file.open("rb") as stream:
        count = len(list(audio_packets(stream)))
    trimmed = 960 * count - 312 - round(OggOpus(file).info.length * 48_000)
    # RFC 7845 clause 4.4: opusinfo warns of "more than one packet of end trimming".
    assert 0 <= trimmed < 960


def test_formats_together_are_the_same_bytes_as_one_by_one(built: Desk) -> None:
    wanted = contents(built.folder / "shelf")
    shutil.rmtree(built.folder / "shelf")
    for flags in ("mp3", "flac", "flac, opus", "m4b, opus, flac"):
        built.flags = {"formats": flags}
        built.build()
    assert contents(built.folder / "shelf") == wanted


def test_adding_a_format_encodes_it_and_speaks_nothing(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.build()
    before = contents(desk.folder / "shelf")
    desk.flags = {"formats": "m4b"}
    plan = desk.plan()
    assert [(each.name, each.action, each.reason) for each in plan.formats] == [("m4b", Action.RUN, "not built yet")]
    assert [each.encodes for each in plan.chapters] == [("aac",)] * 3
    assert desk.build().formats == {"m4b": "The Long Way.m4b"}
    assert desk.said == []
    after = contents(desk.folder / "shelf")
    assert {name for name in after if after[name] != before.get(name)} == {
        f"The Long Way/{name}" for name in ("The Long Way.m4b", "build.json", "publication.json")
    }
    assert desk.plan().publish is Action.UP_TO_DATE


def test_progress_counts_every_codec_of_every_chapter(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.flags = {"formats": "m4b, flac"}
    desk.build()
    assert desk.listener.characters == 2 * desk.listener.total


def test_a_new_title_takes_all_sound_over_even_without_the_store(built: Desk) -> None:
    sound = {kind: decoded(book(built, kind)) for kind in AUDIO}
    shutil.rmtree(built.folder / "store")
    built.flags |= {"title": "Another Way"}
    built.request.out.joinpath("The Long Way").rename(built.request.out / "Another Way")
    assert [each.encodes for each in built.plan().chapters] == [(), (), ()]
    built.build()
    assert built.said == []
    for kind in AUDIO:
        path = built.folder / f"shelf/Another Way/Another Way.{kind}"
        np.testing.assert_array_equal(decoded(path), sound[kind])
    assert not (built.folder / "shelf/Another Way/The Long Way.m4b").exists()


def test_regenerating_a_chapter_encodes_that_one_and_ends_in_the_bytes_of_a_whole_build(built: Desk) -> None:
    project = built.open()
    chosen = project.with_choices(choose(project, frozenset({2}), Choice(rate_wpm=120), reset=False))
    plan = pipeline.make_plan(chosen, only=frozenset({2}))
    assert [each.encodes for each in plan.chapters] == [(), ("mp3", "aac", "opus", "flac"), ()]
    pipeline.run(chosen, plan, Listener())
    made = contents(built.folder / "shelf")
    shutil.rmtree(built.folder / "store")
    for path in (built.folder / "shelf").rglob("*.*"):
        if path.suffix in (".m4b", ".opus", ".flac", ".mp3"):
            path.unlink()
    built.build()
    assert contents(built.folder / "shelf") == made


def test_a_chapter_that_was_left_behind_is_not_encoded_from_another_text(built: Desk) -> None:
    built.write(THREE_CHAPTERS.replace("We are home.", "We are lost."))
    book(built, "m4b").unlink()
    with pytest.raises(ChapterError, match="the m4b of chapter 3"):
        pipeline.make_plan(built.open(), only=frozenset({1}))


def test_a_format_that_is_asked_for_no_more_goes(built: Desk) -> None:
    built.flags = {"formats": "flac"}
    assert built.plan().publish_reason == "m4b not asked for any more"
    built.build()
    assert not book(built, "m4b").exists()
    assert book(built, "flac").exists()


def test_an_unknown_format_is_told(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.flags = {"formats": "m4a"}
    with pytest.raises(ConfigError, match="formats must be some of mp3, m4b"):
        desk.open()


def test_the_manifest_names_every_file_and_the_mp3_first(built: Desk) -> None:
    manifest = json.loads((built.folder / "shelf/The Long Way/publication.json").read_text("utf-8"))
    links = [each["encodingFormat"] for each in manifest["resources"] if each.get("rel") == "alternate"]
    assert links == ["audio/mpeg", "audio/mp4", "audio/ogg; codecs=opus", "audio/flac"]


def test_mutagen_reads_the_length_of_every_format(built: Desk) -> None:
    length = mutagen.File(book(built, "mp3")).info.length
    for kind in AUDIO:
        assert mutagen.File(book(built, kind)).info.length == pytest.approx(length, abs=0.03)


def test_an_m4b_of_300_chapters_has_all_of_them_and_no_list_that_ends_at_255(tmp_path: Path) -> None:
    codec, count, length = CODECS["aac"], 300, 3500  # packets: 81 s; some muxers lose chapters over 76 s
    frames = length * codec.packet_frames
    quiet = silence(codec)
    (tmp_path / "quiet").write_bytes(length * quiet)
    packets = PacketRange(path=tmp_path / "quiet", start=0, sizes=array("I", [len(quiet)] * length))
    titles = [f"{number}: a=b; “#{number}” \\ ü" for number in range(1, count + 1)]
    release = Release(
        folder=tmp_path,
        metadata=Metadata(title="Many"),
        book="Many.mp3",
        chapters=tuple(
            ReleaseChapter(
                number=n, title=title, file="", start=(n - 1) * frames, frame_count=frames, sample_rate=44_100
            )
            for n, title in enumerate(titles, start=1)
        ),
    )
    sound = tuple(ChapterPackets(packets=packets, start=each.start, frame_count=frames) for each in release.chapters)
    (tmp_path / "scratch").mkdir()
    edition = Edition(
        release=release, folder=tmp_path, cover=cover_jpeg(release.metadata), scratch=tmp_path / "scratch", sound=sound
    )
    assert m4b.write(tmp_path / "Many.m4b", edition) == ["Many.m4b"]
    # Who finds Nero's list, which counts to 255, shows no more than that: VLC and mkvmerge, for two.
    assert MP4(tmp_path / "Many.m4b").chapters is None
    command = ["ffprobe", "-v", "error", "-ignore_chapters", "1", "-select_streams", "1", "-show_packets"]
    done = subprocess.run([*command, "-of", "csv", tmp_path / "Many.m4b"], capture_output=True, check=True, timeout=60)
    assert len(done.stdout.splitlines()) == count  # a sample of the text track each


@pytest.mark.parametrize("count", [1, 2, 7])
def test_flac_frames_carry_any_number_with_right_checksums(tmp_path: Path, count: int) -> None:
    sound = np.zeros((count * 1152, 1), np.float32)
    sound[:, 0] = 0.5 * np.sin(np.arange(len(sound)) / 7)
    made = encode(lambda: [sound], codec=CODECS["flac"], scratch=tmp_path / "s")
    assert len(made.sizes) == count
    frame = made.data[: made.sizes[0]]
    for number in (0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x1FFFFF, 0x200000):
        moved = renumbered(frame, number)
        assert renumbered(moved, LEAD) == frame  # which also checks the header's own checksum
        assert _crc16(moved) == 0
    with pytest.raises(AudioError, match="no FLAC frame"):
        renumbered(b"\xff\xf8" + bytes(40), 0)


@given(
    st.lists(st.lists(st.integers(1, 60).map(lambda n: 1152 * n), min_size=1, max_size=8), min_size=1, max_size=6),
    st.sampled_from(list(CODECS.values())),
)
def test_every_stretch_begins_at_the_packet_nearest_to_its_place(stretches: list[list[int]], codec: Codec) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chapters, at = [], 0
        for number, lengths in enumerate(stretches):
            spool = PacketSpool(Path(folder, f"{number}"), codec.place, b"-")
            for index, length in enumerate(lengths):
                names = [f"{number}.{index}.{n};".encode() for n in range(length // codec.packet_frames)]
                packets = Packets(frame_count=length, sizes=array("I", map(len, names)), data=b"".join(names))
                spool.add(Packets.from_bytes(packets.to_bytes()))
            whole = sum(lengths)
            packets_of = spool.finish(whole // codec.packet_frames)
            chapters.append(ChapterPackets(packets=packets_of, start=at, frame_count=whole))
            at += whole
        book = list(joined(chapters, codec.place, b"-"))
    assert len(book) == codec.place(at)
    at = 0
    for number, lengths in enumerate(stretches):
        start = at
        for index, length in enumerate(lengths):
            name = f"{number}.{index}.0;".encode()
            if length >= 2 * codec.packet_frames:
                off = abs(book.index(name) * codec.packet_frames - at)
                assert off <= (0 if codec.name == "flac" else codec.packet_frames)
                assert at != start or off <= codec.packet_frames / 2
            at += length
