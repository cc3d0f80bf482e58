"""Who is who in the demo: logins, departments, roles. Plain data; ``load_demo`` makes it real, the login page lists it.

The password is public, so a demo user can log in with it only while ``DEMO`` is on (``erp_site.accounts``).
"""

from dataclasses import dataclass

from permissions import duties

PASSWORD = "demo-pass-2026"  # public on purpose
DOMAIN = "demo.invalid"  # the reserved domain of every demo user's address: what marks a user as one of the demo

COMPANY = ("HY", "杭州恒源机械有限公司", "91330106MA2KXD7Y4R")  # code, name, uscc

# code → (name, rank)
POSITIONS: dict[str, tuple[str, int]] = {
    "ZJ": ("运营总监", 2),
    "XTFZ": ("系统负责人", 3),
    "XSJL": ("销售一部经理", 4),
    "KHJL": ("客户经理", 6),
    "YSKJ": ("应收会计", 6),
    "JYFX": ("经营分析", 6),
    "KFZY": ("客服专员", 7),
    "XTGL": ("系统管理员", 6),
    "AQGL": ("安全管理员", 6),
    "SJGL": ("审计管理员", 6),
    "WB": ("外部人员", 9),
}

# department → login of its head
HEADS = {"ZJB": "manager", "XS": "manager", "XS1": "supervisor", "CW": "finance", "KF": "service", "XX": "admin"}

# code → (name, code of the department above)
DEPARTMENTS: dict[str, tuple[str, str | None]] = {
    "ZJB": ("总经办", None),
    "XS": ("销售中心", None),
    "XS1": ("销售一部", "XS"),
    "XS2": ("销售二部", "XS"),
    "CW": ("财务部", None),
    "KF": ("客户服务部", None),
    "XX": ("信息部", None),
}


@dataclass(frozen=True)
class Person:
    """A demo login. ``role``: code of a role template in DEMO; ``duty``: a group of ``permissions.duties``.

    ``label``: who this is, in the few characters that the login page has for it.
    """

    username: str
    name: str
    label: str
    department: str | None = None
    position: str = ""
    superior: str | None = None
    role: str | None = None
    duty: str = ""
    is_superuser: bool = False

    @property
    def is_staff(self) -> bool:
        return self.is_superuser or self.duty in (duties.SYSTEM, duties.SECURITY, duties.AUDIT)


PEOPLE: tuple[Person, ...] = (
    Person("admin", "超级管理员", "超级管理员", "ZJB", "系统负责人", role="admin", is_superuser=True),
    Person("manager", "张建国", "账套主管", "ZJB", "运营总监", role="manager", duty=duties.CREATOR),
    Person("supervisor", "老李", "老李 主管", "XS1", "销售一部经理", "manager", "supervisor"),
    Person("sales1", "小陈", "小陈 销售一部", "XS1", "客户经理", "supervisor", "sales"),
    Person("sales2", "小林", "小林 销售二部", "XS2", "客户经理", "manager", "sales"),
    Person("finance", "王会计", "王会计 财务", "CW", "应收会计", "manager", "finance"),
    Person("service", "周小敏", "客服（脱敏）", "KF", "客服专员", "manager", "service"),
    Person("viewer", "赵晓", "查看员（脱敏）", "ZJB", "经营分析", "manager", "viewer"),
    Person("sysadmin", "系统管理员", "系统管理员", "XX", "系统管理员", duty="system"),
    Person("secadmin", "安全管理员", "安全管理员", "XX", "安全管理员", duty="security"),
    Person("auditor", "审计管理员", "审计管理员", "XX", "审计管理员", duty="audit"),
    Person("outsider", "外部人员", "外部人员", None, "外部人员"),
)
