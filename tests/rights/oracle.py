"""The written matrix, evaluated by brute force: row by row, field by field, right by right.

    python -m tests.rights.oracle --decisions 1000000 --seed 7

What lives here: the documented precedence in plain Python over the plain values of ``world``. It imports nothing of the product, so
that a mistake there is not made here as well. What does not: the database (``building``) and what the doors show (``doors``).

A right: personal prohibition > prohibition by a role > personal permission > a role, own or inherited, of the person or of his
department > delegation > no. A field: the most generous of his roles (those of departments only where no role of his own names the
field) and of those he stands in for, raised by personal permissions, then cut by personal restrictions. A row: a scope of a role
that lets him look, a share, or a row of somebody he stands in for, less what a role of his takes away.
"""

import argparse
import os
import sys

from .world import COMPUTED, DEPARTMENTS, SENSITIVE, Customer, Exception_, Person, Role, Scope, Stand, World

HIDDEN, MASKED, READ, EDIT = range(4)


class Oracle:
    """Answers about one world."""

    def __init__(self, world: World):
        self.world = world

    # --- what somebody has ---------------------------------------------------------------------------------

    def own_roles(self, person: str) -> list[str]:
        """Codes of the active roles that he was given himself."""
        if not self.world.people[person].is_active:
            return []
        mine = [each.role for each in self.world.members if each.person == person and each.dates.in_force]
        return [code for code in mine if self.world.roles[code].is_active]

    def department_roles(self, person: str) -> list[str]:
        """Codes of the active roles that come through his department and that he has not himself."""
        who = self.world.people[person]
        if not who.is_active:
            return []
        given = [each.role for each in self.world.members if each.person == person and each.dates.in_force]
        found = []
        for each in self.world.through:
            reached = each.department == who.department or (
                each.with_below and each.department in upwards(who.department)
            )
            if reached and each.dates.in_force and each.role not in given:
                found.append(each.role)
        return [code for code in found if self.world.roles[code].is_active]

    def roles(self, person: str) -> list[str]:
        return [*self.own_roles(person), *self.department_roles(person)]

    def exceptions(self, person: str, *, is_field: bool, key: str) -> list[Exception_]:
        if not self.world.people[person].is_active:
            return []
        return [
            each
            for each in self.world.exceptions
            if (each.person, each.is_field, each.key) == (person, is_field, key) and each.dates.in_force
        ]

    def stands(self, person: str) -> list[Stand]:
        """Whom he stands in for today."""
        if not self.world.people[person].is_active:
            return []
        return [each for each in self.world.stands if each.instead == person and each.dates.in_force]

    def is_member(self, person: str) -> bool:
        there = [each for each in self.stands(person) if self.world.people[each.away].is_active]
        return bool(self.roles(person) or there)

    # --- a role with what lies above it -------------------------------------------------------------------

    def line(self, code: str) -> list[Role]:
        """The role and its active superior roles, nearest first."""
        found, seen = [], set()
        while code and code not in seen:
            seen.add(code)
            role = self.world.roles[code]
            if role.is_active:
                found.append(role)
            code = role.parent
        return found

    def rights(self, code: str) -> set[str]:
        return {right for role in self.line(code) for right in role.rights}

    def scopes(self, code: str) -> list[Scope]:
        """Allowing scopes of the nearest role of the line that has some."""
        for role in self.line(code):
            allowing = [scope for scope in role.scopes if not scope.is_denied]
            if allowing:
                return allowing
        return []

    def role_level(self, code: str, key: str) -> int:
        for role in self.line(code):
            if key in role.rules:
                return role.rules[key]
        general = EDIT if self.rights(code) & {"add", "edit"} else READ
        return min(general, self.world.roles[code].sensitive) if key in SENSITIVE else general

    def names_field(self, code: str, key: str) -> bool:
        return any(key in role.rules for role in self.line(code))

    # --- the three questions ----------------------------------------------------------------------------------

    def can(self, person: str, right: str, *, standing_in: bool = True) -> bool:
        personal = self.exceptions(person, is_field=False, key=right)
        if any(each.is_denied for each in personal):
            return False
        if any(right in role.denied for code in self.roles(person) for role in self.line(code)):
            return False
        if personal:
            return True
        if any(right in self.rights(code) for code in self.roles(person)):
            return True
        return standing_in and any(
            right in each.rights and self.can(each.away, right, standing_in=False) for each in self.stands(person)
        )

    def level(self, person: str, key: str, *, standing_in: bool = True) -> int:
        personal = self.exceptions(person, is_field=True, key=key)
        unreadable = any(self.level(person, each, standing_in=standing_in) < READ for each in COMPUTED.get(key, ()))
        is_named = any(not each.is_denied for each in personal) or any(
            self.world.roles[code].rules.get(key, HIDDEN) > HIDDEN for code in self.roles(person)
        )
        if unreadable and not is_named:
            return HIDDEN
        own = self.own_roles(person)
        counting = own if any(self.names_field(code, key) for code in own) else self.roles(person)
        levels = [self.role_level(code, key) for code in counting]
        for each in self.stands(person) if standing_in else ():
            lent = self.level(each.away, key, standing_in=False) if each.rights else HIDDEN
            levels.append(lent if "edit" in each.rights else min(lent, READ))
        levels += [each.level for each in personal if not each.is_denied]
        return min([max(levels, default=HIDDEN), *(each.level for each in personal if each.is_denied)])

    def sees(self, person: str, customer: Customer, *, standing_in: bool = True) -> bool:
        if customer.is_unfinished or not self.can(person, "view", standing_in=standing_in):
            return False
        codes = self.roles(person)
        taken = [scope for code in codes for role in self.line(code) for scope in role.scopes if scope.is_denied]
        if any(self.matches(scope, person, customer) for scope in taken):
            return False
        if any(self.matches(scope, person, customer) for code in self.opening(person) for scope in self.scopes(code)):
            return True
        if any(
            each.customer == customer.at and each.dates.in_force and (each.person == person or each.role in codes)
            for each in self.world.shares
        ):
            return True
        return standing_in and any(
            "view" in each.rights and self.sees(each.away, customer, standing_in=False) for each in self.stands(person)
        )

    def opening(self, person: str) -> list[str]:
        """Roles whose scopes open rows: those that let their holder look; all of them for whom looking was allowed expressly."""
        looking = [code for code in self.roles(person) if "view" in self.rights(code)]
        allowed = any(not each.is_denied for each in self.exceptions(person, is_field=False, key="view"))
        return looking or (self.roles(person) if allowed else [])

    def matches(self, scope: Scope, person: str, customer: Customer) -> bool:
        who: Person = self.world.people[person]
        if scope.kind == "own":
            return customer.owner == person
        if scope.kind == "department":
            return bool(who.department) and customer.department == who.department
        if scope.kind == "department_tree":
            return bool(who.department) and who.department in upwards(customer.department)
        value = {
            "departments": customer.department,
            "provinces": customer.province,
            "categories": customer.category,
            "sales_regions": customer.region,
        }
        return scope.kind == "all" or bool(value[scope.kind]) and value[scope.kind] in scope.values


def upwards(department: str) -> list[str]:
    """A department and those above it."""
    found = []
    while department:
        found.append(department)
        department = DEPARTMENTS[department]
    return found


def main(arguments: list[str]) -> int:
    """Decide at random until so many decisions were compared; prints the seed and the counts, 1 when one differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.rights.oracle", description=main.__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    # Only now: the oracle itself needs nothing of the product.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp_site.settings")
    import django

    django.setup()
    from tests.rights import measuring

    return measuring.main(given.decisions, given.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
