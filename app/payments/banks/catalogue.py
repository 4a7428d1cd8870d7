"""The profiles that come with the platform, one JSON file each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from app.payments.banks.profile import Profile

FOLDER = Path(__file__).parent / "profiles"


@cache
def shipped() -> dict[str, Profile]:
    """Every shipped profile by its name; a file that is not valid stops the start."""
    profiles = (
        Profile.parse(json.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.json"))
    )
    return {profile.name: profile for profile in profiles}
