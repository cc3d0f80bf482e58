"""A random organisation as plain values: who was given what, and which customers there are.

What lives here: values and dice. What does not: what follows from them (``oracle``), and the database (``building``).

Days are numbers: 0 is today, negative ones are past; None sets no bound. Levels: 0 hidden, 1 masked, 2 read, 3 edit.
"""

import random
from dataclasses import dataclass, field

RIGHTS = (
    "view", "add", "edit", "delete", "approve", "import", "export", "print", "merge", "reopen", "configure", "members",
)  # fmt: skip
SENSITIVE = ("phone", "email", "id_number", "contacts.mobile", "contacts.phone", "contacts.email", "addresses.phone",
             "bank_accounts.account", "invoice_profiles.account", "invoice_profiles.phone", "x_secret")  # fmt: skip
# The fields whose contents and rights are decided; x_double is computed from x_plain.
FIELDS = (
    "number", "name", "short_name", "english_name", "mnemonic_code", "kind", "category", "grade", "source", "status",
    "legal_person", "province", "city", "address", "postal_code", "phone", "email", "website", "credit_limit",
    "credit_days", "owner", "department", "sales_region", "remark", "contacts.name", "contacts.mobile",
    "bank_accounts.bank_name", "bank_accounts.account", "foreign_numbers.number", "x_plain", "x_secret", "x_double",
)  # fmt: skip
COMPUTED = {"x_double": ("x_plain",)}
PROVINCES = ("浙江省", "江苏省", "广东省", "四川省")
SCOPES = ("own", "department", "department_tree", "departments", "provinces", "categories", "sales_regions", "all")
CATEGORIES, REGIONS = ("A", "A1", "A2", "B", "C"), ("R1", "R2", "R3")
# department → the one above it
DEPARTMENTS = {"X": "", "X1": "X", "X2": "X", "X11": "X1", "X12": "X1", "Y": "", "Y1": "Y"}


@dataclass(frozen=True)
class Dates:
    starts: int | None = None
    ends: int | None = None

    @property
    def in_force(self) -> bool:
        return (self.starts is None or self.starts <= 0) and (self.ends is None or self.ends >= 0)


@dataclass(frozen=True)
class Scope:
    kind: str
    values: tuple = ()
    is_denied: bool = False


@dataclass(frozen=True)
class Role:
    code: str
    parent: str = ""
    rights: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    sensitive: int = 1
    is_active: bool = True
    scopes: tuple[Scope, ...] = ()
    rules: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    name: str
    department: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class Member:
    person: str
    role: str
    dates: Dates


@dataclass(frozen=True)
class Through:
    """A department's role."""

    department: str
    role: str
    with_below: bool
    dates: Dates


@dataclass(frozen=True)
class Exception_:
    """A personal exception; of a field at least ``level``, or at most when it is denied."""

    person: str
    is_field: bool
    key: str
    is_denied: bool
    level: int
    dates: Dates


@dataclass(frozen=True)
class Stand:
    """A delegation."""

    away: str
    instead: str
    rights: frozenset[str]
    dates: Dates


@dataclass(frozen=True)
class Share:
    """A customer opened to one person or to the holders of a role (one of the two is blank)."""

    customer: int
    person: str
    role: str
    dates: Dates


@dataclass(frozen=True)
class Customer:
    """Facts by which rows are decided; ``at`` is his place in the list. Blank: nobody, nowhere, none."""

    at: int
    owner: str = ""
    department: str = ""
    province: str = ""
    category: str = ""
    region: str = ""
    is_unfinished: bool = False


@dataclass
class World:
    roles: dict[str, Role]
    people: dict[str, Person]
    members: list[Member]
    through: list[Through]
    exceptions: list[Exception_]
    stands: list[Stand]
    shares: list[Share]
    customers: list[Customer]

    def told(self, person: str) -> str:
        """Everything that was given to one person, small enough to be read in a failing test."""
        mine = [each.role for each in self.members if each.person == person]
        mine += [each.role for each in self.through]
        helped = [each for each in self.stands if each.instead == person]
        lines = [repr(self.people[person])]
        for name in {person, *(each.away for each in helped)}:
            lines += [repr(each) for each in self.members if each.person == name]
            lines += [repr(each) for each in self.exceptions if each.person == name]
            lines += [repr(each) for each in self.shares if each.person == name]
            mine += [each.role for each in self.members if each.person == name]
        lines += [repr(each) for each in (*self.through, *helped)]
        seen = set()
        while mine:
            code = mine.pop()
            if code and code not in seen:
                seen.add(code)
                lines.append(repr(self.roles[code]))
                mine.append(self.roles[code].parent)
        return "\n".join(lines)


def random_world(rng: random.Random, *, people: int = 12, customers: int = 40) -> World:
    """The same dice give the same world."""
    roles = _roles(rng)
    names = [f"p{number}" for number in range(people)]
    persons = {name: Person(name, rng.choice(["", *DEPARTMENTS]), is_active=rng.random() > 0.06) for name in names}
    members = [
        Member(name, role, _dates(rng))
        for name in names
        for role in rng.sample(sorted(roles), rng.choice((0, 1, 1, 1, 2, 2, 3)))
    ]
    stands = []
    for _each in range(rng.randrange(4)):
        away, instead = rng.sample(names, 2)
        stands.append(Stand(away, instead, _some(rng, RIGHTS, 0.5), Dates(None, rng.choice((-2, 0, 5, 9)))))
    return World(
        roles=roles,
        people=persons,
        members=members,
        through=[
            Through(department, role, rng.random() < 0.6, _dates(rng))
            for department in rng.sample(sorted(DEPARTMENTS), rng.randrange(3))
            for role in rng.sample(sorted(roles), 1)
        ],
        exceptions=_exceptions(rng, names),
        stands=stands,
        shares=_shares(rng, names, sorted(roles), customers),
        customers=[_customer(rng, at, names) for at in range(customers)],
    )


def _dates(rng: random.Random) -> Dates:
    return rng.choice((Dates(), Dates(), Dates(), Dates(-9, None), Dates(None, 0), Dates(0, 9), Dates(None, -1),
                       Dates(1, None)))  # fmt: skip


def _some(rng: random.Random, things, chance: float) -> frozenset:
    return frozenset(each for each in things if rng.random() < chance)


def _roles(rng: random.Random) -> dict[str, Role]:
    codes = [f"r{number}" for number in range(7)]
    found = {}
    for at, code in enumerate(codes):
        rights = _some(rng, RIGHTS, 0.4)
        if rng.random() < 0.85:
            rights |= {"view"}
        found[code] = Role(
            code,
            parent=rng.choice(codes[:at]) if at and rng.random() < 0.4 else "",
            rights=rights,
            denied=_some(rng, RIGHTS, 0.03) if rng.random() < 0.5 else frozenset(),
            sensitive=rng.randrange(4),
            is_active=rng.random() > 0.08,
            scopes=tuple(_scope(rng) for _each in range(rng.choice((0, 1, 1, 2, 3)))),
            rules={key: rng.randrange(4) for key in rng.sample(FIELDS, rng.randrange(9))}
            # What is computed from a field that somebody may not read is a case of its own.
            | ({"x_plain": rng.randrange(2)} if rng.random() < 0.25 else {}),
        )
    return found


def _scope(rng: random.Random) -> Scope:
    kind = rng.choice(SCOPES)
    values = {
        "departments": tuple(sorted(DEPARTMENTS)),
        "provinces": PROVINCES,
        "categories": CATEGORIES,
        "sales_regions": REGIONS,
    }.get(kind, ())
    chosen = tuple(rng.sample(values, rng.randrange(1, 3))) if values else ()
    return Scope(kind, chosen, is_denied=rng.random() < (0.05 if kind == "all" else 0.25))


def _exceptions(rng: random.Random, names: list[str]) -> list[Exception_]:
    found = {}
    for _each in range(rng.randrange(12)):
        is_field = rng.random() < 0.6
        key = rng.choice(FIELDS if is_field else RIGHTS)
        made = Exception_(rng.choice(names), is_field, key, rng.random() < 0.5, rng.randrange(4), _dates(rng))
        found[made.person, is_field, key, made.is_denied] = made
    return list(found.values())


def _shares(rng: random.Random, names: list[str], roles: list[str], customers: int) -> list[Share]:
    found = {}
    for _each in range(rng.randrange(20)):
        at, whom = rng.randrange(customers), rng.choice([*names, *roles])
        dates = Dates(None, rng.choice((None, -1, 0, 3)))
        found[at, whom] = Share(at, whom if whom in names else "", whom if whom in roles else "", dates)
    return list(found.values())


def _customer(rng: random.Random, at: int, names: list[str]) -> Customer:
    return Customer(
        at,
        owner=rng.choice(["", *names]),
        department=rng.choice(["", *DEPARTMENTS]),
        province=rng.choice(["", *PROVINCES]),
        category=rng.choice(["", *CATEGORIES]),
        region=rng.choice(["", *REGIONS]),
        is_unfinished=rng.random() < 0.04,
    )
