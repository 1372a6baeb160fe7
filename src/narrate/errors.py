"""Everything that can go wrong and be told to a person, in one family with one exit code a kind.

Raise deep, catch once (`cli/app.py`). A message says in one line what was wrong and where; `hint` says what to
do next. The exit codes are part of the contract and are listed in the README.
"""


class NarrateError(Exception):
    """The root: `exit_code` for the shell, `hint` for the person."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel from worker processes by pickle, which would forget the keyword.
        return _rebuild, (type(self), str(self), self.hint)


def _rebuild(kind: type[NarrateError], message: str, hint: str) -> NarrateError:
    return kind(message, hint=hint)


class SourceError(NarrateError):
    """The document is missing, unreadable, empty or of a kind that no reader knows."""

    exit_code = 3


class ConfigError(NarrateError):
    """A setting in a configuration file, in front matter or in a flag is unknown or of a wrong type."""

    exit_code = 4


class VoiceError(NarrateError):
    """No engine or no voice of that name on this machine."""

    exit_code = 5


class SpeechError(NarrateError):
    """A sentence could not be spoken; the message names it. Nothing is published without it."""

    exit_code = 6


class AudioError(NarrateError):
    """A sound file cannot be decoded, or the encoder is missing or failed."""

    exit_code = 7


class OutputError(NarrateError):
    """The release cannot be written: no permission, no space, a folder that vanished."""

    exit_code = 8


class OvertakenError(OutputError):
    """Another build of the same book has published since this one was planned: it must be planned anew."""

    exit_code = 10


class FaultError(NarrateError):
    """A finished book was inspected and is not as it should be; what is wrong was told, a line each."""

    exit_code = 14


class ChapterError(NarrateError):
    """A chapter was asked for that the book does not have."""

    exit_code = 9


class WorkersDiedError(NarrateError):
    """A task has killed every worker that it was given to, the last one with nothing else to do."""

    exit_code = 13


class LibraryError(NarrateError):
    """Some of a library's books could not be made; the report names them."""

    exit_code = 11


class NoBookError(LibraryError):
    """None of a library's books could be made."""

    exit_code = 12
