"""How help looks: commands under headings, examples kept as they are written, 80 columns without boxes."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Sections(TyperGroup):
    """A group of commands that stand under the headings of their panels, in the order in which they were added."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each heading once."""
        sections: dict[str, list[tuple[str, Any]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            if not command.hidden:
                sections.setdefault(getattr(command, "rich_help_panel", None) or "Commands", []).append((name, command))
        widest = max(len(name) for rows in sections.values() for name, _ in rows)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (f"{name:<{widest}}", command.get_short_help_str(formatter.width - widest - 6))
                        for name, command in rows
                    ]
                )


def examples(*lines: str, everywhere: bool = True) -> str:
    """The end of a command's help: its examples as they would be typed."""
    told = "\b\n" + "\n".join(["Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])
    return f"{told}\n\nOptions that hold everywhere: weft --help" if everywhere else told
