"""Commands for the channels: askbay channels setup, askbay simulate, askbay work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.running import run_command
from app.terminal import Terminal

if TYPE_CHECKING:
    from app.wiring import Askbay

channels_app = typer.Typer(no_args_is_help=True, help="LINE and Telegram.")


@channels_app.command("setup")
def set_up() -> None:
    """Put menus, commands and webhooks in place on every channel that is configured; safe to repeat."""
    from app.wiring import open_channels

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        failed = False
        async with open_channels(askbay) as channels:
            if not channels:
                terminal.complain("terminal", "no_channels")
                raise typer.Exit(1)
            for channel in channels.values():
                try:
                    changed = await channel.set_up()
                except Exception as error:  # noqa: BLE001  whatever a platform's library raises is told in a line
                    failed = True
                    reason = f"{type(error).__name__}: {error}".splitlines()[0]
                    terminal.complain("terminal", "setup_failed", name=channel.name, reason=reason)
                    continue
                what = ", ".join(changed) or terminal.word("setup_unchanged")
                terminal.say("setup_done", name=channel.name, changed=what)
        if failed:
            raise typer.Exit(1)

    run_command(run, load=False)


def work(told_by_input: Annotated[bool, typer.Option("--told-by-input", hidden=True)] = False) -> None:
    """Answer on LINE and Telegram, where serve runs elsewhere; serve starts a worker of its own."""
    from app.process import start_logging
    from app.worker import work as run_worker

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        start_logging()
        await run_worker(askbay, told_by_input=told_by_input)

    run_command(run, load=False, answers_in_threads=False)


def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page to chat on.")] = 8090,
    host: Annotated[str | None, typer.Option(help="Address the assistant listens on (ASKBAY_HOST).")] = None,
    serve_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the assistant itself.")] = None,
) -> None:
    """Try LINE and Telegram without an account: fake platforms beside the server, and a page to chat on."""
    from app.serving import PortTaken, serve_forever
    from app.simulating import SimulatorMissing, keep_apart, running_simulators

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        settings = askbay.settings
        try:
            async with running_simulators(port) as simulated:
                terminal.say("simulator_ready", address=simulated.page)
                await serve_forever(
                    simulated.replace_settings(askbay),
                    terminal,
                    host or settings.host,
                    settings.port if serve_port is None else serve_port,
                    worker_environment={
                        **simulated.environment,
                        "ASKBAY_DATA": str(settings.data.resolve()),
                        "ASKBAY_DATABASE": "",
                    },
                    on_ready=simulated.tell_address,
                )
        except PortTaken as error:
            terminal.complain("terminal", "port_taken", address=error.address, reason=error.reason)
            raise typer.Exit(1) from error
        except SimulatorMissing as error:
            terminal.complain("terminal", "simulator_missing", detail=error)
            raise typer.Exit(1) from error

    run_command(run, change=keep_apart)
