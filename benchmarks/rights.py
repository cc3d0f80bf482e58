"""Rights at size: first page, sorted page and search of users with every kind of scope, beside a user who sees everything.

    python -m benchmarks.rights [--rows 1000000] [--shares 100000] [--engines sqlite,postgresql] [--rounds 9]

Each engine gets a fresh database and a process of its own; results go to ``benchmarks/results/rights-<engine>-<rows>.json``. The customers
are written by the database itself (one statement), because what is measured is reading. Every line is the median of server time of the
product's own page, and ``×`` how many times as slow it is as the same page of the user who sees everything, measured in turn with it.
The fastest of the rounds says the same of the work alone, where others keep the machine busy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.__main__ import HERE, RESULTS, _print, _psql

CITIES = ("杭州市", "宁波市", "温州市", "成都市", "广州市")
PAGES = {
    "first page": "",
    "search, common": "?q=机械",
    "search, rare": "?q=公司777",
    "by name": "?sort=name",
    "by change": "?sort=-updated_at",
}
BOUND = ("first page", "search, common", "search, rare")
LIMIT = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--shares", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--here", default="", help=argparse.SUPPRESS)  # set in the process that measures
    options = parser.parse_args()
    if options.here:
        return measure(options)
    RESULTS.mkdir(exist_ok=True)
    return max(_in_own_process(engine, options) for engine in options.engines.split(","))


def _in_own_process(engine: str, options: argparse.Namespace) -> int:
    out = RESULTS / f"rights-{engine}-{options.rows}.json"
    server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
    database = f"bench_rights_{os.getpid()}" if engine == "postgresql" else ""
    command = [sys.executable, "-m", "benchmarks.rights", "--here", str(out), "--rows", str(options.rows)]
    command += ["--shares", str(options.shares), "--rounds", str(options.rounds)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = os.environ | {
            "DATA_DIR": folder,
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(HERE.parent),
            "DEMO": "0",
        }
        environment.pop("DATABASE_URL", None)
        if database:
            _psql(server, f"CREATE DATABASE {database}")
            environment["DATABASE_URL"] = f"{server}/{database}"
        try:
            code = subprocess.run(command, env=environment, cwd=HERE.parent, check=False).returncode
        finally:
            if database:
                _psql(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    if code == 0:
        _print(engine, json.loads(out.read_text()))
    return code


def measure(options: argparse.Namespace) -> int:
    """Everything, in this process, on the database that the environment names."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.engine import Figures, new_ledger
    from permissions.models import User

    figures = Figures(options.rows)
    figures.data |= {"shares": options.shares, "load": os.getloadavg()}
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    manager = User.objects.create_user("bench", password=None, display_name="测速")
    ledger = new_ledger("BENCH", manager)
    with figures.step("make customers"):
        world = _world(ledger, manager)
        _customers(ledger, manager, options.rows, world)
    with figures.step("make users and shares"):
        users = _users(ledger, manager, world, options)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    slow = _pages(figures, ledger, manager, users, options.rounds)
    figures.data["load_after"] = os.getloadavg()
    figures.data["slower_than_limit"] = slow
    with open(options.here, "w", encoding="utf-8") as file:
        json.dump(figures.data, file, ensure_ascii=False, indent=1)
    print(f"slower than {LIMIT} times: {'; '.join(slow) or 'none'}")
    return 0


def _world(ledger, manager) -> dict:
    """A tree of departments, owners in them, categories and sales regions."""
    from customers.models import Category, SalesRegion
    from permissions.models import Department, User

    top = Department.objects.create(code="T", name="公司")
    middle = [Department.objects.create(code=f"M{n}", name=f"大区{n}", parent=top) for n in range(5)]
    leaves = [Department.objects.create(code=f"L{n}", name=f"部门{n}", parent=middle[n % 5]) for n in range(50)]
    owners = User.objects.bulk_create(
        User(username=f"o{n}", display_name=f"业务{n}", department=leaves[n % 50]) for n in range(500)
    )
    categories = list(Category.objects.filter(ledger=ledger))
    categories += Category.objects.bulk_create(
        Category(ledger=ledger, code=f"B{n}", name=f"类别{n}") for n in range(20)
    )
    regions = SalesRegion.objects.bulk_create(
        SalesRegion(ledger=ledger, code=f"R{n}", name=f"区域{n}") for n in range(10)
    )
    return {"middle": middle, "leaves": leaves, "owners": owners, "categories": categories, "regions": regions}


def _customers(ledger, manager, rows: int, world: dict) -> None:
    """One customer through the pipeline, the others written by the database after his likeness, with their search texts."""
    from django.db import connection

    from customers.models import Customer
    from customers.rules import regions
    from customers.search import index
    from customers.services import pipeline
    from customers.services.edits import Edit
    from permissions.actor import Actor

    by = Actor.system(ledger.pk)
    assert not pipeline.submit(
        [Edit(values={"name": "样本机械有限公司"}, reason="测速")], ledger=ledger, by=by, kind="edit"
    ).refused
    sample = Customer.objects.of(ledger.pk).get()
    provinces = list(regions.provinces().values())
    sqlite = connection.vendor == "sqlite"

    def pick(values: list, by_: str) -> str:
        cases = " ".join(f"WHEN {at} THEN {value!r}" for at, value in enumerate(values))
        return f"CASE {by_} % {len(values)} {cases} END"

    # 0.05 % of the customers belong to the first owner, the rest to the others; places come in runs, as imports bring them.
    leaf_of = pick([leaf.pk for leaf in world["leaves"]], "n")
    new = {
        "number": "'B' || n", "number_key": "'B' || n",
        "name": f"{pick(provinces, '(n / 1000)')} || CASE n % 3 WHEN 0 THEN '机械' ELSE '贸易' END || '公司' || n",
        "name_key": f"{pick(provinces, '(n / 1000)')} || CASE n % 3 WHEN 0 THEN '机械' ELSE '贸易' END || '公司' || n",
        "province": pick(provinces, "(n / 1000)"), "city": pick(list(CITIES), "n"),
        "owner_id": f"CASE WHEN n % 2000 = 7 THEN {world['owners'][0].pk} ELSE {world['owners'][1].pk} + (n % 498) END",
        "department_id": leaf_of, "category_id": pick([each.pk for each in world["categories"]], "(n / 7)"),
        "sales_region_id": pick([each.pk for each in world["regions"]], "(n / 11)"),
        "grade": pick(["A", "B", "C", "D"], "(n / 3)"),
    }  # fmt: skip
    columns = [field.column for field in Customer._meta.concrete_fields if field.column != "id"]
    said = ", ".join(new.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        for start in range(1, rows, 50_000):
            end = min(start + 50_000, rows)
            if sqlite:
                series = f"(WITH RECURSIVE s(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM s WHERE n < {end - 1}) SELECT n FROM s)"
            else:
                series = f"(SELECT n FROM generate_series({start}, {end - 1}) n)"
            cursor.execute(
                f"INSERT INTO customers_customer ({names}) SELECT {said} FROM {series} AS s, "
                f"(SELECT * FROM customers_customer WHERE id = {sample.pk}) AS t"
            )
    rows_ = (
        Customer.objects.of(ledger.pk).exclude(pk=sample.pk).order_by("pk").values_list("pk", "name_key", "number_key")
    )
    documents = (
        (pk, index.tokens_of({"name_key": name, "number_key": number}, {}))
        for pk, name, number in rows_.iterator(20_000)
    )
    batch = []
    for document in documents:
        batch.append(document)
        if len(batch) == 20_000:
            index.add(ledger.pk, batch)
            batch = []
    index.add(ledger.pk, batch)
    index.settle()


def _users(ledger, manager, world: dict, options: argparse.Namespace) -> dict:
    """name of a case → user."""
    from django.contrib.auth.models import Group, Permission
    from django.db import connection
    from django.utils import timezone

    from permissions.models import Delegation, Membership, Role, RowScope, User

    leaf, middle = world["leaves"], world["middle"]
    few = [leaf[n].pk for n in range(3)]
    cases = {
        "own": [("own", [], False)],
        "department": [("department", [], False)],
        "department tree": [("department_tree", [], False)],
        "30 departments": [("departments", [each.pk for each in leaf[:30]], False)],
        "provinces": [("provinces", ["浙江省", "四川省"], False)],
        "categories": [("categories", [each.pk for each in world["categories"][:3]], False)],
        "sales regions": [("sales_regions", [world["regions"][0].pk], False)],
        "filter": [("filter", ["grade=A", "province=浙江省"], False)],
        "filter, no index": [("filter", ["grade=B"], False)],
        "everything but": [("all", [], False), ("provinces", ["浙江省"], True)],
        "departments but": [("departments", few, False), ("categories", [world["categories"][0].pk], True)],
        "own or category or place": [
            ("own", [], False), ("categories", [world["categories"][1].pk], False), ("provinces", ["海南省"], False),
        ],
        "own and many shares": [("own", [], False)],
        "shares alone": [],
        "shares of a role": [("own", [], False)],
    }  # fmt: skip
    users = {}
    for at, (name, scopes) in enumerate(cases.items()):
        user = world["owners"][0] if name == "own" else User.objects.create_user(f"c{at}", display_name=name)
        user.department = middle[0] if "tree" in name else leaf[0]
        user.save()
        role = Role.objects.create(ledger=ledger, code=f"C{at}", name=name, rights=["view", "edit"], sensitive_level=3)
        RowScope.objects.bulk_create(
            RowScope(role=role, kind=kind, values=list(values), is_denied=denied) for kind, values, denied in scopes
        )
        Membership.objects.create(user=user, ledger=ledger, role=role)
        users[name] = user
    delegate = User.objects.create_user("delegate", department=leaf[1])
    role = Role.objects.create(ledger=ledger, code="CD", name="代理", rights=["view"], sensitive_level=3)
    RowScope.objects.create(role=role, kind="own")
    Membership.objects.create(user=delegate, ledger=ledger, role=role)
    Delegation.objects.create(
        ledger=ledger,
        delegator=users["departments but"],
        delegate=delegate,
        rights=["view"],
        ends_on=timezone.localdate(),
    )
    users["delegation"] = delegate
    several = User.objects.create_user("several", department=leaf[2])
    for name in ("categories", "department", "sales regions", "own"):
        Membership.objects.create(user=several, ledger=ledger, role=users[name].memberships.get(ledger=ledger).role)
    users["several roles"] = several
    permission = Permission.objects.get(codename="view_customer", content_type__app_label="customers").pk
    group = Group.objects.create(name="bench")
    held = users["shares of a role"].memberships.get(ledger=ledger).role
    held.group = group
    held.save()
    step = max(1, options.rows // options.shares)
    table = {"user": "customers_customerusershare", "group": "customers_customergroupshare"}
    with connection.cursor() as cursor:
        for holder, pk, every in (
            ("user", users["own and many shares"].pk, step),
            ("user", users["shares alone"].pk, step * 100),
            ("group", group.pk, step),
        ):
            cursor.execute(
                f"INSERT INTO {table[holder]} ({holder}_id, permission_id, content_object_id, ends_on, reason, given_at) "
                f"SELECT {pk}, {permission}, id, '2099-01-01', '', CURRENT_TIMESTAMP FROM customers_customer "
                f"WHERE id % {every} = 0 LIMIT {options.shares}"
            )
    return users


def _pages(figures, ledger, manager, users: dict, rounds: int) -> list[str]:
    """Each page of each user in turn with that of the manager; names of those that are slower than the limit."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    def browser(user):
        made = Client(HTTP_ACCEPT="text/html")
        made.force_login(user)
        return made

    base, everybody, slow = f"/l/{ledger.code}/customers/", browser(manager), []
    for page, query in PAGES.items():
        address = f"{base}{query}"
        for name, user in users.items():
            one = browser(user)
            with figures.step(f"{page}: {name}") as values:
                with CaptureQueriesContext(connection) as queries:
                    answer = one.get(address)
                assert answer.status_code == 200, (page, name, answer.status_code)
                everybody.get(address)
                mine, theirs = [], []
                for _round in range(rounds):
                    for visitor, times in ((one, mine), (everybody, theirs)):
                        begun = time.perf_counter()
                        visitor.get(address)
                        times.append((time.perf_counter() - begun) * 1_000)
                ratio = min(mine) / min(theirs)
                values |= {
                    "queries": len(queries),
                    "rows": answer.content.count(b"<tr data-href"),
                    "ms": statistics.median(mine),
                    "fastest": min(mine),
                    "of all": min(theirs),
                    "×": round(ratio, 2),
                }
            if page in BOUND and ratio > LIMIT:
                slow.append(f"{page}: {name} ×{ratio:.2f}")
    return slow


if __name__ == "__main__":
    sys.exit(main())
