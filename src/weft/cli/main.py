"""The `weft` command: from argv through one command to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer
from typer import TyperException

from weft.cli.errors import ExitCode, report, told
from weft.cli.help import Sections, examples
from weft.cli.invocation import Invocation, hoisted
from weft.cli.menu import MENU, Command, Noun
from weft.cli.terminal import Terminal
from weft.model.errors import WeftError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and answer its exit code."""
    if arguments is None:
        sys.excepthook = _surprised
    given = hoisted(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    terminal = Terminal(Invocation(colour="--no-color" not in given))
    try:
        return int(command_line()(given, prog_name="weft", standalone_mode=False) or 0)
    except WeftError as error:
        if debug:
            raise
        return report(terminal, error)
    except TyperException as error:
        return _misused(terminal, error)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except SystemExit as ended:
        # Typer answers a broken pipe so. Whoever read has read enough; what is still buffered must not fail at exit.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.OK


def command_line() -> typer.Typer:
    """All commands as one Typer application."""
    app = typer.Typer(
        cls=Sections,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
        epilog=examples("weft demo", "weft init bank && weft -C bank apply", everywhere=False),
    )
    app.callback()(_everywhere)
    for entry in MENU:
        if isinstance(entry, Command):
            _add(app, entry)
        else:
            app.add_typer(_noun(entry), name=entry.name, help=entry.help, rich_help_panel=entry.section)
    return app


def _noun(noun: Noun) -> typer.Typer:
    app = typer.Typer(cls=Sections, rich_markup_mode=None, no_args_is_help=True)
    for command in noun.commands:
        _add(app, command)
    return app


def _add(app: typer.Typer, command: Command) -> None:
    panel = command.section or None
    app.command(command.name, epilog=examples(*command.examples), rich_help_panel=panel)(command.function)


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"weft {version('weft')}")
        raise typer.Exit


def _everywhere(
    ctx: typer.Context,
    project: Annotated[
        Path, typer.Option("--project", "-C", metavar="DIR", help="The mesh's folder.", show_default=False)
    ] = Path(),
    env: Annotated[str, typer.Option("--env", "-e", metavar="NAME", help="An environment of mesh.yaml.")] = "local",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no hints.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """A data mesh in one command."""
    ctx.obj = Invocation(
        project=project, environment=env, quiet=quiet, verbose=verbose, colour=not no_color, debug=debug
    )


def _misused(terminal: Terminal, error: TyperException) -> int:
    """A command line that cannot be understood: what, and where to look."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        terminal.fail(error.format_message())
        return ExitCode.USAGE
    told(terminal, error.format_message(), f"{context.command_path} --help" if context else "weft --help")
    return ExitCode.USAGE


def _surprised(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last resort for errors that nobody foresaw: one line, unless --debug asks for all."""
    if "--debug" in sys.argv:
        sys.__excepthook__(kind, error, trace)
    else:
        hint = "this is a fault in Weft; run it again with --debug and report what it shows"
        told(Terminal(Invocation()), f"{kind.__name__}: {error}", hint)


def run() -> None:
    """The console script."""
    sys.exit(main())
