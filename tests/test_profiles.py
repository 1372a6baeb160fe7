"""Profiles of a person's own in narrate.toml, and what a profile decides besides the sound."""

from pathlib import Path

import pytest

from conftest import THREE_CHAPTERS, Desk
from narrate import config
from narrate.errors import ConfigError
from narrate.mix.profiles import DEFAULT, PROFILES
from narrate.plan import Action
from narrate.profiles import FIELDS

TUNNEL = {"profiles": {"tunnel": {"base": "road", "compression": 0.5, "loudness": -15}}}


def joined(*tables: dict[str, object]) -> config.Config:
    return config.join(*(config.check(table, where="narrate.toml", folder=Path()) for table in tables))


def test_road_is_what_a_book_is_mastered_for_unless_another_is_named() -> None:
    assert joined().mix.profile is PROFILES[DEFAULT] is PROFILES["road"]
    assert joined({"audio.profile": "calm"}).mix.profile is PROFILES["calm"]


def test_a_profile_of_one_s_own_starts_from_another_and_changes_some_numbers() -> None:
    found = joined(TUNNEL, {"audio.profile": "tunnel"}).mix.profile
    road = PROFILES["road"]
    assert (found.name, found.compression, found.loudness_lufs) == ("tunnel", 0.5, -15)
    assert (found.presence_db, found.ceiling_dbtp) == (road.presence_db, road.ceiling_dbtp)
    assert found.describe() == "tunnel (loudness_lufs -15, compression 0.5)"


def test_a_built_in_profile_can_be_changed_under_its_own_name() -> None:
    assert joined({"profiles": {"road": {"base": "road", "presence": 4}}}).mix.profile.presence_db == 4


def test_the_setting_for_loudness_goes_above_the_profile_s() -> None:
    found = joined({"audio": {"loudness": -19, "profile": "calm"}}).mix.profile
    assert found.loudness_lufs == -19
    assert found.describe() == "calm (loudness_lufs -19)"


def test_a_shop_s_profile_brings_its_bitrate_and_its_pauses_and_no_ambience() -> None:
    found = joined({"audio.profile": "acx", "interludes.enabled": True})
    assert (found.mp3.bitrate_kbps, found.text.pauses.head_s, found.text.pauses.tail_s) == (192, 0.75, 1.5)
    assert not found.text.interludes
    assert joined({"audio.profile": "acx", "pauses": {"tail": 4}}).text.pauses.tail_s == 4


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"audio": {"profile": "raod"}}, "unknown profile 'raod'"),
        ({"profiles": {"mine": {"base": "other"}}, "audio": {"profile": "mine"}}, "unknown profile 'other'"),
        ({"profiles": {"a": {"base": "b"}, "b": {"base": "a"}}, "audio": {"profile": "a"}}, "starts from itself"),
        ({"profiles": {"mine": {"compresion": 1}}}, "profiles.mine: unknown setting 'compresion'"),
        ({"profiles": {"mine": {"compression": 2}}}, "profiles.mine.compression must be from 0 to 0.9"),
        ({"profiles": {"mine": {"compression": True}}}, "profiles.mine.compression must be a number"),
        ({"profiles": {"mine": {"credits": 1}}}, "profiles.mine.credits must be true or false"),
        ({"profiles": {"mine": 3}}, "must be a table"),
        ({"profiles": "road"}, "must be tables"),
        ({"profiles": {"mine": {"base": 3}}}, "base must be the name of a profile"),
    ],
)
def test_a_wrong_profile_is_named(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        joined(table)


def test_another_profile_masters_anew_and_speaks_nothing(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.build()
    desk.flags["audio.profile"] = "calm"
    planned = desk.plan()
    assert [each.action for each in planned.chapters] == [Action.RUN] * 3
    assert {each.reason for each in planned.chapters} == {"profile road → calm"}
    desk.build()
    assert desk.said == []
    assert desk.plan().publish is Action.UP_TO_DATE


def test_every_number_of_the_profiles_stands_in_the_documentation() -> None:
    text = (Path(__file__).parents[1] / "docs/sound.md").read_text("utf-8")
    rows = {cells[1].strip(" `"): cells[2:7] for line in text.splitlines() if len(cells := line.split("|")) > 6}
    names = [cell.strip(" `") for cell in rows["number"][:4]]
    assert names == list(PROFILES)
    for number, field in FIELDS.items():
        assert rows[number][4].strip(), f"{number} has no source"
        for name, cell in zip(names, rows[number][:4], strict=True):
            value = getattr(PROFILES[name], field)
            assert cell.strip() == (str(value).lower() if isinstance(value, bool) else f"{value:g}"), (number, name)
