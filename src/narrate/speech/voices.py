"""Which voice a person means: ids, names and language tags against the voices that an engine has."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from narrate.errors import VoiceError
from narrate.speech.engine import Voice

# The region or language to take where a voice list has no bare tag: CLDR's likely subtags, `zh` and `no` by ISO 639-3.
_LIKELY = {"en": "en-US", "fr": "fr-FR", "zh": "cmn", "no": "nb", "nn": "nb", "iw": "he", "in": "id", "tl": "fil"}


def bcp47(tag: str) -> str:
    """`tag` in the customary case (BCP 47 §2.1.1): `en_us` gives `en-US`, `cmn-latn-pinyin` `cmn-Latn-pinyin`."""
    first, *rest = tag.replace("_", "-").split("-")
    parts = [first.lower()]
    private = False
    for part in rest:
        private = private or len(part) == 1
        cased = part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()
        parts.append(part.lower() if private else cased)
    return "-".join(parts)


def pick(voices: Sequence[Voice], wanted: str, language: str, *, variants: Iterable[tuple[str, str]] = ()) -> Voice:
    """The voice that a person means by `wanted`: an id, a name, a language tag, the end of an id, each in any case.

    "" takes the default of `language` (a BCP 47 tag), whose region may be one that no voice has; `+name` puts one of
    `variants` (name, gender) on the voice. Raises VoiceError, with the nearest names as its hint.
    """
    base, plus, variant = wanted.strip().partition("+")
    voice = _named(voices, base) if base else _of_language(voices, language)
    return _varied(voice, variant, variants) if plus else voice


def another(voices: Sequence[Voice], voice: str, *, variants: Iterable[tuple[str, str]] = ()) -> str:
    """The id of a voice that is easily told from `voice` (an id) and speaks its language; "" when there is none.

    Where there are `variants` (name, gender), one of the other gender on the same base: f4 beside a man's voice, m3
    beside a woman's, which are plain voices (some others are made of noise). Else the first installed voice of the same
    language and the other gender, else the first other one of the same language.
    """
    base, _, variant = voice.partition("+")
    genders = dict(variants)
    own = next((each for each in voices if each.id == base), None)
    is_female = (genders.get(variant) or (own.gender if own else "")) == "female"
    preferred = "m3" if is_female else "f4"
    if preferred in genders:
        return f"{base}+{preferred}"
    if own is None:
        return ""
    same = [each for each in voices if each.id != base and each.language == own.language]
    other = [each for each in same if each.gender and each.gender != own.gender]
    return next((each.id for each in (*other, *same)), "")


def _named(voices: Sequence[Voice], wanted: str) -> Voice:
    key = wanted.casefold()
    tag = bcp47(wanted)
    default = _default(voices, tag) if "-" not in tag else None
    tests = (
        lambda voice: voice.id.casefold() == key,
        lambda voice: voice.name.casefold() == key,
        lambda voice: voice.language == tag,
        lambda voice: voice is default,
        lambda voice: voice.id.casefold().rpartition("/")[2] == key,
    )
    for test in tests:
        for voice in voices:
            if test(voice):
                return voice
    raise VoiceError(f"no voice called “{wanted}”", hint=_hint(voices, wanted))


def _of_language(voices: Sequence[Voice], language: str) -> Voice:
    tag = bcp47(language)
    while tag:
        if found := _default(voices, tag):
            return found
        tag = tag.rpartition("-")[0]
    raise VoiceError(f"no voice speaks “{language}”", hint=_hint(voices, language))


def _default(voices: Sequence[Voice], tag: str) -> Voice | None:
    """The voice for exactly `tag`, or for a bare language the likely one or the first of any region."""
    for wanted in (tag, _LIKELY.get(tag)):
        for voice in voices:
            if voice.language == wanted:
                return voice
    if "-" in tag:
        return None
    return next((voice for voice in voices if voice.language.partition("-")[0] == tag), None)


def _varied(voice: Voice, wanted: str, variants: Iterable[tuple[str, str]]) -> Voice:
    known = {name.casefold(): (name, gender) for name, gender in variants}
    if wanted.casefold() not in known:
        near = difflib.get_close_matches(wanted.casefold(), known, n=3, cutoff=0.5)
        names = [known[name][0] for name in near] or sorted(name for name, _ in known.values())[:8]
        hint = f"variants are {', '.join(names)}" if names else "this engine has no variants"
        raise VoiceError(f"no variant called “{wanted}”", hint=hint)
    name, gender = known[wanted.casefold()]
    return replace(voice, id=f"{voice.id}+{name}", name=f"{voice.name}, {name}", gender=gender or voice.gender)


def _hint(voices: Sequence[Voice], wanted: str) -> str:
    if not voices:
        return "this engine has no voices"
    names = {text.casefold(): voice for voice in reversed(voices) for text in (voice.id, voice.name, voice.language)}
    near = difflib.get_close_matches(wanted.casefold()[:80], names, n=6, cutoff=0.5)
    chosen = list(dict.fromkeys(names[name].id for name in near))[:3]
    listed = "`narrate voices` lists all"
    return f"did you mean {', '.join(chosen)}? {listed}" if chosen else listed
