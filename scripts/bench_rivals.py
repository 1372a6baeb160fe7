"""What stands beside narrate in the bench: (a) the pipe, (b) the loop that most people write, (c) the floor."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

RATE_WPM = 175  # espeak-ng's default, and ours
PIPED_WAV_ENDS_AFTER = 700_000
"""Characters beyond which the WAV header that espeak-ng writes to a pipe (0x7ffff000 bytes) cuts the sound short."""


def pipe_command(source: Path, target: Path, characters: int) -> list[str]:
    """(a). Beyond what a piped WAV header can say, lame is told the format, or it would stop early without a word."""
    lame = "lame --quiet" if characters <= PIPED_WAV_ENDS_AFTER else "lame --quiet -r -s 22.05 --bitwidth 16 -m m"
    return ["sh", "-c", f'espeak-ng -f "$1" --stdout | {lame} - "$2"', "sh", str(source), str(target)]


NAIVE = """\
import json, sys
import ctypes, os, espeakng_loader  # the same espeak-ng as narrate's
ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
import imageio_ffmpeg, pyttsx3
from pydub import AudioSegment
AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
source, folder = sys.argv[1:]
engine = pyttsx3.init()
engine.setProperty("rate", 175)
book, lengths = AudioSegment.empty(), []
for number, paragraph in enumerate(open(source, encoding="utf-8").read().split("\\n\\n")):
    if not paragraph.strip():
        continue
    engine.save_to_file(paragraph, f"{folder}/{number}.wav")
    engine.runAndWait()
    try:
        part = AudioSegment.from_wav(f"{folder}/{number}.wav")
    except Exception:
        part = AudioSegment.empty()
    book += part
    lengths.append(part.duration_seconds)
book.export(f"{folder}/book.mp3", format="mp3")
json.dump(lengths, sys.stderr)
"""
"""(b), as most people write it, but for the first lines, which let it run without a system package, and the `except`
that lets it go on where the file it was promised is not there."""


def right_lengths(text: str) -> list[float]:
    """The seconds that each paragraph of (b) should take, without the 0.29 s of silence that pyttsx3 has added."""
    engine, heard = _voice()
    return [_speak(engine, heard, paragraph) for paragraph in text.split("\n\n") if paragraph.strip()]


def speech_cpu_s(source: Path) -> float:
    """CPU seconds of espeak-ng speaking every utterance of the book in this process, one after the other."""
    from narrate.pipeline import open_project
    from narrate.project import Request
    from narrate.speech.sayable import sayable

    project = open_project(Request(source=source))
    scripts = [project.script(number) for number in range(1, len(project.document.chapters) + 1)]
    spoken = [sayable(each.spoken).text for script in scripts for each in script.utterances]
    engine, heard = _voice(project.config.delivery.voice)
    began = time.process_time()
    for text in spoken:
        _speak(engine, heard, text)
    return time.process_time() - began


def _voice(voice: str = "gmw/en") -> tuple[Any, list[float]]:
    from narrate.speech import espeak_driver

    engine = espeak_driver.connect()
    heard: list[float] = []
    engine.connect("audio", lambda pcm, sample_rate, **_: heard.append(sum(map(len, pcm)) / 2 / sample_rate))
    engine.setProperty("voice", voice)
    engine.setProperty("rate", RATE_WPM)
    return engine, heard


def _speak(engine: Any, heard: list[float], text: str) -> float:
    heard.clear()
    engine.say(text)
    engine.runAndWait()
    return sum(heard)


TAKE_RATE = 22_050  # espeak-ng's, at which takes are mixed
_TAKE_S = 6.0


def mastering_cpu_s(book: Path, scratch: Path) -> float:
    """CPU seconds of all that mastering adds to the book's encode: what each take is measured and compressed by, once
    when it is spoken and once when it is mixed, and what the filters take in ffmpeg. In a process of its own."""
    from narrate.mix.dynamics import chain
    from narrate.mix.levels import compressed, measure
    from narrate.mix.profiles import DEFAULT, PROFILES
    from narrate.process import ffmpeg_path, keep_memory, run
    from narrate.publish.options import Mp3Options

    profile, rate = PROFILES[DEFAULT], Mp3Options().sample_rate
    filters = f"{chain(profile, mix_rate=TAKE_RATE, sample_rate=rate)},volume={-Mp3Options().encoder_gain_db}dB"
    plain = f"aresample={rate}:resampler=soxr"
    keep_memory(16 << 20)
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", book, "-f", "s16le", "-ac", "1", "-ar", str(TAKE_RATE)]
    samples = np.frombuffer(run([*command, "-"], timeout_s=3600).stdout, "<i2")
    size = round(_TAKE_S * TAKE_RATE)
    takes = [samples[start : start + size] for start in range(0, samples.size, size)]
    measure(takes[0], TAKE_RATE, profile)
    began = time.process_time()
    for take in takes:
        measure(take, TAKE_RATE, profile)
        compressed(take, TAKE_RATE, profile)
    here_s = time.process_time() - began
    in_ffmpeg_s = encode_cpu_s(book, scratch, TAKE_RATE, filters) - encode_cpu_s(book, scratch, TAKE_RATE, plain)
    return here_s + max(0.0, in_ffmpeg_s)


def encode_cpu_s(book: Path, scratch: Path, input_rate: int = 0, filters: str = "") -> float:
    """CPU seconds of the release's own encode of the book's PCM: one core for it, its input from a pipe. At the
    release's rate and without a filter that is the floor's; or from `input_rate` Hz through `filters`."""
    from narrate.process import ffmpeg_path
    from narrate.publish import mp3
    from narrate.publish.options import Mp3Options

    options = Mp3Options()
    decode = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(book), "-f", "f32le"]
    decode += ["-ac", str(options.channels), "-ar", str(input_rate or options.sample_rate), "-"]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    encode = mp3.encode_command(options, output=scratch, input_rate=input_rate or None, filters=filters)
    if shutil.which("taskset") and len(cores) > 1:  # its threads cost a fifth less on one core than across two
        decode = ["taskset", "-c", ",".join(map(str, cores[1:])), *decode]
        encode = ["taskset", "-c", str(cores[0]), *encode]
    with subprocess.Popen(decode, stdout=subprocess.PIPE) as source:
        encoder = subprocess.Popen(encode, stdin=source.stdout)
        assert source.stdout is not None
        source.stdout.close()
        _, status, usage = os.wait4(encoder.pid, 0)
        encoder.returncode = os.waitstatus_to_exitcode(status)
    if source.returncode or encoder.returncode:
        raise SystemExit("bench: the floor's encode failed")
    scratch.unlink()
    return usage.ru_utime + usage.ru_stime
