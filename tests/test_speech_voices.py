"""Which voice a person means."""

import pytest

from narrate.errors import VoiceError
from narrate.speech import Voice
from narrate.speech.voices import another, bcp47, pick


def voice(id: str, name: str, language: str) -> Voice:
    return Voice(id=id, name=name, language=language)


VOICES = (
    voice("gmw/de", "German", "de"),
    voice("gmw/en-029", "English (Caribbean)", "en-029"),
    voice("gmw/en", "English (Great Britain)", "en-GB"),
    voice("gmw/en-US", "English (America)", "en-US"),
    voice("roa/fr-BE", "French (Belgium)", "fr-BE"),
    voice("roa/fr", "French (France)", "fr-FR"),
    voice("sit/cmn", "Chinese (Mandarin)", "cmn"),
    voice("aav/vi-VN-x-south", "Vietnamese (Southern)", "vi-VN-x-south"),
)
VARIANTS = (("f3", "female"), ("Mr serious", ""), ("whisper", "male"))


@pytest.mark.parametrize(
    "wanted", ["gmw/en-US", "gmw/en-us", "en-us", "en-US", "en_US", "English (America)", "english (america)", "en"]
)
def test_a_voice_is_found_by_id_tag_or_name_in_any_case(wanted):
    assert pick(VOICES, wanted, "de").id == "gmw/en-US"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "gmw/en-US"),
        ("en-GB", "gmw/en"),
        ("en-AU", "gmw/en-US"),
        ("fr", "roa/fr"),
        ("fr-CA", "roa/fr"),
        ("zh-Hant-TW", "sit/cmn"),
        ("vi", "aav/vi-VN-x-south"),
        ("DE-at", "gmw/de"),
    ],
)
def test_a_language_has_a_default_voice(language, expected):
    assert pick(VOICES, "", language).id == expected


def test_an_unknown_voice_is_answered_with_the_nearest():
    with pytest.raises(VoiceError, match="no voice called “gmw/en-uss”") as caught:
        pick(VOICES, "gmw/en-uss", "en")
    assert "gmw/en-US" in caught.value.hint


def test_a_region_that_no_voice_has_is_no_voice_when_it_is_asked_for_by_name():
    with pytest.raises(VoiceError):
        pick(VOICES, "en-AU", "en")


@pytest.mark.parametrize("language", ["tlh", "xx-YY", ""])
def test_a_language_that_nobody_speaks_is_an_error(language):
    with pytest.raises(VoiceError, match="speaks"):
        pick(VOICES, "", language)


def test_a_variant_changes_id_name_and_gender():
    found = pick(VOICES, "en-us+F3", "de", variants=VARIANTS)
    assert (found.id, found.name, found.gender) == ("gmw/en-US+f3", "English (America), f3", "female")
    assert pick(VOICES, "+whisper", "de", variants=VARIANTS).id == "gmw/de+whisper"


def test_an_unknown_variant_is_answered_with_those_there_are():
    with pytest.raises(VoiceError, match="no variant called “wisper”") as caught:
        pick(VOICES, "en-us+wisper", "en", variants=VARIANTS)
    assert "whisper" in caught.value.hint


@pytest.mark.parametrize(
    ("narrator", "second"),
    [("gmw/de", "gmw/de+f4"), ("gmw/de+m7", "gmw/de+f4"), ("gmw/de+f3", "gmw/de+m3"), ("gmw/fr+f4", "gmw/fr+m3")],
)
def test_the_second_voice_is_a_variant_of_the_other_gender(narrator, second):
    variants = (*VARIANTS, ("f4", "female"), ("m3", "male"), ("m7", "male"))
    assert another(VOICES, narrator, variants=variants) == second


def test_without_variants_the_second_voice_is_another_of_the_same_language():
    installed = [
        Voice(id=id, name=id, language=language, gender=gender)
        for id, language, gender in [("a", "de", "male"), ("b", "de", "male"), ("c", "de", "female"), ("d", "fr", "")]
    ]
    assert [another(installed, each.id) for each in installed] == ["c", "c", "a", ""]
    assert another(installed, "nobody") == ""


def test_no_voices_at_all_is_said():
    with pytest.raises(VoiceError) as caught:
        pick((), "", "en")
    assert "no voices" in caught.value.hint


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en-us", "en-US"),
        ("EN_GB", "en-GB"),
        ("cmn-latn-pinyin", "cmn-Latn-pinyin"),
        ("chr-US-Qaaa-x-west", "chr-US-Qaaa-x-west"),
        ("vi-vn-x-south", "vi-VN-x-south"),
        ("es-419", "es-419"),
    ],
)
def test_tags_are_written_as_bcp_47_writes_them(tag, expected):
    assert bcp47(tag) == expected
