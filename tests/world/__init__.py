"""The cast of the tests: the people and places of the small Fujian, called by name.

    @pytest.fixture
    def fujian(stage): return stage.at("fujian", load)           # people and students, no lists
    def fujian(stage): return stage.at("living", load_living)    # and the last six paid months

Both put them into an empty database, always the same ones; `actor(...)` is one of them about to
do something. Everybody's password is PASSWORD. The living world is told up to the clock's now:
set the clock (`clock.at(NOW)`) around loading and around the test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.accounts import queries
from app.world import service

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.world.service import Loaded

PASSWORD = "Shi-Yong-2026"
NOW = "2026-11-23T10:00"  # a Monday

PROVINCE, FUZHOU, XIAMEN = "350000", "350100", "350200"
MINHOU, FUQING, SIMING = "350121", "350181", "350203"
PINGTAN = "FJ9001"  # the development zone: no division code

RONGJIANG = "3635000001"  # the province's own
AOFENG = "3635000002"  # 福州's own
QISHAN, LANXI = "3635000003", "3635000004"  # both in 闽侯县
YURONG = "3635000005"  # 福清市
LUJIANG = "3635000006"  # 思明区
HAITAN = "3635000007"  # 平潭
WUYI = "3635000008"  # the province's own
SCHOOLS = (RONGJIANG, AOFENG, QISHAN, LANXI, YURONG, LUJIANG, HAITAN, WUYI)

SYSADMIN, SECADMIN, AUDITOR = "sysadmin", "secadmin", "auditor"
FUJIAN_CLERK, FUJIAN_REVIEWER = "fujian_clerk", "fujian_reviewer"
FUJIAN_APPROVER, FUJIAN_EXPORTER = "fujian_approver", "fujian_exporter"
FUJIAN_POSTER = "fujian_poster"
FUZHOU_CLERK, FUZHOU_REVIEWER = "fuzhou_clerk", "fuzhou_reviewer"
FUZHOU_APPROVER, FUZHOU_EXPORTER = "fuzhou_approver", "fuzhou_exporter"
FUZHOU_POSTER = "fuzhou_poster"
MINHOU_CLERK, MINHOU_REVIEWER = "minhou_clerk", "minhou_reviewer"
MINHOU_APPROVER, MINHOU_EXPORTER = "minhou_approver", "minhou_exporter"
MINHOU_POSTER = "minhou_poster"
SIMING_EXPORTER, SIMING_REVIEWER = "siming_exporter", "siming_reviewer"
PINGTAN_POSTER = "pingtan_poster"
QISHAN_CLERK, QISHAN_REVIEWER = f"s{QISHAN}_clerk", f"s{QISHAN}_reviewer"
LANXI_CLERK, LANXI_REVIEWER = f"s{LANXI}_clerk", f"s{LANXI}_reviewer"
YURONG_CLERK, YURONG_REVIEWER = f"s{YURONG}_clerk", f"s{YURONG}_reviewer"
RONGJIANG_CLERK, RONGJIANG_REVIEWER = f"s{RONGJIANG}_clerk", f"s{RONGJIANG}_reviewer"


class Student(NamedTuple):
    """One student whose number is known: what the personal query asks for."""

    name: str
    id_no: str
    school: str


# Third-graders who get the grant.
LIN_SIYUAN = Student("林思远", "350102200812010015", QISHAN)
CHEN_YUXIN = Student("陈雨欣", "350203200905150027", LUJIANG)
WANG_HAIPING = Student("王海平", "350128200707070036", HAITAN)
FAR_NAME = "阿依古丽·买买提"  # at RONGJIANG
RARE_NAME = "林䶮"  # at QISHAN; GBK cannot write it


def load(seed: int = service.SEED) -> Loaded:
    """Everybody is there, nothing has happened; in the current application's empty database."""
    return service.load_small(seed, PASSWORD, months=0)


def load_living(months: int = service.SMALL_MONTHS) -> Loaded:
    """The same with the life of the last paid months."""
    return service.load_small(service.SEED, PASSWORD, months)


def actor(username: str) -> Actor:
    """That account, acting."""
    found = queries.actor_named(username)
    assert found, f"nobody is called {username}"
    return found[1]
