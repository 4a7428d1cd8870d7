"""The platform: rooms over one kernel, and two faces made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(face: str = "staff", **settings: Any) -> Flask:
    """One of the two faces: "staff", the desk, or "public", the notice board.

    `settings` go over those of config.py.
    """
    from app.factory import build  # noqa: PLC0415  (rules and types load without the web)

    return build(face, **settings)
