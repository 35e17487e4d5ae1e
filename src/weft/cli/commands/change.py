"""`weft plan` and `weft apply`: what would change, and doing just that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from weft.cli.answer import Form, answer
from weft.cli.errors import ExitCode, told
from weft.cli.options import Output, Yes
from weft.cli.session import opened, run_through
from weft.cli.terminal import Terminal

if TYPE_CHECKING:
    from weft.platform.steps import Plan

ExitWithCode = Annotated[bool, typer.Option("--exit-code", help="Exit 3 when there are changes.", show_default=False)]
AllowBreaking = Annotated[
    bool, typer.Option("--allow-breaking", help="Break readers without a new major version.", show_default=False)
]


def plan(ctx: typer.Context, exit_code: ExitWithCode = False, output: Output = "table") -> None:
    """Show what an apply would change, and whom it breaks."""

    async def work() -> Plan:
        async with opened(ctx.obj) as mesh:
            return await mesh.plan()

    terminal = Terminal(ctx.obj)
    found = run_through(work())
    _show(terminal, found, output)
    if found.steps:
        terminal.say("next: weft apply")
    if exit_code and found.steps:
        raise typer.Exit(ExitCode.CHANGES)


def apply(ctx: typer.Context, yes: Yes = False, allow_breaking: AllowBreaking = False) -> None:
    """Change the mesh to what its folder declares."""
    raise typer.Exit(run_through(_apply(ctx, yes=yes, allow_breaking=allow_breaking)))


async def _apply(ctx: typer.Context, *, yes: bool, allow_breaking: bool) -> ExitCode:
    from weft.cli.plan_view import line
    from weft.platform.apply import apply_plan

    terminal = Terminal(ctx.obj)
    async with opened(ctx.obj) as mesh:
        found = await mesh.plan()
        _show(terminal, found, "table")
        if not found.steps:
            return ExitCode.OK
        if found.breaking and not allow_breaking:
            return _refused(terminal, found)
        if not yes and not terminal.confirm("Apply?", flag="--yes"):
            terminal.say("nothing was changed")
            return ExitCode.OK
        await apply_plan(
            mesh.node,
            found,
            allow_breaking=allow_breaking,
            done=lambda step: terminal.say(f"{terminal.paint('green', 'done')} {line(step)}"),
        )
        terminal.say(f"applied: generation {mesh.node.applied.generation}; next: weft up")
    return ExitCode.OK


def _refused(terminal: Terminal, found: Plan) -> ExitCode:
    step = found.breaking[0]
    others = f" and {len(found.breaking) - 1} more" if len(found.breaking) > 1 else ""
    told(
        terminal,
        f"{step.product}: {step.contract.name}{others} would break readers; nothing was changed",
        f"raise its major version above {step.before}, or pass --allow-breaking",
        code="WEFT-4090",
    )
    return ExitCode.FAILED


def _show(terminal: Terminal, found: Plan, form: Form) -> None:
    from weft.cli.plan_view import document, view

    answer(terminal, form, document(found), lambda plain: view(terminal, plain))
