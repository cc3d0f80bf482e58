"""人员: a move asks for the customers, superiors make no circle, a first password is handed out once."""

import pytest

from customers.models import Transfer
from erp_site.jobs import runner
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import Position, User
from permissions.organisation import following, people

pytestmark = pytest.mark.django_db


def values_of(person: User, **changes) -> dict:
    names = ("username", "display_name", "email", "department", "position", "superior")
    return {name: getattr(person, name) for name in names} | changes


def save(person: User, by: User, follow=(), **changes):
    return people.save(**values_of(person, **changes), person=person, by=by, follow=follow)


class TestNewPeople:
    def test_a_new_person_cannot_log_in_before_he_gets_a_password(self, keeper, departments_there, client):
        position = Position.objects.create(code="JL", name="经理")
        person = people.save(
            username="zhangwei", display_name="张伟", department=departments_there["D11"], position=position, by=keeper
        ).person
        assert not person.has_usable_password()
        password = people.hand_out_password(person, by=keeper)
        assert client.login(username="zhangwei", password=password)
        assert User.objects.get(username="zhangwei").password != password

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"username": "SALES1", "display_name": "某人"}, "username"),
            ({"username": "zhang wei", "display_name": "某人"}, "username"),
            ({"username": "", "display_name": "某人"}, "username"),
            ({"username": "zhangwei", "display_name": ""}, "display_name"),
            ({"username": "zhangwei", "display_name": "某人", "email": "x"}, "email"),
        ],
    )
    def test_bad_values_are_refused_on_their_field(self, values, field, keeper):
        with pytest.raises(BusinessError) as refusal:
            people.save(**values, by=keeper)
        assert refusal.value.field == field

    def test_handing_out_ends_what_was_open(self, keeper, users, client_of):
        browser = client_of("sales1")
        people.hand_out_password(users["sales1"], by=keeper)
        assert browser.get("/ledgers/").status_code == 302


class TestSuperiors:
    def test_a_circle_is_refused_with_its_chain(self, keeper, users):
        save(users["sales1"], keeper, superior=users["supervisor"])
        save(users["supervisor"], keeper, superior=users["manager"])
        with pytest.raises(BusinessError, match="张主管 → 小陈 → 老李 → 张主管"):
            save(users["manager"], keeper, superior=User.objects.get(username="sales1"))
        with pytest.raises(BusinessError, match="小林 → 小林"):
            save(users["sales2"], keeper, superior=users["sales2"])

    def test_a_disabled_person_becomes_nobodys_superior(self, keeper, users):
        User.objects.filter(username="viewer").update(is_active=False)
        with pytest.raises(BusinessError, match="已停用或离职"):
            save(users["sales1"], keeper, superior=User.objects.get(username="viewer"))

    def test_administrators_are_changed_by_a_superuser_alone(self, keeper, users):
        with pytest.raises(NotAllowed):
            save(users["auditor"], keeper, display_name="改名")
        with pytest.raises(NotAllowed):
            people.hand_out_password(users["sysadmin"], by=keeper)
        save(users["auditor"], users["sysadmin"], display_name="改名")


class TestMoving:
    @pytest.fixture
    def firms(self, add_customer):
        mine = [add_customer(owner="sales1", department="D11") for _index in range(3)]
        lent = add_customer(owner="sales1", department="D20")
        return mine, lent

    def test_customers_follow_in_the_chosen_sets(self, keeper, users, departments_there, ledger, firms):
        mine, lent = firms
        holdings = following.of_person_in(users["sales1"], departments_there["D11"])
        assert [(each.code, each.count) for each in holdings] == [("HZ01", 3)]
        saved = save(users["sales1"], keeper, follow=[ledger.pk], department=departments_there["D12"])
        assert saved.sets == 1
        runner.run_pending()
        for firm in mine:
            firm.refresh_from_db()
            assert (firm.department.code, firm.owner.username) == ("D12", "sales1")
            assert firm.history.latest("history_id").batch.kind == "transfer"
        lent.refresh_from_db()
        assert lent.department.code == "D20"

    def test_or_stay_where_they_are(self, keeper, users, departments_there, firms):
        save(users["sales1"], keeper, department=departments_there["D12"])
        runner.run_pending()
        assert {firm.department.code for firm in firms[0]} == {"D11"}
        assert not Transfer.objects.exists()

    def test_two_moves_in_a_row_end_where_the_person_is(self, keeper, users, departments_there, ledger, firms):
        save(users["sales1"], keeper, follow=[ledger.pk], department=departments_there["D12"])
        person = User.objects.get(username="sales1")
        save(person, keeper, follow=[ledger.pk], department=departments_there["D1"])
        runner.run_pending()
        for firm in firms[0]:
            firm.refresh_from_db()
            assert firm.department.code == "D1"

    def test_a_suspended_set_is_left_alone(self, keeper, users, departments_there, ledger, firms):
        ledger.state = "suspended"
        ledger.save()
        assert not following.of_person_in(users["sales1"], departments_there["D11"])[0].is_writable
        assert save(users["sales1"], keeper, follow=[ledger.pk], department=departments_there["D12"]).sets == 0
