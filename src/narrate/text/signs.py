"""Signs that an engine would obey, stumble over or pass in silence, in every language. Pure; see `rules`."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from narrate.text.languages import Language
from narrate.text.marks import note
from narrate.text.mathwords import math_words_for
from narrate.text.rules import Rule, after, any_of, apart, before
from narrate.text.words import Words

_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\U0001f000-\U0001faff"
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff"
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u0655\u0900-\u0903\u093a-\u094d\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_MOST_MARKS = 3
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
_SMALL_LETTERS = str.maketrans(_SMALL_CAPITALS, "abcdefghijklmnoprstuvwyz")
_MATHEMATICS = "≡≪≫∝∏∫∂∇∉⊂⊆∪∩∅∀∃¬∧∨⇔↦"
_COMPARED = re.compile(r"(?<!\w)\w\s?$|\d\s?$")
_NAMES = {"♥": "heart", "✓": "check mark", "♯": "sharp", "♭": "flat"}
_UNSAID = "♀♂\u200d\ufe0e\ufe0f\u20e3"
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")

PLAIN = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ‚‹›", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u3000\t\n\r\v\f\x85\u2028\u2029", " "),
        "‐": "-",
        "‑": "-",
    }
)
"""Signs that are said like a plainer one, sign for sign."""


def sign_rules(words: Words, language: Language | None, tag: str) -> list[Rule]:
    """Rules for signs, in the order in which they are to be tried."""

    def rule(pattern: str, say: Callable[[re.Match[str]], str | None]) -> Rule:
        return Rule(re.compile(pattern), say)

    math = math_words_for(tag)
    rules = [
        rule(
            r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}(?!\w)",
            lambda found: _mail(found[0], words, language.at if language else "at"),
        ),
        rule(r"(?:https?://|www\.)[^\s<>\"“”«»]{1,2000}", lambda found: _address(found[0], words)),
        rule(r"(?<!\S)([☐☑☒]) (?=\S)", lambda found: f"{words.to_do if found[1] == '☐' else words.done} "),
        rule(rf"[{_EMOJI}][{_EMOJI}{_JOINERS}]{{0,200}}", lambda found: _emoji(found, tag, words)),
        rule(r"(?:&(?:amp;)?){1,2}(?!c\.)", lambda found: apart(found, words.ampersand)),
        rule(r"\[\[+|\]\]+", lambda _: " "),
        rule(r"[<>]=(?=\s?[-−\w.])", lambda found: apart(found, math.signs["≤" if found[0] == "<=" else "≥"])),
        rule(r"(?<=\s)[-=]>(?=\s)", lambda _: math.signs["→"]),
        rule(r"<+", lambda found: apart(found, words.less) if _compares(found) else " "),
        rule(r">+", lambda found: apart(found, words.greater) if _compares(found) else " "),
    ]
    if language:
        rules += [
            rule(r"(?<![\w@.])@(?=[A-Za-z])", lambda _: f"{language.at} "),
            rule(r"(?<![\w#&])#([^\W\d]\w{1,50})", lambda found: f"{language.hashtag} {_unjoined(found[1])}"),
            rule(rf"(?:{any_of(language.signs)})", lambda found: _sign(found, language)),
            rule("[™℠®•‣·†‡]", lambda found: None if found[0] == "·" and _inside_word(found) else ""),
        ]
    return [
        *rules,
        rule(f"[{_MATHEMATICS}]", lambda found: apart(found, math.signs[found[0]])),
        rule(r"(?<=\d\s)[*/](?=\s\d)", lambda found: math.signs["×" if found[0] == "*" else "÷"]),
        rule(r"[_*=~#|\\^+-]{3,}|~~|\.{4,}|[_*`]+", _run),
        rule(r"\.(?:\s\.){2,}", lambda _: "…"),
        rule(r"\s?—\s?|\s(?:--|–)\s|(?<=[\w,;.!?”\"’'])--(?=[\w\s“\"‘'])|--(?=[”\"])", _breath),
        rule(rf"[^\W_][{_MARKS}]+", lambda found: unicodedata.normalize("NFC", found[0][: 1 + _MOST_MARKS])),
        rule(f"[{_SMALL_CAPITALS}]{{2,}}", lambda found: found[0].translate(_SMALL_LETTERS)),
        rule(
            "[\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]+",
            lambda found: unicodedata.normalize("NFKC", found[0]),
        ),
        rule(rf"[{_INVISIBLE}]", lambda _: ""),
    ]


_ELEMENTS = (
    "abbr|article|aside|blockquote|body|br|center|cite|code|dd|del|div|dl|dt|em|figcaption|figure|font|footer|h[1-6]|header|"
    "hr|html|iframe|img|ins|kbd|li|mark|nav|ol|pre|script|section|small|span|strike|strong|style|sub|sup|table|tbody|td|"
    "th|thead|tr|tt|ul|[abipqsu]"
)
MARKUP = Rule(
    re.compile(rf"</?(?i:{_ELEMENTS})(?![\w-])(?:\s[^<>=\n]{{1,60}}=[^<>\n]{{0,400}})?\s?/?>|<!--|-->"),
    lambda found: " " * (not _at_edge(found)),
)
"""Tags of HTML that were left in prose are not said; "<Enter>" is. In a listing they are what it says."""


def _run(found: re.Match[str]) -> str:
    return " " if len(found[0]) > 1 or _inside_word(found) else ""


def _breath(found: re.Match[str]) -> str | None:
    """A dash between words is a comma's pause; beside another stop, or at an edge, that stop is enough."""
    lead, rest = before(found, 1), after(found, 1)
    if not lead or not rest:
        return ""
    if not (rest.isalnum() or rest in "“\"‘'«(¿¡"):
        return " " if found[0].endswith(" ") else ""
    if lead in "([“«„":
        return ""
    return " " if lead in ",;:.!?…—–-" else ", "


def _sign(found: re.Match[str], language: Language) -> str | None:
    """The name of a sign; "+", "=" and "~" only beside a number or between spaces, where they are no decoration."""
    sign = found[0]
    lead, rest = before(found, 2), after(found, 2)
    if sign == "−" and lead[-1:].isalpha():
        return None
    if sign == "~" and not re.match(r"\d", rest):
        return None
    if sign in "+=" and not (rest[:1].isdigit() or (lead[-1:].isspace() and rest[:1].isspace())):
        return None
    return apart(found, language.signs[sign])


def note_rules(words: Words) -> list[Rule]:
    """lamp[2], and "lamp.12 The" where a note's number lost its place: said as what they are. In a listing they are
    what it says."""

    def say(found: re.Match[str]) -> str | None:
        return note(found[1], before(found), after(found), words)

    return [
        Rule(re.compile(r"(?<=[\w.,;:!?”\"’)])(?<!\d)\[([1-9]\d{0,2})\]"), say),
        Rule(re.compile(r"(?:(?<=[a-zß-öø-ÿ]{2}[.!?])|(?<=[a-zß-öø-ÿ][.!?][”\"’)]))(\d{1,3})(?=\s[A-ZÀ-Þ“]|$)"), say),
    ]


def _at_edge(found: re.Match[str]) -> bool:
    return found.start() == 0 or found.end() == len(found.string)


def _compares(found: re.Match[str]) -> bool:
    """Whether a "<" stands between two things that can be compared, and opens no tag: "a < b", "p<.05"."""
    around = before(found, 1) + after(found, 1)
    if len(found[0]) > 1:
        return False
    if re.match(r"\.?\d", after(found)) and not before(found, 1).strip("( "):  # "<5 %", "(>100)"
        return True
    if len(around) < 2:
        return False
    return around.isspace() or bool(_COMPARED.search(before(found, 2)) and re.match(r"\s?[-−]?\.?\d", after(found)))


def _inside_word(found: re.Match[str]) -> bool:
    lead, rest = before(found, 1), after(found, 1)
    return lead.isalnum() and rest.isalnum()


def _address(address: str, words: Words) -> str:
    """A web address by its host, "example dot org"; what ends the sentence after it stays."""
    bare = address.rstrip(".,;:!?)]}'’")
    tail = address[len(bare) :]
    host = re.split(r"[/?#]", bare.split("://", 1)[-1], maxsplit=1)[0].rsplit("@", 1)[-1]
    name = host.removeprefix("www.").split(":", 1)[0][:100]
    return f" {words.dot} ".join(filter(None, name.split("."))) + tail


def _mail(address: str, words: Words, at: str) -> str:
    """ "ada dot vane at example dot org"."""
    name, _, host = address.rpartition("@")
    return f"{_dotted(name, words)} {at} {_dotted(host, words)}"


def _dotted(name: str, words: Words) -> str:
    return re.sub(r"[-_+]", " ", f" {words.dot} ".join(filter(None, name.split("."))))


def _unjoined(tag: str) -> str:
    """ "NightDrive" as "Night Drive"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])|_", " ", tag)


def _emoji(found: re.Match[str], tag: str, words: Words) -> str:
    """The names of a run of emoji in the text's language, equal neighbours counted."""
    import emoji

    code = tag.split("-")[0].lower()
    language = code if code in emoji.LANGUAGES else "en"
    names: list[tuple[str, int]] = []
    for token in emoji.analyze(found[0], non_emoji=True):
        name = _emoji_name(token.chars, language)
        if name and names and names[-1][0] == name:
            names[-1] = (name, names[-1][1] + 1)
        elif name:
            names.append((name, 1))
    return apart(found, ", ".join(name if count == 1 else words.times(name, count) for name, count in names))


@lru_cache(maxsize=512)
def _emoji_name(sign: str, language: str) -> str:
    """The name of one emoji, however many signs it is made of; "" for what is only a part of one."""
    import emoji

    if not emoji.is_emoji(sign):
        return _NAMES.get(sign) or ("" if sign in _UNSAID else unicodedata.name(sign[:1], "").lower())
    name = emoji.demojize(_SKIN.sub("", sign), language=language).strip(":").replace("_", " ")
    flag = language == "en" and "\U0001f1e6" <= sign[0] <= "\U0001f1ff"
    return f"flag of {name}" if flag else name
