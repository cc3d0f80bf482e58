"""A world of plain values into the database, as an account set of its own.

What lives here: rows. What does not: what follows from them. Everything is written as it is, without the verbs that would refuse an
odd organisation: the oracle is about what is there, however it came there.
"""

import itertools
from dataclasses import replace
from datetime import date, timedelta

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from customers.fields import Catalogue, Field, foreign_field
from customers.models import (
    Category,
    ChangeBatch,
    Customer,
    CustomerGroupShare,
    CustomerUserShare,
    CustomField,
    SalesRegion,
)
from customers.services import pipeline
from customers.services.edits import Edit
from ledgers.models import Ledger
from ledgers.services import creating
from permissions.actor import Actor, Door
from permissions.models import (
    Delegation,
    Department,
    DepartmentRole,
    FieldRule,
    Membership,
    Override,
    Role,
    RowScope,
    User,
)

from .world import CATEGORIES, DEPARTMENTS, FIELDS, REGIONS, World

_serial = itertools.count(1)


class Built:
    """A world as it stands in the database. ``customers[at]`` is the row of the world's customer ``at``."""

    def __init__(self, world: World):
        self.world = world
        self.mark = f"W{next(_serial):05}"
        self.departments = _departments(self.mark)
        self.users = self._people()
        self.ledger = self._ledger()
        self.categories = self._categories()
        self.regions = {
            code: SalesRegion.objects.create(ledger=self.ledger, code=code, name=f"区域{code}") for code in REGIONS
        }
        _own_fields(self.ledger)
        self.roles = self._roles()
        self._given()
        self.catalogue = Catalogue.of(self.ledger)
        self.fields = {key: self._field(key) for key in FIELDS}
        self.customers = self._customers()
        self._shares()
        # The pipeline may have derived what the dice left blank: the oracle judges by what is stored.
        self.world = replace(world, customers=[self._facts(each) for each in world.customers])

    def actor(self, person: str, door: Door = Door.WEB) -> Actor:
        return Actor.of(User.objects.get(pk=self.users[person].pk), self.ledger.pk, door)

    def _field(self, key: str) -> Field:
        """The catalogue's (flat) field whose rights are asked under ``key``."""
        if key == "foreign_numbers.number":
            return foreign_field("SAP")
        return next(each for each in self.catalogue.fields if each.right_key == key)

    # --- the set ------------------------------------------------------------------------------------------

    def _people(self) -> dict[str, User]:
        for person in self.world.people.values():
            user = User(
                username=f"{self.mark}-{person.name}",
                display_name=f"{self.mark}员工{person.name}",
                department=self.departments.get(person.department),
                is_active=person.is_active,
            )
            user.set_unusable_password()
            user.save()
        rows = User.objects.filter(username__startswith=f"{self.mark}-")
        return {row.username.removeprefix(f"{self.mark}-"): row for row in rows}

    def _ledger(self) -> Ledger:
        boss = User.objects.create(username=f"boss-{self.mark}")
        made = creating.create_draft(code=self.mark, name=f"账套{self.mark}", by=boss, fiscal_year=2026)
        creating.activate(made, by=boss)
        made.refresh_from_db()
        return made

    def _categories(self) -> dict[str, Category]:
        found: dict[str, Category] = {}
        for code in CATEGORIES:
            above = found.get(code[:-1])
            found[code] = Category.objects.create(ledger=self.ledger, code=code, name=f"分类{code}", parent=above)
        return found

    def _roles(self) -> dict[str, Role]:
        made: dict[str, Role] = {}
        for role in self.world.roles.values():
            row = Role.objects.create(
                ledger=self.ledger,
                code=f"t_{role.code}",
                name=f"角色{role.code}",
                parent=made.get(role.parent),
                rights=sorted(role.rights),
                denied=sorted(role.denied),
                sensitive_level=role.sensitive,
                is_active=role.is_active,
            )
            for scope in role.scopes:
                values = [self._value(scope.kind, each) for each in scope.values]
                RowScope.objects.create(role=row, kind=scope.kind, values=values, is_denied=scope.is_denied)
            FieldRule.objects.bulk_create(
                FieldRule(role=row, field=key, level=level) for key, level in role.rules.items()
            )
            made[role.code] = row
        return made

    def _value(self, kind: str, name: str):
        rows = {"departments": self.departments, "categories": self.categories, "sales_regions": self.regions}
        return rows[kind][name].pk if kind in rows else name

    def _given(self) -> None:
        world, ledger = self.world, self.ledger
        Membership.objects.bulk_create(
            Membership(user=self.users[each.person], ledger=ledger, role=self.roles[each.role], **_dates(each.dates))
            for each in world.members
        )
        DepartmentRole.objects.bulk_create(
            DepartmentRole(
                ledger=ledger,
                department=self.departments[each.department],
                role=self.roles[each.role],
                with_below=each.with_below,
                **_dates(each.dates),
            )
            for each in world.through
        )
        Override.objects.bulk_create(
            Override(
                user=self.users[each.person],
                ledger=ledger,
                kind=Override.Kind.FIELD if each.is_field else Override.Kind.RIGHT,
                key=each.key,
                is_denied=each.is_denied,
                level=each.level,
                reason="骰子",
                **_dates(each.dates),
            )
            for each in world.exceptions
        )
        Delegation.objects.bulk_create(
            Delegation(
                ledger=ledger,
                delegator=self.users[each.away],
                delegate=self.users[each.instead],
                rights=sorted(each.rights),
                **_dates(each.dates),
            )
            for each in world.stands
        )

    # --- customers ----------------------------------------------------------------------------------------

    def _customers(self) -> list[Customer]:
        edits = [Edit(values=self._values(each), reason="骰子") for each in self.world.customers]
        by = Actor.system(self.ledger.pk)
        outcome = pipeline.submit(edits, ledger=self.ledger, by=by, kind="edit", reason="骰子")
        assert not outcome.refused, [problem.message for edit in outcome.refused for problem in edit.problems]
        for each, edit in zip(self.world.customers, edits, strict=True):
            # Owners come and go: one who is no member any more still stands there.
            owner, department = self.users.get(each.owner), self.departments.get(each.department)
            Customer.objects.filter(pk=edit.customer_id).update(owner=owner, department=department)
        rows = Customer.objects.in_bulk([edit.customer_id for edit in edits])
        unfinished = [edits[each.at].customer_id for each in self.world.customers if each.is_unfinished]
        if unfinished:
            batch = ChangeBatch.objects.create(ledger=self.ledger, kind="import", state="open", door="import")
            Customer.objects.filter(pk__in=unfinished).update(created_batch=batch)
        return [rows[edit.customer_id] for edit in edits]

    def _values(self, each) -> dict:
        """Texts of which none is part of another, so that a page tells whose values it shows."""
        at = int(self.mark[1:]) * 1000 + each.at
        values = {
            "name": f"{_word(at)}精密机械有限公司",
            "short_name": f"简{_word(at)}",
            "english_name": f"Firm{at:08}En",
            "mnemonic_code": f"MN{at:08}",
            "grade": "A",
            "legal_person": f"法{_word(at)}",
            "province": each.province,
            "address": f"{_word(at)}大街九号",
            "postal_code": f"3{at % 100_000:05}",
            "phone": f"1380{at % 10_000_000:07}",
            "email": f"canary{at:08}@example.com",
            "website": f"https://w{at:08}.example.com",
            "credit_limit": f"{at + 40_000_000}",
            "credit_days": f"{at % 1000 + 7000}",
            "remark": f"备注{_word(at)}完",
            "contact": f"联{_word(at)}",
            "mobile": f"139{at % 100_000_000:08}",
            "bank_name": f"{_word(at)}银行",
            "bank_account": f"62220210{at:010}",
            "foreign:SAP": f"SAP{at:08}",
            "x_plain": str(at + 30_000_000),
            "x_secret": f"绝密{_word(at)}事",
            "category": self.categories[each.category].pk if each.category else None,
            "sales_region": self.regions[each.region].pk if each.region else None,
        }
        return {key: value for key, value in values.items() if value not in (None, "")}

    def _facts(self, each):
        row = self.customers[each.at]
        back = {row.pk: name for name, row in self.users.items()}
        departments = {row.pk: name for name, row in self.departments.items()}
        categories = {row.pk: name for name, row in self.categories.items()}
        regions = {row.pk: name for name, row in self.regions.items()}
        return replace(
            each,
            owner=back.get(row.owner_id, ""),
            department=departments.get(row.department_id, ""),
            province=row.province,
            category=categories.get(row.category_id, ""),
            region=regions.get(row.sales_region_id, ""),
        )

    def _shares(self) -> None:
        permission = Permission.objects.get(content_type__app_label="customers", codename="view_customer")
        for each in self.world.shares:
            about = {
                "permission": permission,
                "content_object": self.customers[each.customer],
                "ends_on": _dates(each.dates)["ends_on"],
            }
            if each.person:
                CustomerUserShare.objects.create(user=self.users[each.person], **about)
            else:
                CustomerGroupShare.objects.create(group=self._group(each.role), **about)

    def _group(self, code: str) -> Group:
        role = self.roles[code]
        if role.group is None:
            role.group = Group.objects.create(name=f"{self.mark}-{code}")
            role.save(update_fields=["group"])
        return role.group


def _departments(mark: str) -> dict[str, Department]:
    made: dict[str, Department] = {}
    for name, above in DEPARTMENTS.items():
        code = f"{mark}{name}"
        made[name] = Department.objects.create(code=code, name=f"部门{code}", parent=made.get(above))
    return made


def _own_fields(ledger: Ledger) -> None:
    about = {"ledger": ledger, "in_list": True}
    CustomField.objects.create(key="x_plain", type="integer", label="普通数", **about)
    CustomField.objects.create(key="x_secret", type="text", label="密约", is_sensitive=True, **about)
    CustomField.objects.create(
        key="x_double", type="formula", label="两倍", formula="[x_plain] * 2", formula_kind="number", **about
    )


def _dates(dates) -> dict[str, date | None]:
    today = timezone.localdate()
    return {
        "starts_on": None if dates.starts is None else today + timedelta(days=dates.starts),
        "ends_on": None if dates.ends is None else today + timedelta(days=dates.ends),
    }


_DIGITS = "甲乙丙丁戊己庚辛壬癸"


def _word(number: int) -> str:
    """A number in characters that no label of a page uses in a row."""
    return "".join(_DIGITS[int(digit)] for digit in f"{number:07}")
