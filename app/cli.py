"""The commands beside the pages, wired to the application.

Each room writes its own in `app/<room>/commands.py`: a `click.Group` named after the room's word
(`lists`, `payments`, …). `acting_as` and `acts` are in app.accounts.commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import ModuleType

    from flask import Flask


def install(app: Flask, modules: list[ModuleType]) -> None:
    """Every command found in these modules answers under `flask`."""
    for module in modules:
        for found in vars(module).values():
            if isinstance(found, click.Command) and found.name and _is_top(found, module):
                app.cli.add_command(found)


def _is_top(command: click.Command, module: ModuleType) -> bool:
    """Not one that already hangs below a group of the module."""
    groups = [g for g in vars(module).values() if isinstance(g, click.Group)]
    return not any(command in g.commands.values() for g in groups)
