"""The program's face: its commands, and the one place where errors become a line and an exit code."""

import signal
import sys
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from narrate.cli import build, doctor, inspect, plan, regenerate, store, voices
from narrate.errors import NarrateError

INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """Somebody asked this process to end (SIGTERM)."""


class Commands(TyperGroup):
    """Catches what a command raises: a NarrateError is a line on stderr and its exit code, Ctrl-C is 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        signal.signal(signal.SIGTERM, _terminate)
        try:
            return super().invoke(ctx)
        except NarrateError as error:
            _complain(f"narrate: {error}", error.hint)
            raise typer.Exit(error.exit_code) from error
        except BrokenPipeError:
            # Whoever read our output has gone away; Python would complain once more while it ends.
            sys.stderr.close()
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _complain("narrate: interrupted", "what was spoken so far is kept; the earlier book is as it was")
            raise typer.Exit(INTERRUPTED) from None
        except Terminated:
            raise typer.Exit(TERMINATED) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _complain(f"narrate: {where}{error.strerror or error}", "")
            raise typer.Exit(8) from error
        except MemoryError as error:
            _complain("narrate: not enough memory", "close other programs, or try --jobs 1")
            raise typer.Exit(1) from error


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _complain(message: str, hint: str) -> None:
    line = " ".join(message.split())
    print(f"{line} ({hint})" if hint else line, file=sys.stderr)


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
app.command("inspect")(inspect.inspect)
app.command("voices")(voices.voices)
app.command("store")(store.store)
app.command("doctor")(doctor.doctor)
