"""The students of the small Fujian that lessons and tests call by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.world import words

if TYPE_CHECKING:
    from app.world.people import Pupil


class Known(NamedTuple):
    """Where to find somebody: at which school, in which grade less one, as which on its roll."""

    school: str
    years: int
    place: int


NAMES = {
    Known("3635000003", 2, 0): ("林思远", "350102200812010015"),
    Known("3635000006", 2, 0): ("陈雨欣", "350203200905150027"),
    Known("3635000007", 2, 0): ("王海平", "350128200707070036"),
    Known("3635000001", 1, 0): (words.FAR_NAMES[0], ""),
    Known("3635000005", 1, 0): (words.FAR_NAMES[1], ""),
    Known("3635000008", 1, 0): (words.FAR_NAMES[2], ""),
    Known("3635000003", 1, 0): ("林" + words.RARE_GIVEN, ""),
}
STATES = {2: "02", 4: "03", 6: "05", 7: "10"}
"""Second-graders who are away, have gone, are back, went to another school: the third on the
roll, the fifth, the seventh, the eighth."""


def as_known(school: str, years: int, place: int, made: Pupil) -> Pupil:
    """The student who was drawn for this place, or whoever is known to sit there."""
    name, number = NAMES.get(Known(school, years, place), ("", ""))
    state = STATES.get(place, "01") if years == 1 else "01"
    male = number[-2] in "13579" if number else made.male
    return made._replace(name=name or made.name, id_no=number or made.id_no, male=male,
                         state=state)  # fmt: skip
