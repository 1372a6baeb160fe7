"""Sound files in, PCM out; and PCM to and from pydub's clips. With `store.py` the only noun that reads files.

PCM everywhere is float32 of shape (frames, channels), nominal range [-1, 1].
"""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.errors import AudioError
from narrate.process import ffmpeg_path, run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_S = 180
"""No more of a listener's recording than this is read: three minutes are 32 MB of PCM."""


def decode(path: Path, *, sample_rate: int) -> "NDArray[np.float32]":
    """Any file that ffmpeg reads, as mono PCM of shape (frames, 1) at `sample_rate` Hz, resampled by ffmpeg.

    pydub's own `from_file` is not used: it wants ffprobe, which no wheel brings, and waits without a deadline.
    Raises AudioError when the file is missing, holds no audio or cannot be decoded.
    """
    import numpy as np

    if not path.is_file():
        raise AudioError(f"no such sound file: {path}")
    command = [
        ffmpeg_path(),
        "-nostdin",
        "-v",
        "error",
        "-protocol_whitelist",
        "file,crypto,data",
        "-i",
        f"file:{path}",
    ]
    command += ["-vn", "-t", str(LONGEST_S), "-ac", "1", "-ar", str(sample_rate), "-f", "s16le", "-"]
    try:
        raw = run(command, timeout_s=120).stdout
    except AudioError as error:
        raise AudioError(f"{path}: not a sound file that ffmpeg can read", hint=str(error)) from error
    if not raw:
        raise AudioError(f"{path}: holds no sound")
    pcm = np.frombuffer(raw, "<i2").astype(np.float32)
    pcm /= 32768.0
    return pcm.reshape(-1, 1)


def to_clip(pcm: "NDArray[np.float32]", *, sample_rate: int) -> Any:
    """Mono PCM as a pydub AudioSegment of 16-bit samples, for cutting, fading and laying clips together."""
    import numpy as np

    with warnings.catch_warnings():
        # pydub warns when no ffmpeg is on PATH; ours is named in `decode`, and clips need none.
        warnings.simplefilter("ignore")
        os.environ.setdefault("PATH", os.defpath)  # pydub looks along it, and fails where there is none
        from pydub import AudioSegment
    samples = np.clip(np.rint(pcm * 32768.0), -32768, 32767).astype("<i2")
    return AudioSegment(data=samples.tobytes(), sample_width=2, frame_rate=sample_rate, channels=1)


def from_clip(clip: Any) -> "NDArray[np.float32]":
    """A pydub AudioSegment of 16-bit mono samples as PCM of shape (frames, 1)."""
    import numpy as np

    return (np.frombuffer(clip.raw_data, "<i2").astype(np.float32) / 32768.0).reshape(-1, 1)
