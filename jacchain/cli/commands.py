"""The commands."""

from __future__ import annotations

import click

from jacchain import __version__


class Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Their names, in the order in which a person needs them."""
        return ["run", "check", "plan", "step", "sweep", "show", "curve", "functions", "samples", "schema", "explain"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        """The command of that name, None where there is none."""
        match cmd_name:
            case "run":
                from jacchain.cli.run import run as found
            case "check":
                from jacchain.cli.check import check as found
            case "plan":
                from jacchain.cli.plan import plan as found
            case "step":
                from jacchain.cli.step import step as found
            case "sweep":
                from jacchain.cli.sweep import sweep as found
            case "show":
                from jacchain.cli.show import show as found
            case "curve":
                from jacchain.cli.curve import curve as found
            case "functions":
                from jacchain.cli.functions import functions as found
            case "samples":
                from jacchain.cli.samples import samples as found
            case "schema":
                from jacchain.cli.schema import schema as found
            case "explain":
                from jacchain.cli.explain import explain as found
            case _:
                return None
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words begin with.  Raises JacchainError (JC001) where there is none of that name."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from jacchain.errors import JacchainError, Problem, suggestion

            meant = suggestion(name, self.list_commands(ctx))
            way_out = f"did you mean `jacchain {meant}`?" if meant else "`jacchain --help` lists the commands"
            if "." in name or "/" in name:
                way_out = f"a command comes first: jacchain run {name[:60]}"
            raise JacchainError(Problem("JC001", f"there is no command `{name[:60]}`", help=way_out))
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  jacchain samples polar | jacchain run -",
)
@click.version_option(__version__, prog_name="jacchain")
@click.pass_context
def jacchain(context: click.Context) -> None:
    """A calculator for chains of Jacobian matrices.

    From a file of functions f1 … fk and a point: every Jacobian, the cheapest order to multiply them, every product, and the
    gradient (or the whole Jacobian).
    """
    if context.invoked_subcommand is None:
        from jacchain.cli.output import say

        say(f"{context.get_help()}\n")
        context.exit(2)
