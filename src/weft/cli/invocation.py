"""How a command was called: the options that hold everywhere, wherever in the line they were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_WITH_VALUE = {"-C", "--project", "-e", "--env"}
_FLAGS = {"-q", "--quiet", "-v", "--verbose", "--no-color", "--debug"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The values of the options that hold for every command."""

    project: Path = Path()
    environment: str = "local"
    quiet: bool = False
    verbose: bool = False
    colour: bool = True
    debug: bool = False


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options that hold everywhere moved to the front, so that `weft plan -C bank` is understood.

    What stands behind `--` is left alone.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in _FLAGS or (argument not in _WITH_VALUE and argument.partition("=")[0] in _WITH_VALUE):
            front.append(argument)
        elif argument in _WITH_VALUE and (value := next(waiting, None)) is not None:
            front += [argument, value]
        else:
            rest.append(argument)
    return [*front, *rest]
