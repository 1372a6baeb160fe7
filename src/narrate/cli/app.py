"""The program's face: its commands, and the one place where errors become a line and an exit code."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from narrate.cli import (
    audition,
    build,
    captions,
    doctor,
    export,
    feed,
    inspect,
    interludes,
    library,
    names,
    plan,
    player,
    regenerate,
    say,
    script,
    serve,
    store,
    streams,
    voices,
)
from narrate.cli.output import shortened
from narrate.cli.signals import INTERRUPTED, TERMINATED, Terminated
from narrate.errors import NarrateError, OutputError

_LONGEST_MESSAGE = 1000


class Commands(TyperGroup):
    """Catches what a command raises: a NarrateError is a line on stderr and its exit code, Ctrl-C is 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except NarrateError as error:
            _complain(str(error), error.hint)
            raise typer.Exit(error.exit_code) from error
        except BrokenPipeError:
            # Whoever read our output has gone away, and needs no message.
            streams.forget(sys.stdout)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _complain("interrupted", "what was spoken so far is kept; the earlier book is as it was")
            raise typer.Exit(INTERRUPTED) from None
        except Terminated:
            raise typer.Exit(TERMINATED) from None
        except OSError as error:
            _complain(*_told(error))
            streams.forget(sys.stdout)
            raise typer.Exit(OutputError.exit_code) from error
        except UnicodeEncodeError as error:
            if error.encoding != sys.getfilesystemencoding():
                raise
            _complain(
                f"this locale ({error.encoding}) has no way to write {error.object!r}",
                "set PYTHONUTF8=1, or LC_ALL=C.UTF-8",
            )
            raise typer.Exit(OutputError.exit_code) from error
        except MemoryError as error:
            _complain("not enough memory", "close other programs, or try --jobs 1")
            raise typer.Exit(1) from error


def _told(error: OSError) -> tuple[str, str]:
    """What to say of an error that nobody expected: message and hint."""
    reason = error.strerror or str(error)
    if error.filename:
        return f"{error.filename}: {reason}", ""
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return "the current folder does not exist any more", "cd to another one"
    return f"the output cannot be written: {reason}", ""


def _complain(message: str, hint: str) -> None:
    told = shortened(message, _LONGEST_MESSAGE) + (f" ({hint})" if hint else "")
    streams.remark(streams.printable(" ".join(f"narrate: {told}".split())))


def _version(wanted: bool) -> None:
    if wanted:
        from narrate import __version__

        print(f"narrate {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Turn a long read into an audio-described audiobook for the road.",
)


@app.callback()
def narrate(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turn a long read into an audio-described audiobook for the road."""


app.command("build")(build.build)
app.command("regenerate")(regenerate.regenerate)
app.command("plan")(plan.plan)
app.command("say")(say.say)
app.command("script")(script.script)
app.command("names")(names.names)
app.command("inspect")(inspect.inspect)
app.command("audition")(audition.audition)
app.command("interludes")(interludes.interludes)
app.command("player")(player.player)
app.command("serve")(serve.serve)
app.command("export")(export.export)
app.command("feed")(feed.feed)
app.command("captions")(captions.captions)
app.add_typer(voices.app, name="voices")
app.command("store")(store.store)
app.add_typer(library.app, name="library")
app.command("doctor")(doctor.doctor)
