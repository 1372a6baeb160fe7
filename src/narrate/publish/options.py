"""What can be chosen about the files of a release, and whether an MP3 of that kind exists."""

from dataclasses import dataclass

from narrate.errors import ConfigError

# ISO/IEC 11172-3 (MPEG-1) table 2.4.2.3 and ISO/IEC 13818-3 (MPEG-2 LSF) clause 2.4.2.3, layer III, kbit/s.
_MPEG1_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG1_RATES = (32000, 44100, 48000)
_MPEG2_RATES = (16000, 22050, 24000)

TAG_VERSION = 2
"""Raise when the same book would get other ID3 tags."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mp3Options:
    """How the audio is encoded: CBR, `sample_rate` in Hz, `bitrate_kbps` in kbit/s, 1 or 2 `channels`.

    `compression_level` is LAME's quality, 0 (slow) to 9 (fast). 7 by measurement on synthetic speech at 96 kbit/s mono:
    SNR 25.8 dB against 24.9 dB at 5, the same log-spectral distance, 1.75 times as fast.
    Raises ConfigError when MPEG-1 and MPEG-2 layer III have no such combination.
    """

    sample_rate: int = 44100
    bitrate_kbps: int = 96
    channels: int = 1
    compression_level: int = 7

    def __post_init__(self) -> None:
        rates = _MPEG2_RATES + _MPEG1_RATES
        if self.sample_rate not in rates:
            raise ConfigError(f"an MP3 cannot have {self.sample_rate} Hz", hint=f"one of {_listed(rates)}")
        allowed = bitrates_kbps(self.sample_rate)
        if self.bitrate_kbps not in allowed:
            message = f"an MP3 of {self.sample_rate} Hz cannot have {self.bitrate_kbps} kbit/s"
            raise ConfigError(message, hint=f"one of {_listed(allowed)}")
        if self.channels not in (1, 2):
            raise ConfigError(f"an MP3 cannot have {self.channels} channels", hint="1 (mono) or 2 (stereo)")
        if self.compression_level not in range(10):
            raise ConfigError(f"no compression level {self.compression_level}", hint="0 (slow) to 9 (fast)")

    @property
    def mpeg1(self) -> bool:
        """Whether `sample_rate` makes this MPEG-1; else it is MPEG-2 with frames of half the length."""
        return self.sample_rate in _MPEG1_RATES

    @property
    def encoder_gain_db(self) -> float:
        """What LAME does to the level, in dB: its presets scale the sound by 0.95 up to 160 kbit/s, less above.

        Measured with tones, MPEG-1 and MPEG-2, mono and stereo, libmp3lame 3.100; a test measures it again.
        """
        return {192: -0.264, 224: -0.175, 256: 0.0, 320: 0.0}.get(self.bitrate_kbps, -0.445)

    @property
    def samples_per_mpeg_frame(self) -> int:
        """Samples a channel in one MPEG frame: 1152, or 576 in MPEG-2."""
        return 1152 if self.mpeg1 else 576


def bitrates_kbps(sample_rate: int) -> tuple[int, ...]:
    """The constant bitrates that layer III has at `sample_rate` Hz."""
    return _MPEG1_KBPS if sample_rate in _MPEG1_RATES else _MPEG2_KBPS


def _listed(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
