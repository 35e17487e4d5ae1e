"""`weft doctor`: is this machine, and this folder, fit to run a mesh?"""

from __future__ import annotations

import typer

from weft.cli.answer import answer
from weft.cli.errors import ExitCode
from weft.cli.options import Output
from weft.cli.terminal import Colour, Terminal
from weft.cli.words import counted

_COLOURS: dict[str, Colour] = {"ok": "green", "warning": "yellow", "failed": "red"}


def doctor(ctx: typer.Context, output: Output = "table") -> None:
    """Examine this machine and this folder."""
    from weft.cli.checkup import examine
    from weft.platform.workspace import find_folder

    terminal = Terminal(ctx.obj)
    findings = examine(find_folder(ctx.obj.project), ctx.obj.environment)
    document = {"items": findings}
    answer(terminal, output, document, lambda plain: _view(terminal, plain["items"]))
    failed = sum(finding.state == "failed" for finding in findings)
    warned = sum(finding.state == "warning" for finding in findings)
    terminal.say(f"{counted(len(findings), 'check')}: {failed} failed, {counted(warned, 'warning')}")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _view(terminal: Terminal, items: list[dict[str, str]]) -> str:
    wide = max(len(item["check"]) for item in items)
    lines: list[str] = []
    for item in items:
        state = terminal.paint(_COLOURS[item["state"]], f"{item['state']:<7}")
        lines.append(f"{state}  {item['check']:<{wide}}  {item['found']}")
        if item["hint"]:
            lines.append(f"{'':7}  {'':{wide}}  {terminal.paint('blue', 'hint')}: {item['hint']}")
    return "\n".join(lines)
