"""Guards over the source: what no module may do, checked on the syntax tree of every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("erp_site", "permissions", "ledgers", "customers", "imports")
MODULES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]

# Rules that must see every row of a set: uniqueness, duplicates, the writer itself, upkeep.
SEES_ALL = {
    "customers/assigning/services.py",
    "customers/categorising/counting.py",
    "customers/categorising/kinds.py",
    "customers/categorising/regions.py",
    "customers/duplicates/scanning.py",
    "customers/handover/selecting.py",
    "customers/services/numbering.py",
    "customers/services/number_checks.py",
    "customers/numbers/facts.py",
    "customers/numbers/judging.py",
    "customers/services/invariants.py",
    "customers/own/scanning.py",
    "customers/services/rebuilding.py",
    "customers/rulebook/recomputing.py",
    "customers/services/snapshots.py",
    "customers/undoing/bin.py",
}

# The only places that may write customer tables.
WRITERS = {
    "customers/duplicates/storing.py",
    "customers/services/bulk.py",
    "customers/own/indexing.py",
    "customers/services/rebuilding.py",
    "customers/services/restoring.py",
    "customers/services/writing.py",
}

CUSTOMER_MODELS = {
    "Customer", "Contact", "Address", "BankAccount", "InvoiceProfile", "CustomerTag", "ForeignNumber", "MatchKey",
    "IdentityClaim", "Licence", "FormerName", "Block", "CustomValue",
}  # fmt: skip
WRITE_VERBS = {
    "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create", "save",
}  # fmt: skip


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def chains(tree: ast.AST):
    """("Customer", ["objects", "filter", "update"]) for every call or attribute chain that begins with a name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        links, at = [], node
        while True:
            if isinstance(at, ast.Attribute):
                links.append(at.attr)
                at = at.value
            elif isinstance(at, ast.Call):
                at = at.func
            else:
                break
        if isinstance(at, ast.Name):
            yield at.id, links[::-1], node.lineno


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_customers_are_fetched_through_visible_to(path):
    if name(path) in SEES_ALL:
        return
    for first, links, line in chains(ast.parse(path.read_text())):
        if first == "Customer" and links[:1] == ["objects"] and len(links) > 1:
            assert links[1] in ("visible_to", "changeable_by", "awaited_by", "none"), (
                f"{name(path)}:{line} reads customers without a scope"
            )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_customer_data_is_written_by_the_writer_alone(path):
    if name(path) in WRITERS:
        return
    for first, links, line in chains(ast.parse(path.read_text())):
        if first in CUSTOMER_MODELS:
            assert not WRITE_VERBS & set(links), f"{name(path)}:{line} writes {first} past the writer"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_opens_with_what_lives_there(path):
    text = path.read_text()
    if text.strip() and path.name != "__init__.py":
        assert ast.get_docstring(ast.parse(text)), f"{name(path)} has no docstring"


@pytest.mark.parametrize("path", [path for path in MODULES if "rules" in path.parts], ids=name)
def test_rules_know_nothing_of_django_but_its_translations(path):
    for node in ast.walk(ast.parse(path.read_text())):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not [each for each in modules if each.startswith("django") and not each.startswith("django.utils")]
