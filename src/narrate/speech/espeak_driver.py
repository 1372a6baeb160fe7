"""espeak-ng behind pyttsx3: a driver that speaks at once, loses nothing and keeps what it said in memory.

pyttsx3's own espeak driver returns before the sound is there, drops utterances, prints, and passes espeak-ng a
wrong text length (see `CONTRIBUTING.md`). This one is registered as `pyttsx3.drivers.narrate_espeak`, reuses that
package's bindings in `AUDIO_OUTPUT_SYNCHRONOUS` mode, and hands the sound over by the topic `audio`.

It loads a shared library into this process and reads espeak-ng's data folder. Once it has spoken, espeak-ng keeps
state that changes the samples of whatever it speaks next: speak in a forked child, with `another` each time, or
`disconnect` in between.
"""

import contextlib
import ctypes
import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narrate.errors import VoiceError

NAME = "narrate_espeak"
VERSION = 1
"""Raise when this driver gives other samples for the same request."""

_INSTALL = "pip install espeakng-loader, or install the system package espeak-ng"
_BUFFER_MS = 1000
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT; without it espeak-ng ends the whole process when data is missing
_SEED = 1
_LONGEST_PATH = 140  # espeak-ng 1.52 keeps the data folder in char[160], of which "/espeak-ng-data" takes 15
_RATES = (80, 450)  # espeakRATE_MINIMUM, espeakRATE_MAXIMUM


@dataclass(frozen=True, slots=True)
class _Library:
    """An espeak-ng that is loaded and initialised: pyttsx3's bindings to it, its rate, what seeds its noise."""

    bindings: Any
    sample_rate: int
    seeds: tuple[Any, ...]


_library: _Library | None = None
"""The one that was loaded last."""


def connect(*, another: bool = False) -> Any:
    """A pyttsx3 engine on this driver, espeak-ng loaded and initialised once per process.

    `another`: once more, from a copy of its file, so that it shares no state with those that are here. Linux only, and
    only with espeak-ng as a wheel. Raises VoiceError when no espeak-ng or no data for it can be found.
    """
    global _library
    from pyttsx3.engine import Engine

    if another:
        _library = _load(copied=True)
    sys.modules[f"pyttsx3.drivers.{NAME}"] = sys.modules[__name__]
    return Engine(NAME)


def disconnect() -> None:
    """Unload espeak-ng, and with it every state that speaking has left; the next `connect` loads it afresh.

    espeak-ng's own `Terminate` is not enough: 147 of 150 sentences differed after it.
    """
    global _library
    if _library is not None:
        _library.bindings.Terminate()
        _unload(_library.bindings.dll._handle)
        _library = None


def version() -> str:
    """What decides the samples: espeak-ng's version, a hash of its data's names and sizes, the driver's VERSION."""
    import hashlib

    info = _open().bindings.Info(None).decode()
    listing = sorted((entry.name, entry.stat().st_size) for entry in os.scandir(_data_folder()) if entry.is_file())
    digest = hashlib.sha256(repr(listing).encode()).hexdigest()[:8]
    return f"espeak-ng {info}, data {digest}, driver {VERSION}"


def variants() -> list[tuple[str, str]]:
    """The variants that can be put on any voice with `+name`, and their genders ("male", "female" or "")."""
    folder = _data_folder() / "voices" / "!v"
    found = []
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        words = file.read_text(encoding="utf-8", errors="replace").split()
        gender = words[words.index("gender") + 1] if "gender" in words[:-1] else ""
        found.append((file.name, gender if gender in ("male", "female") else ""))
    return found


def buildDriver(proxy: Any) -> "EspeakDriver":  # noqa: N802 (the name that pyttsx3 looks for)
    """What pyttsx3 calls to get a driver."""
    return EspeakDriver(proxy)


class EspeakDriver:
    """A pyttsx3 driver whose `say` returns when the sound is complete. Errors reach pyttsx3's topic `error`.

    It notifies the topic `audio` with `pcm` (pieces of 16-bit mono in this machine's byte order), `sample_rate` in Hz
    and `marks`, a list of (character of the text counted from 0, milliseconds).
    """

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._library = _open()
        self._espeak = self._library.bindings
        self._pcm: list[bytes] = []
        self._marks: list[tuple[int, int]] = []
        self._complete = False
        self._error: BaseException | None = None
        self._flags = self._espeak.CHARS_UTF8

    def say(self, text: str) -> None:
        """Speak `text`. Raises RuntimeError when espeak-ng fails or stops before the end."""
        self._pcm, self._marks, self._complete, self._error = [], [], False, None
        self._proxy.notify("started-utterance")
        self._espeak.SetSynthCallback(self._hear)  # now, not sooner: a library has one, and may have more drivers
        for seed in self._library.seeds:
            seed(_SEED)
        # CHARS_UTF8 alone, as a rule: neither markup (SSML) nor [[phonemes]] in a book's text is obeyed, nor is silence
        # added. Phonemes are obeyed for a text whose only ones are the lexicon's (`sayable`).
        data = text.encode("utf-8", "replace")
        result = self._espeak.cSynth(data, len(data) + 1, 0, self._espeak.POS_CHARACTER, 0, self._flags, None, None)
        if self._error is not None:
            raise self._error
        if result != self._espeak.EE_OK or not self._complete:
            raise RuntimeError(f"espeak-ng stopped before the end (code {result})")
        self._proxy.notify("audio", pcm=self._pcm, sample_rate=self._library.sample_rate, marks=self._marks)
        self._proxy.notify("finished-utterance", completed=True)

    def _hear(self, samples: Any, count: int, events: Any) -> int:
        try:
            index = 0
            while (kind := events[index].type) != self._espeak.EVENT_LIST_TERMINATED:
                if kind == self._espeak.EVENT_WORD:
                    self._marks.append((events[index].text_position - 1, events[index].audio_position))
                index += 1
            self._complete = not samples  # a null pointer says that this was all
            if count > 0:
                self._pcm.append(ctypes.string_at(samples, 2 * count))
        except BaseException as error:  # ctypes would print it and go on
            self._error = error
            return 1
        return 0

    def getProperty(self, name: str) -> object:  # noqa: N802 (pyttsx3's name)
        """`voices`, `voice`, `rate` (words a minute), `volume` (0 to 1), `pitch` (0 to 100), `phonemes`."""
        espeak = self._espeak
        match name:
            case "voices":
                return _installed(espeak)
            case "voice":
                voice = espeak.GetCurrentVoice()
                return voice.contents.identifier.decode() if voice and voice.contents.identifier else None
            case "rate":
                return espeak.GetParameter(espeak.RATE)
            case "volume":
                return espeak.GetParameter(espeak.VOLUME) / 100.0
            case "pitch":
                return espeak.GetParameter(espeak.PITCH)
            case "phonemes":
                return bool(self._flags & espeak.PHONEMES)
        raise KeyError(f"unknown property {name}")

    def setProperty(self, name: str, value: Any) -> None:  # noqa: N802 (pyttsx3's name)
        """Set what `getProperty` names, numbers held within their range. Raises ValueError for an unknown voice."""
        espeak = self._espeak
        match name:
            case "voice":
                if espeak.SetVoiceByName(str(value).encode("utf-8", "replace")) != espeak.EE_OK:
                    raise ValueError(f"espeak-ng has no voice “{value}”")
            case "rate":
                espeak.SetParameter(espeak.RATE, max(_RATES[0], min(_RATES[1], round(value))), 0)
            case "volume":
                espeak.SetParameter(espeak.VOLUME, max(0, min(100, round(value * 100))), 0)
            case "pitch":
                espeak.SetParameter(espeak.PITCH, max(0, min(100, round(value))), 0)
            case "phonemes":
                self._flags = espeak.CHARS_UTF8 | (espeak.PHONEMES if value else 0)
            case _:
                raise KeyError(f"unknown property {name}")

    def startLoop(self) -> None:  # noqa: N802 (pyttsx3's name)
        """Do all that is queued. Nothing is left to wait for afterwards."""
        self._proxy.setBusy(False)

    def iterate(self) -> Iterator[None]:
        """The same for a loop that the caller runs."""
        while True:
            self._proxy.setBusy(False)
            yield

    def endLoop(self) -> None:  # noqa: N802 (pyttsx3's name)
        """Nothing runs between utterances."""

    def stop(self) -> None:
        """Nothing runs between utterances."""

    def destroy(self) -> None:
        """The library belongs to the process, not to the driver: see `disconnect`."""


def _installed(espeak: Any) -> list[Any]:
    """espeak-ng's voices as pyttsx3 voices, `id` being the exact path that loads them without a search.

    Left out: mbrola's, which need a program and data that are not here, and those whose dictionary is missing
    (Faroese in the wheel of 1.52), which are silent.
    """
    from pyttsx3.voice import Voice

    folder = _data_folder()
    dictionaries = {entry.name.removesuffix("_dict") for entry in os.scandir(folder) if entry.name.endswith("_dict")}
    found = []
    for voice in espeak.ListVoices(None):
        identifier = voice.identifier.decode("utf-8", "replace")
        language = (voice.languages or b"\0")[1:].decode("utf-8", "replace")
        if identifier.startswith("mb/"):
            continue
        if language.split("-")[0] not in dictionaries and not _borrows(folder / "lang" / identifier, dictionaries):
            continue
        found.append(
            Voice(
                id=identifier,
                name=voice.name.decode("utf-8", "replace").strip(),
                languages=[language],
                gender={1: "Male", 2: "Female"}.get(voice.gender),
                age=voice.age or None,
            )
        )
    return found


def _borrows(file: Path, dictionaries: set[str]) -> bool:
    try:
        words = file.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return "dictionary" in words[:-1] and words[words.index("dictionary") + 1] in dictionaries


def _find_seeds(library: Any) -> tuple[Any, ...]:
    """What must be called for the same noise every time.

    Breathy voices are noise, which espeak-ng seeds by the clock (f2, f3, whisper differed from process to process),
    and its Klatt voices draw on the C library's.
    """
    seeds = []
    with contextlib.suppress(AttributeError):  # espeak-ng 1.51 has only the second
        seeds.append(library.espeak_ng_SetRandSeed)
        seeds[0].argtypes = [ctypes.c_long]
    with contextlib.suppress(AttributeError, OSError):
        seeds.append(ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).srand)
    return tuple(seeds)


def _data_folder() -> Path:
    folder = ctypes.c_char_p()
    _open().bindings.Info(ctypes.byref(folder))
    return Path(os.fsdecode(folder.value or b""))


def _open() -> _Library:
    global _library
    if _library is None:
        _library = _load()
    return _library


def _load(*, copied: bool = False) -> _Library:
    library, data = _from_wheel(copied=copied)
    if copied and library is None:
        raise VoiceError("this espeak-ng cannot be loaded twice", hint=_INSTALL)
    try:
        with _loading(library) if library else contextlib.nullcontext():
            bindings = _bindings()
    except (RuntimeError, OSError, AttributeError) as error:
        raise VoiceError("espeak-ng is not on this machine", hint=_INSTALL) from error
    path = _short(data) if data else None
    rate = bindings.Initialize(bindings.AUDIO_OUTPUT_SYNCHRONOUS, _BUFFER_MS, path, _DONT_EXIT)
    if rate <= 0:
        raise VoiceError(f"espeak-ng finds no data in {data or 'its own folder'}", hint=_INSTALL)
    return _Library(bindings, rate, _find_seeds(bindings.dll))


def _bindings() -> Any:
    """pyttsx3's bindings as a module of their own, since it is bound to the library that is there when it is loaded."""
    import pyttsx3.drivers

    sys.modules.pop("pyttsx3.drivers._espeak", None)
    vars(pyttsx3.drivers).pop("_espeak", None)
    return importlib.import_module("pyttsx3.drivers._espeak")


def _from_wheel(*, copied: bool) -> tuple[ctypes.CDLL | None, Path | None]:
    """espeak-ng and the folder above its data from the wheel espeakng-loader, or nothing where it does not work.

    Not for everybody to see (RTLD_GLOBAL): a second one would then find the first one's variables.
    """
    try:
        import espeakng_loader

        file = espeakng_loader.get_library_path()
        data = Path(espeakng_loader.get_data_path()).parent
        return ctypes.CDLL(_copy(file) if copied else file), data
    except (ImportError, OSError, RuntimeError):
        return None, None


def _copy(file: str) -> str:
    """The path of a copy of `file` in memory. It stays open as long as the process: the system loads a library only
    once that has the name, or is the file, of one that it has loaded."""
    if sys.platform != "linux":
        raise OSError("no files in memory on this system")
    handle = os.memfd_create("espeak-ng")
    with os.fdopen(handle, "wb", closefd=False) as copy:
        copy.write(Path(file).read_bytes())
    return f"/proc/self/fd/{handle}"


@contextlib.contextmanager
def _loading(library: ctypes.CDLL) -> Iterator[None]:
    """pyttsx3's bindings try a list of fixed paths; meanwhile every one of them is `library`."""
    loader = vars(ctypes.cdll)
    loader["LoadLibrary"] = lambda _path: library
    try:
        yield
    finally:
        del loader["LoadLibrary"]


def _unload(handle: int) -> None:
    import _ctypes

    if sys.platform == "win32":
        _ctypes.FreeLibrary(handle)
    else:
        _ctypes.dlclose(handle)


def _short(folder: Path) -> bytes:
    """`folder` in as many bytes as espeak-ng can hold. The descriptor stays open as long as the process."""
    path = os.fsencode(folder)
    if len(path) > _LONGEST_PATH and Path("/proc/self/fd").is_dir():
        return b"/proc/self/fd/%d" % os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return path
