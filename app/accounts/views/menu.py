"""The heading of the menu under which the administrators find their pages."""

from app.kernel.grid import Category
from app.kernel.i18n import _l

SYSTEM = Category("system", _l("系统"), "settings")
