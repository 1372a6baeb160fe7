"""`python -m narrate` and the `narrate` command."""

from narrate.cli.app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="narrate")


if __name__ == "__main__":
    main()
