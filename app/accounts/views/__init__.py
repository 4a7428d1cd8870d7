"""The door, the start page, and the pages of the three administrators."""

from app.accounts.views import accounts, events, orgs, watching  # noqa: F401  (grids register)
from app.accounts.views.doors import AuthDBView, HomeView, MyPasswordView

__all__ = ["AuthDBView", "HomeView", "MyPasswordView"]
