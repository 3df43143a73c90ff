"""The command line: python -m app …

Only the module of the command that is given is imported: the others would cost it a second or two.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer
from pydantic import ValidationError

from app.ops.logs import configure_logs
from app.settings import Settings

COMMANDS = {
    "serve": "app.ops.command.serve",
    "seed": "app.ops.command.seed",
    "token": "app.ops.command.token",
    "schema": "app.ops.command.schema",
    "doctor": "app.ops.command.doctor",
    "verify": "app.ops.command.verify",
    "demo": "app.ops.command.demo",
    "simulate": "app.ops.command.simulate",
}


def command_line(words: Sequence[str]) -> typer.Typer:
    """Make the command line for what follows `python -m app`: with one command, or with all where none is named."""
    cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @cli.callback()
    def zero_distance() -> None:
        """ZeroDistance: between a customer and the factory. Settings are environment variables ZERO_DISTANCE_…"""

    for name in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        cli.command(name)(import_module(COMMANDS[name]).run)
    return cli


def main() -> None:
    try:
        configure_logs(Settings().log_format)
    except ValidationError as error:
        raise SystemExit(f"A setting ZERO_DISTANCE_… is wrong.\n{error}") from None
    command_line(sys.argv[1:])()


if __name__ == "__main__":
    main()
