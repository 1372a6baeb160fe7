"""Settings come from four places, the later above the earlier; a wrong one is named with what is allowed."""

from pathlib import Path

import pytest

from narrate import config
from narrate.config import check, join, read_settings, settings_file
from narrate.errors import ConfigError
from narrate.mix.profiles import PROFILES
from narrate.text.options import Mode


def test_without_any_setting_everything_has_its_default() -> None:
    settings = join()
    assert (settings.delivery.rate_wpm, settings.mix.profile, settings.mp3.bitrate_kbps) == (175, PROFILES["road"], 96)


def test_the_later_layer_wins_and_leaves_the_rest() -> None:
    settings = join({"rate": 150, "voice": "en-gb"}, {"rate": 200})
    assert (settings.delivery.rate_wpm, settings.delivery.voice) == (200, "en-gb")


def test_a_table_in_toml_reaches_its_stage(tmp_path: Path) -> None:
    file = tmp_path / "narrate.toml"
    file.write_text(
        "rate = 150\n[pauses]\nsentence = 0.25\n[interludes]\nseconds = 8\nenabled = false\n[audio]\nbitrate = 128\n"
    )
    settings = join(read_settings(file))
    assert settings.delivery.rate_wpm == 150
    assert settings.text.pauses.sentence_s == 0.25
    assert (settings.text.interlude_s, settings.text.interludes) == (8.0, False)
    assert settings.mp3.bitrate_kbps == 128


def test_every_key_of_the_schema_changes_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    samples = {str: "x", Path: tmp_path / "x", bool: False, int: 160, float: 2.5}
    for key, setting in config.SCHEMA.items():
        value = samples[setting.kind] if key != "language" else "fr"
        if key == "pitch":
            value = 40
        if key.startswith("describe.") and key != "describe.voice":
            value = Mode.SKIP
        if key == "audio.loudness":
            value = -20.0
        if key == "audio.profile":
            value = "calm"
        if key.startswith("effects."):
            value = "cassette"
        if key == "interludes.folder":
            value = (("tram", tmp_path / "x"),)
        assert join({key: value}) != join() or key == "engine", key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vioce = 'x'", "unknown setting 'vioce'"),
        ("[pauses]\nsentense = 1", "unknown setting 'pauses.sentense'"),
        ("rate = 'fast'", "rate must be a whole number"),
        ("rate = 1.5", "rate must be a whole number"),
        ("rate = true", "rate must be a whole number"),
        ("rate = 20", "rate must be from 80 to 450"),
        ("voice = 3", "voice must be a text"),
        ("[effects]\nquotation = 'tape'", "effects.quotation must be “cassette” or “none”, not 'tape'"),
        ("[effects]\nletters = 'cassette'", "unknown setting 'effects.letters'"),
        ("[interludes]\nenabled = 'yes'", "interludes.enabled must be true or false"),
        ("[interludes]\nfile = 'none.wav'", "no such file"),
        ("[pauses]\nsentence = -1", "pauses.sentence must be from 0 to 30"),
        ("[pauses]\nsentence = nan", "pauses.sentence must be from 0 to 30"),
        ("[audio]\nbitrate = 33", "audio.bitrate must be one of 32, 40, 48"),
        ("[audio]\nbitrate = 20", "audio.bitrate must be from 32 to 320"),
        ("language = 'english please'", "language must be a language tag such as en or en-GB, not 'english please'"),
        ("language = 'English'", "language must be a language tag"),
        ("pauses = 3", "unknown setting 'pauses'"),
        ("rate = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "narrate.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_settings(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("written", "read"), [("en", "en"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("", "")]
)
def test_a_language_is_read_as_a_tag(written: str, read: str) -> None:
    assert check({"language": written}, where="here", folder=Path()) == {"language": read}


def test_an_unknown_key_is_told_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError) as caught:
        check({"vioce": "x"}, where="here", folder=Path())
    assert "voice" in caught.value.hint


def test_a_file_that_is_not_utf_8_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "narrate.toml"
    file.write_bytes(b"title = '\xff\xfe'")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(file)


def test_a_bitrate_that_mp3_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="97"):
        join({"audio.bitrate": 97})


def test_the_source_s_own_file_comes_before_the_folder_s(tmp_path: Path) -> None:
    source = tmp_path / "essay.md"
    assert settings_file(source) is None
    (tmp_path / "narrate.toml").touch()
    assert settings_file(source) == tmp_path / "narrate.toml"
    (tmp_path / "essay.narrate.toml").touch()
    assert settings_file(source) == tmp_path / "essay.narrate.toml"
    longest = tmp_path / f"{'x' * 252}.md"  # with a longer suffix no file system knows it
    longest.touch()
    assert settings_file(longest) == tmp_path / "narrate.toml"
