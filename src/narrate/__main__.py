"""`python -m narrate` and the `narrate` command."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from narrate.cli import streams

        streams.prepare()
        from narrate.cli.app import app

        app(prog_name="narrate")
    except KeyboardInterrupt:  # while the program is still being loaded
        sys.exit(130)


if __name__ == "__main__":
    main()
