"""The International Phonetic Alphabet as espeak-ng's phoneme names, for five languages.

espeak-ng stops inside a word at a name that its voice does not have. So every language here has a name for every
sign below (tried on the voices of 1.52), the nearest one where they lack the sound; for any other language there is
no answer.
"""

import re
import unicodedata


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SOUNDS = {sign: sign for sign in "pbtdkfvszmnlhwj"} | _pairs(
    "ɡ g  g g  ʃ S  ʒ Z  θ T  ð D  ŋ N  ç C  x x  χ x  ɣ Q  tʃ tS  dʒ dZ  ʧ tS  ʤ dZ  ts ts  ʔ ?  ɲ n^  ʎ l^  "
    "β B  ɫ l  r r  ɹ r  ɾ *  ʁ r  ʀ r  ɻ r  q k  c k  ɟ g  ʋ v  ɸ f  ʂ S  ʐ Z  ɕ S  ʑ Z  ʈ t  ɖ d  ɳ n  ɭ l  "
    "ʍ w  ɦ h  ħ h  i i  iː i:  ɪ I  e e  eː e:  ɛ E  ɛː E:  æ a  a a  aː a:  ɑ A:  ɑː A:  ɒ 0  ɔ O  ɔː O:  "
    "o o  oː o:  ʊ U  u u  uː u:  ʌ V  ɐ a#  ə @  əː 3:  ɜ 3:  ɜː 3:  ɚ 3  ɝ 3:  ɯ u  ɨ I  y y  yː y:  ʏ y  "
    "ø Y  øː Y:  œ W  œː W:  ɤ o  ʉ u  ʉː u:  aɪ aI  aʊ aU  eɪ eI  oʊ oU  əʊ oU  ɔɪ OI  ɪə i@  eə e@  ʊə U@  "
    "ɛ̃ E~  ɑ̃ A~  ɔ̃ O~  œ̃ W~  ã A~  õ O~  ẽ E~  ˈ '  ˌ ,  ' '"
)
_NEAREST: dict[str, dict[str, str]] = {
    "en": _pairs("a: A:  e: eI  o oU  o: O:  u u:  y u:  y: u:  Y 3:  Y: 3:  W 3:  W: 3:  E~ a  W~ V  E: e@"),
    "de": _pairs("a# a  V a  0 O  3 @  w v  Q g  B b  Y Y:  E~ W~"),
    "fr": _pairs("a# a  V a  0 O  3 @  3: W  A: a  U u  U: u:  aU a|u  U@ u|@"),
    "es": _pairs("A: a  0 o  V a  a# a  3: e  3 e  @ e  W e  W: e  I i  OI o|i  E~ e|n  A~ a|n  O~ o|n  W~ e|n"),
    "it": _pairs("A: a  0 o  V a  a# a  3: e  3 e  @ e  W e  W: e  E~ e|n  A~ a|n  O~ o|n  W~ e|n"),
}
_LONGEST_SIGN = 3


def signs_unknown(ipa: str) -> str:
    """The letters of `ipa` that no sound is known for."""
    return "".join(dict.fromkeys(rest for sign, rest in _parsed(ipa) if not sign and rest.isalpha()))


def to_espeak(ipa: str, language: str) -> str | None:
    """`ipa` in the names of espeak-ng's phonemes for a voice of `language` (a primary subtag); None where unknown."""
    nearest = _NEAREST.get(language)
    if nearest is None or signs_unknown(ipa):
        return None
    names = [SOUNDS[sign] if sign else rest for sign, rest in _parsed(ipa)]
    joined = "|".join(nearest.get(name, name) for name in names)  # the bar keeps a and I from being the aI of "my"
    return joined.replace("'|", "'").replace(",|", ",").replace("| |", " ")


def _parsed(ipa: str) -> list[tuple[str, str]]:
    """The signs of `ipa` in order, the longest that are known first; ("", char) for what is not known."""
    text = re.sub("[\u035c\u0361.\u203fˑ-]", "", unicodedata.normalize("NFC", ipa).replace(":", "ː"))
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        for length in range(_LONGEST_SIGN, 0, -1):
            sign = unicodedata.normalize("NFC", text[at : at + length])
            known = next((each for each in (sign, unicodedata.normalize("NFD", sign)) if each in SOUNDS), "")
            if known and len(text[at : at + length]) == length:
                found.append((known, ""))
                at += length
                break
        else:
            rest = text[at]
            found.append(("", rest if rest == " " or rest.isalpha() else ""))
            at += 1
    return found
