"""The bureaus and schools of the small Fujian, and of the whole province. Pure."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.accounts.models import COUNTY, PREFECTURE, PROVINCE, SCHOOL
from app.world import words

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from app.world.words import Major

CAPITAL = "350000"
OF_PROVINCE, OF_PREFECTURE, OF_COUNTY = "省属", "市属", "县属"
ISLAND_WITHOUT_SCHOOLS = "350527"  # 金门县


class Place(NamedTuple):
    """An organisation to be. `above`: its superior's code; `slug`: what its user names begin with.

    `area`: the area code of its people's identity numbers, its own division code if `divided`;
    `majors` and `size` are a school's: which majors, how many students a year.
    """

    code: str
    name: str
    level: str
    above: str
    slug: str
    area: str
    ownership: str = ""
    divided: bool = True
    majors: tuple[Major, ...] = ()
    size: int = 0
    phone: str = ""

    @property
    def division(self) -> str | None:
        return self.area if self.divided and self.level != SCHOOL else None


def _bureau(code: str, name: str, level: str, slug: str, area: str = "", above: str = CAPITAL
            ) -> Place:  # fmt: skip
    return Place(code, name, level, above, slug, area or code, divided=not area)


def _school(n: int, name: str, above: str, area: str, size: int, majors: tuple[int, ...],
            ownership: str = OF_COUNTY) -> Place:  # fmt: skip
    code = f"3635{n:06d}"
    taught = tuple(words.MAJORS[m] for m in majors)
    return Place(code, name, SCHOOL, above, f"s{code}", area, ownership, majors=taught, size=size)


SMALL = (
    _bureau(CAPITAL, "福建省学生资助管理中心", PROVINCE, "fujian", above=""),
    _bureau("350100", "福州市教育局", PREFECTURE, "fuzhou"),
    _bureau("350200", "厦门市教育局", PREFECTURE, "xiamen"),
    _bureau("350121", "闽侯县教育局", COUNTY, "minhou", above="350100"),
    _bureau("350181", "福清市教育局", COUNTY, "fuqing", above="350100"),
    _bureau("350203", "厦门市思明区教育局", COUNTY, "siming", above="350200"),
    # A development zone: an office of its own, no division code, straight below the province.
    _bureau("FJ9001", "平潭综合实验区社会事业局", COUNTY, "pingtan", area="350128"),
    _school(1, "福建省榕江工业学校", CAPITAL, "350102", 34, (4, 5, 8, 9), OF_PROVINCE),
    _school(2, "福州市鳌峰商贸职业中专学校", "350100", "350111", 27, (11, 12, 14), OF_PREFECTURE),
    _school(3, "闽侯县旗山职业中专学校", "350121", "350121", 26, (0, 7, 8)),
    _school(4, "闽侯县兰溪农业职业学校", "350121", "350121", 17, (0, 1, 2)),
    _school(5, "福清市玉融职业技术学校", "350181", "350181", 24, (6, 7, 13)),
    _school(6, "厦门市思明区鹭江职业学校", "350203", "350203", 20, (13, 14, 15)),
    _school(7, "平潭综合实验区海坛职业中专学校", "FJ9001", "350128", 14, (3, 14)),
    _school(8, "福建省武夷农林学校", CAPITAL, "350702", 22, (0, 1, 10), OF_PROVINCE),
)


def bureaus() -> Iterator[Place]:
    """The province, its 9 prefectures and 84 counties, each above those below it."""
    yield SMALL[0]._replace(slug=f"b{CAPITAL}")
    with (Path(__file__).parent / "data" / "divisions.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            code, name = row["code"], f"{row['name']}教育局"
            big = code.endswith("00")
            above = CAPITAL if big else f"{code[:4]}00"
            level = PREFECTURE if big else COUNTY
            yield _bureau(code, name, level, f"b{code}", above=above)


def schools(rng: random.Random, count: int, students: int) -> Iterator[Place]:
    """So many schools taking in so many students a year: one in twenty the province's own,
    two in each prefecture, the rest spread over the counties."""
    over = list(bureaus())
    provincial, municipal = count // 20, [b for b in over if b.level == PREFECTURE] * 2
    counties = [b for b in over if b.level == COUNTY and b.code != ISLAND_WITHOUT_SCHOOLS]
    sizes = _shares([rng.randint(50, 150) * (3 if n < provincial else 1) for n in range(count)],
                    students)  # fmt: skip
    used: set[str] = set()
    for n, size in enumerate(sizes):
        seat = counties[n * 31 % len(counties)]
        above, ownership = seat, OF_COUNTY
        if n < provincial:
            above, ownership = over[0], OF_PROVINCE
        elif n < provincial + len(municipal):
            above, ownership = municipal[n - provincial], OF_PREFECTURE
            seat = next(c for c in counties if c.above == above.code)
        majors = tuple(sorted(rng.sample(range(len(words.MAJORS)), 4)))
        name = _new_name(above, rng, used)
        yield _school(n + 1, name, above.code, seat.area, size, majors, ownership)


def _shares(weights: list[int], total: int) -> Iterator[int]:
    """Whole numbers in the proportion of the weights; together exactly the total."""
    sums = [0, *itertools.accumulate(weights)]
    ends = [total * s // sums[-1] for s in sums]
    return (b - a for a, b in itertools.pairwise(ends))


def _new_name(above: Place, rng: random.Random, used: set[str]) -> str:
    """A school's name that no other has."""
    seat = "福建省" if above.level == PROVINCE else above.name.removesuffix("教育局")
    while (name := f"{seat}{rng.choice(words.STEMS)}{rng.choice(words.KINDS)}") in used:
        pass
    used.add(name)
    return name
