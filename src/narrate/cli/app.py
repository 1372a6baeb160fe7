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


# What the list of commands has room for in 80 columns; the rest is in each command's own --help.
app.command("build", short_help="Make the audiobook, or bring it up to date.")(build.build)
app.command("regenerate", short_help="Speak some chapters afresh.")(regenerate.regenerate)
app.command("plan", short_help="Show the chapters, and what a build would do and why.")(plan.plan)
app.command("say", short_help="Say a line at once.")(say.say)
app.command("script", short_help="Write a document as Markdown that can be edited.")(script.script)
app.command("names", short_help="List a document's names and odd words.")(names.names)
app.command("inspect", short_help="Show and measure a finished book; say what is wrong.")(inspect.inspect)
app.command("audition", short_help="Let every voice read the same lines.")(audition.audition)
app.command("interludes", short_help="List the scenes of interludes, or hear them.")(interludes.interludes)
app.command("player", short_help="Write a player for the browser.")(player.player)
app.command("serve", short_help="Listen in the browser, here or in the home's network.")(serve.serve)
app.command("export", short_help="Put a book into a car, a phone, an app, a podcast.")(export.export)
app.command("feed", short_help="Write a podcast feed into a folder of books.")(feed.feed)
app.command("captions", short_help="Print a book's captions.")(captions.captions)
app.add_typer(voices.app, name="voices", short_help="List voices, hear them, install more.")
app.command("store", short_help="Show what is kept between builds, or make room.")(store.store)
app.add_typer(library.app, name="library", short_help="Many books at once, on one machine or on many.")
app.command("doctor", short_help="Say what was found here, and what is missing.")(doctor.doctor)
