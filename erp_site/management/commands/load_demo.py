"""``load_demo``: two account sets with made-up customers, and a login for each role.

What lives here: how the demo comes into being, step by step, each one skipped when it is done. What does not: who is who
(``erp_site.demo``), how a firm is made up (``customers.generator``).
"""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.generator import firms
from customers.models import ChangeBatch, Tag
from customers.services import pipeline
from customers.services.edits import Edit, PartEdit
from erp_site import demo
from erp_site.shared.commands import ProductCommand
from ledgers.models import Ledger
from ledgers.services import configuration, copying, creating, members
from permissions import duties
from permissions.actor import Actor
from permissions.models import Company, Department, Duty, Position, User

CATEGORIES = {
    "ZD": {"name": "重点客户"},
    "PT": {"name": "普通客户"},
    "QD": {"name": "渠道客户"},
    "ZDU": {"name": "终端客户"},
    "DS": {"name": "电商客户"},
    "ZF": {"name": "政府事业"},
    "HW": {"name": "海外客户"},
}
TAGS = ["老客户", "月结", "款到发货", "年度框架", "账期敏感", "样品试用", "展会线索", "需开专票"]

# login → share of the customers; what is left has no owner
OWNERS = {"sales1": 40, "sales2": 28, "supervisor": 14, "manager": 4}
STATUSES = {"cooperating": 55, "interested": 18, "prospect": 17, "paused": 7, "ended": 3}
SOURCES = ["visit", "referral", "exhibition", "online", "phone", "other"]
TITLES = ["采购经理", "总经理", "财务主管", "仓库主管", "技术负责人", "行政"]


class Command(ProductCommand):
    help = _("装入演示数据：账套 DEMO、TRAIN 和各角色的演示账号；可重复执行，已有的不会改动。")
    example = "DEMO=1 manage.py load_demo"

    def handle(self, *args, **options):
        if not settings.DEMO:
            raise CommandError(_("演示账号的密码是公开的，只在演示模式下装入。请设置环境变量 DEMO=1 后再执行。"))
        people = load_people()
        for ledger, count, seed in (load_demo_ledger(people), 300, 20), (load_training_ledger(people), 40, 7):
            added = load_customers(ledger, people, count, seed)
            self.progress(_("账套 %(code)s：新增 %(count)s 位客户。") % {"code": ledger.code, "count": added})
        names = " ".join(person.username for person in demo.PEOPLE)
        self.stdout.write(_("演示数据已就绪。演示账号：%(names)s") % {"names": names})


@transaction.atomic
def load_people() -> dict[str, User]:
    """Company, departments with their heads, and logins; a login of that name that is not the demo's own stops everything."""
    code, name, uscc = demo.COMPANY
    company, _made = Company.objects.get_or_create(code=code, defaults={"name": name, "uscc": uscc})
    departments: dict[str | None, Department | None] = {None: None}
    without_head: set[str] = set()
    for code, (name, parent) in demo.DEPARTMENTS.items():
        about = {"name": name, "parent": departments[parent], "company": None if parent else company}
        departments[code], is_new = Department.objects.get_or_create(code=code, defaults=about)
        if is_new:
            without_head.add(code)
    encoded = make_password(demo.PASSWORD)  # once for all: a slow hash twelve times would be most of a first start
    people: dict[str, User] = {}
    for person in demo.PEOPLE:
        people[person.username] = _person(person, departments[person.department], people, encoded)
    for code in without_head & demo.HEADS.keys():
        Department.objects.filter(pk=departments[code].pk).update(head=people[demo.HEADS[code]])
    return people


def _give_duty(user: User, duty: str) -> None:
    if duty in Duty.values:
        duties.assign(user, duty, by=None)
    else:
        user.groups.add(duties.group_of(duty))


def _position(name: str) -> Position:
    code, rank = next((code, rank) for code, (known, rank) in demo.POSITIONS.items() if known == name)
    found = Position.objects.filter(name=name).first()
    return found or Position.objects.create(code=code, name=name, rank=rank)


def _person(person: demo.Person, department: Department | None, people: dict[str, User], encoded: str) -> User:
    address = f"{person.username}@{demo.DOMAIN}"
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User.objects.create(
            username=person.username,
            password=encoded,
            email=address,
            display_name=person.name,
            department=department,
            position=_position(person.position),
            superior=people.get(person.superior),
            is_staff=person.is_staff,
            is_superuser=person.is_superuser,
        )
        if person.duty:
            _give_duty(user, person.duty)
    elif user.email != address:
        raise CommandError(
            _("已有用户「%(name)s」，它不是演示账号。请在空数据库中装入演示数据。") % {"name": person.username}
        )
    return user


def load_demo_ledger(people: dict[str, User]) -> Ledger:
    """DEMO, active, with everybody in his role."""
    ledger = _ledger(
        people["manager"],
        code="DEMO",
        name="恒源机械客户账套",
        company="杭州恒源机械有限公司",
        description="演示账套：客户均为虚构。",
    )
    for person in demo.PEOPLE:
        if person.role:
            members.add_member(ledger, people[person.username], person.role)
    return ledger


def load_training_ledger(people: dict[str, User]) -> Ledger:
    """TRAIN, a sandbox, where the people of sales may try everything."""
    ledger = _ledger(
        people["manager"],
        code="TRAIN",
        name="恒源机械培训账套",
        company="杭州恒源机械有限公司",
        description="培训账套：可以随意练习，不影响正式数据。",
        is_sandbox=True,
    )
    for username, role in {
        "admin": "admin",
        "sales1": "data_steward",
        "sales2": "data_steward",
        "supervisor": "supervisor",
    }.items():
        members.add_member(ledger, people[username], role)
    return ledger


@transaction.atomic
def _ledger(manager: User, **about: Any) -> Ledger:
    ledger = Ledger.objects.filter(code=about["code"]).first()
    if ledger is None:
        year = creating.current_fiscal_year(start_month=1)
        ledger = creating.create_draft(by=manager, base_currency="CNY", fiscal_year=year, **about)
        copying.lay_into(ledger, configuration.filled({"categories": CATEGORIES}), by=manager)
    if ledger.state == Ledger.State.DRAFT:
        creating.activate(ledger, by=manager)
    have = set(Tag.objects.filter(ledger=ledger).values_list("name", flat=True))
    Tag.objects.bulk_create(Tag(ledger=ledger, name=name) for name in TAGS if name not in have)
    return ledger


def load_customers(ledger: Ledger, people: dict[str, User], count: int, seed: int) -> int:
    """Made-up customers in one batch, unless the set has one; returns how many were added."""
    if ChangeBatch.objects.filter(ledger=ledger, kind=ChangeBatch.Kind.DEMO).exists():
        return 0
    edits = list(_edits(people, count, seed))
    outcome = pipeline.submit(
        edits, ledger=ledger, by=Actor.system(ledger.pk), kind=ChangeBatch.Kind.DEMO, reason="演示数据"
    )
    if outcome.refused:
        problem = outcome.refused[0].problems[0]
        raise CommandError(
            _("演示数据有误（%(field)s：%(message)s）。") % {"field": problem.field, "message": problem.message}
        )
    return len(outcome.added)


def _edits(people: dict[str, User], count: int, seed: int) -> Iterator[Edit]:
    chance = random.Random(seed)
    for serial, firm in enumerate(firms(count, seed)):
        owner = _owner(people, chance)
        values = {
            **firm,
            "owner": owner.username if owner else None,
            "department": owner.department.code if owner and owner.department else None,
            "status": chance.choices(list(STATUSES), STATUSES.values())[0],
            "source": chance.choice(SOURCES),
            "tags": chance.sample(TAGS, chance.choice((0, 0, 1, 1, 2))),
            "credit_limit": _credit(firm["grade"], chance),
            "credit_days": chance.choice((None, 30, 30, 45, 60, 90)),
        }
        foreign = {"U8": f"{10200 + serial}"} if chance.random() < 0.3 else {}
        yield Edit(values=values, parts=_parts(firm, chance), foreign=foreign, reason="演示数据")


def _owner(people: dict[str, User], chance: random.Random) -> User | None:
    roll = chance.randrange(100)
    for username, share in OWNERS.items():
        roll -= share
        if roll < 0:
            return people[username]
    return None


def _credit(grade: str, chance: random.Random) -> Decimal | None:
    most = {"VIP": 200, "A": 80, "B": 30, "C": 10}.get(grade, 10)
    return Decimal(chance.randrange(1, most + 1) * 10_000) if chance.random() < 0.7 else None


def _parts(firm: dict[str, Any], chance: random.Random) -> dict[str, list[PartEdit]]:
    """A second contact, a warehouse and a second bank account for some."""
    parts: dict[str, list[PartEdit]] = {}
    if firm["contact"] and chance.random() < 0.35:
        name = chance.choice("王李张刘陈杨赵黄周吴") + chance.choice(["先生", "女士", "经理", "主任"])
        mobile = f"13{chance.randrange(10**9):09d}"
        parts["contacts"] = [PartEdit({"name": name, "title": chance.choice(TITLES), "mobile": mobile})]
    if firm["address"] and chance.random() < 0.4:
        parts["addresses"] = [
            PartEdit(
                {"use": "shipping", "line": f"{firm['address']} 仓库", "receiver": firm["contact"], "is_default": True}
            )
        ]
    if firm["bank_account"] and chance.random() < 0.15:
        account = f"6222{chance.randrange(10**14):014d}"
        parts["bank_accounts"] = [PartEdit({"bank_name": "中国银行营业部", "account": account})]
    return parts
