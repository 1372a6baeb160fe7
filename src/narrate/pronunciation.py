"""The table `[pronunciation]` and the key `lexicons` of a configuration, checked and read into entries of a lexicon."""

from collections.abc import Mapping
from pathlib import Path

from narrate.errors import ConfigError
from narrate.speech.ipa import signs_unknown
from narrate.text.lexicon import Entry, problem
from narrate.text.pls import LARGEST, read_pls

_KEYS = {"say": str, "language": str, "chapter": (str, int), "case": str}


def read_table(table: object, *, where: str) -> tuple[Entry, ...]:
    """`{"Kafuku": "ka-foo-koo"}`, or for a word a table (or several): `{say = …, language = …, chapter = …, case = …}`.

    Raises ConfigError that names the word.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: pronunciation must be a table of words", hint='"Kafuku" = "ka-foo-koo"')
    found = []
    for word, value in table.items():
        ways = value if isinstance(value, list) else [value]
        found += [_entry(str(word), way, where) for way in ways]
    return tuple(found)


def read_lexicons(names: object, *, where: str, folder: Path) -> tuple[Entry, ...]:
    """The entries of W3C lexicons; their names count from `folder`. Raises ConfigError."""
    files = [names] if isinstance(names, str) else names
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise ConfigError(f"{where}: lexicons must be a list of files", hint='lexicons = ["names.pls"]')
    found: list[Entry] = []
    for name in files:
        path = folder / name
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise ConfigError(f"{where}: lexicons: {path}: {error.strerror}") from error
        found += [_sayable(entry, str(path)) for entry in read_pls(data, name=str(path))]
    return tuple(found)


def _sayable(entry: Entry, where: str) -> Entry:
    unknown = signs_unknown(entry.say[1:-1]) if entry.say.startswith("/") else ""
    if unknown:
        raise ConfigError(f"{where}: pronunciation of “{entry.word}”: no sound is known for {unknown}")
    return entry


def _entry(word: str, value: object, where: str) -> Entry:
    at = f"{where}: pronunciation of “{word}”"
    if not any(map(str.isalnum, word)) or len(word) > 100:
        raise ConfigError(f"{at}: is no word")
    table = {"say": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or "say" not in table:
        raise ConfigError(f"{at} must be a text, or a table with `say`")
    for key, given in table.items():
        kinds = _KEYS.get(str(key))
        if kinds is None:
            raise ConfigError(f"{at}: unknown key {key!r}", hint=f"known: {', '.join(_KEYS)}")
        if not isinstance(given, kinds) or isinstance(given, bool):  # type: ignore[arg-type]
            raise ConfigError(f"{at}: {key} must be a text, not {given!r}")
    case = table.get("case", "any")
    if case not in ("exact", "any"):
        raise ConfigError(f'{at}: case must be "exact" or "any", not {case!r}')
    if wrong := problem(str(table["say"])):
        raise ConfigError(f"{at}: “{str(table['say'])[:40]}” {wrong}")
    entry = Entry(
        word=word,
        say=str(table["say"]).strip(),
        language=str(table.get("language", "")),
        chapter=str(table.get("chapter", "")),
        exact=case == "exact",
    )
    return _sayable(entry, where)
