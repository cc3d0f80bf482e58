"""What the tests of the pages about rights share: the addresses, a role by its code, and a role's page as a browser would post it."""

import pytest
from django.urls import reverse

from ledgers.access import roles
from permissions.actor import Actor, Door


@pytest.fixture
def role(ledger):
    """role("sales"): that role of HZ01."""
    return lambda code: ledger.roles.get(code=code)


@pytest.fixture
def address(ledger):
    """address("role_edit", pk)."""
    return lambda name, *args: reverse(name, args=[ledger.code, *args])


@pytest.fixture
def now(ledger):
    """now(user): what he may do at this moment, loaded anew."""
    return lambda user: Actor.of(user, ledger.pk, Door.WEB)


@pytest.fixture
def sheet():
    """sheet(role, **changes): everything that the page of a role sends, as it stands, with changes; None takes a key out."""

    def post(role, **changes):
        draft = roles.of_role(role)
        data = {
            "name": draft.name,
            "description": draft.description,
            "parent": draft.parent_id or "",
            "seen": draft.mark,
        }
        data |= {f"right-{right}": "allow" for right in draft.rights} | {
            f"right-{right}": "deny" for right in draft.denied
        }
        for prefix, scopes in (("scope", draft.scopes), ("excluded", draft.excluded)):
            data[prefix] = [kind for kind, _values in scopes]
            data |= {f"{prefix}-{kind}": list(values) for kind, values in scopes}
        data |= {f"level-{key}": str(level) for key, level in draft.levels.items()}
        data["sensitive_level"] = draft.sensitive_level
        data |= {key.replace("__", "-"): value for key, value in changes.items()}
        return {key: value for key, value in data.items() if value is not None}

    return post


@pytest.fixture
def second_manager(ledger, users):
    """财务 holds 成员与权限 too."""
    from ledgers.services import members

    members.add_member(ledger, users["finance"], "manager")
    return users["finance"]
