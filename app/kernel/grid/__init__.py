"""A list, its rows, forms and buttons from one declaration: Flask-AppBuilder's view, made safe.

    class ComplaintGrid(Grid):
        model, workflow = Complaint, COMPLAINTS
        menu = ("监督", _l("投诉举报"))
        access = {COUNTY: READ}
        list_columns = ["said", "state"]

The framework writes most of its queries itself; the row scope under the ORM holds for all of
them. What the framework leaves open above that is closed here, each hole with a test that fails
on the stock class (tests/kernel/test_grid_holes.py).
"""

from __future__ import annotations

from app.kernel.grid.declare import EXPORT, READ, WRITE, Action, Category, Lookup, MonthAsked, bulk
from app.kernel.grid.presses import Presses
from app.kernel.grid.receive import Receives
from app.kernel.grid.rights import grants, register


class Grid(Presses):
    """One table for one kind of reader. See the declaration in `Declared`."""


__all__ = [
    "EXPORT", "READ", "WRITE", "Action", "Category", "Grid", "Lookup", "MonthAsked", "Receives",
    "bulk", "grants", "register",
]  # fmt: skip
