"""Two changes at once that are each right and together would make a circle: one of them is refused; on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from erp_site.shared.errors import BusinessError
from permissions.models import Department, User
from permissions.organisation import departments, people, trees

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 6


def at_once(*acts):
    """Every act in a thread and connection of its own, all let go together; returns results or refusals."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait(timeout=30)
        try:
            return act()
        except BusinessError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_two_moves_never_make_a_circle():
    for number in range(ROUNDS):
        first = Department.objects.create(code=f"A{number}", name=f"甲{number}")
        second = Department.objects.create(code=f"B{number}", name=f"乙{number}")
        results = at_once(
            lambda a=first, b=second: departments.move(a, b, by=None),
            lambda a=first, b=second: departments.move(b, a, by=None),
        )
        assert [isinstance(each, BusinessError) for each in results].count(True) == 1
    assert trees.circles(dict(Department.objects.values_list("pk", "parent_id"))) == []


def test_two_superiors_never_report_to_each_other():
    for number in range(ROUNDS):
        first = User.objects.create_user(f"a{number}", display_name=f"甲{number}")
        second = User.objects.create_user(f"b{number}", display_name=f"乙{number}")

        def under(person, superior):
            values = {"username": person.username, "display_name": person.display_name, "superior": superior}
            return people.save(**values, person=person, by=None)

        results = at_once(lambda a=first, b=second: under(a, b), lambda a=first, b=second: under(b, a))
        assert [isinstance(each, BusinessError) for each in results].count(True) == 1
    assert trees.circles(dict(User.objects.values_list("pk", "superior_id"))) == []


def test_a_department_does_not_move_under_one_that_is_being_disabled():
    for number in range(ROUNDS):
        parent = Department.objects.create(code=f"P{number}", name=f"上级{number}")
        child = Department.objects.create(code=f"C{number}", name=f"下级{number}")
        at_once(
            lambda p=parent: departments.set_active(p, False, by=None),
            lambda c=child, p=parent: departments.move(c, Department.objects.get(pk=p.pk), by=None),
        )
    for department in Department.objects.exclude(parent=None).select_related("parent"):
        assert department.parent.is_active
