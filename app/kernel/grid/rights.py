"""Who may do what, read from the grids; and the grids put into the application."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from app.kernel.grid.declared import Declared, category_of, rights_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Grant = tuple[str, str]
"""(permission, view or menu entry), as the framework asks for them."""


def grants(grids: Iterable[type[Declared]] | None = None) -> dict[str, set[Grant]]:
    """Every grant of every role. Nobody types a permission: access and steps say it all."""
    found: dict[str, set[Grant]] = defaultdict(set)
    for grid in Declared.all if grids is None else grids:
        name, heading = grid.class_permission_name or grid.__name__, category_of(grid)
        for role, rights in rights_of(grid).items():
            found[role] |= {(right, name) for right in rights}
            if heading and "can_list" in rights:
                found[role] |= {("menu_access", grid.__name__), ("menu_access", heading.name)}
                found[role] |= {("menu_access", _door(grid, d)) for d in grid.doors
                                if f"can_{d}" in rights}  # fmt: skip
    return dict(found)


def _door(grid: type[Declared], route: str) -> str:
    """A further line of the menu, by the name of the endpoint it leads to."""
    return f"{grid.__name__}.{route}"


def register(appbuilder: Any, grids: Iterable[type[Declared]] | None = None) -> None:
    """Every grid answers at its address and stands in the menu under its heading."""
    for grid in list(Declared.all if grids is None else grids):
        heading = category_of(grid)
        if heading is None or grid.menu is None:
            appbuilder.add_view_no_menu(grid)
            continue
        appbuilder.add_view(
            grid, name=grid.__name__, label=grid.menu[1], icon=grid.icon, category=heading.name,
            category_label=heading.label, category_icon=heading.icon,
        )  # fmt: skip
        for route, (label, icon) in grid.doors.items():
            appbuilder.add_link(_door(grid, route), _door(grid, route), icon, label, heading.name)
