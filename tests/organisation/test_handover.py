"""离职交接 in an account set: who is listed, what the preview shows, and what the job writes."""

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.handover import selecting, transfers
from customers.models import Category, ChangeBatch, Customer, Transfer
from customers.services import invariants, mass_edits, writing
from erp_site.jobs import runner
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import FieldRule, Membership, User
from permissions.organisation import leaving

pytestmark = pytest.mark.django_db

PAGE = "/l/HZ01/settings/handover/"


@pytest.fixture
def gone(users, ledger, keeper, add_customer):
    """小陈 has left; he owned five customers in two provinces, 小林 owns one."""
    firms = [
        add_customer(
            name=f"{'杭州' if index < 3 else '南京'}第{index}阀门有限公司",
            owner="sales1",
            department="D11",
            province="浙江省" if index < 3 else "江苏省",
        )
        for index in range(5)
    ]
    add_customer(name="小林的客户有限公司", owner="sales2", department="D12")
    leaving.leave(users["sales1"], on=timezone.localdate(), by=keeper)
    return firms


def hand_over(ledger, users, actor, **values):
    values = {"with_department": True, "reason": "小陈离职"} | values
    return transfers.hand_over(ledger, users["sales1"], users["sales2"], by=actor("manager"), **values)


def owners() -> list[str]:
    return list(Customer.objects.order_by("pk").values_list("owner__username", flat=True))


class TestPages:
    def test_who_left_customers_behind_is_listed_with_their_number(self, gone, client_of):
        html = client_of("manager").get(PAGE).content.decode()
        assert "小陈" in html
        assert "小林" not in html

    def test_lost_membership_counts_as_well(self, users, ledger, add_customer, client_of):
        add_customer(owner="sales2")
        Membership.objects.filter(user=users["sales2"]).delete()
        assert "小林" in client_of("manager").get(PAGE).content.decode()

    def test_preview_shows_how_many_and_the_first_of_them(self, gone, users, client_of):
        url = reverse("handover_person", args=["HZ01", users["sales1"].pk])
        browser = client_of("manager")
        assert "浙江省（3）" in browser.get(url).content.decode()
        choices = {"successor": users["sales2"].pk, "scope": "provinces", "provinces": ["江苏省"], "reason": "离职"}
        answer = browser.get(url, choices)
        assert answer.context["preview"]["count"] == 2
        assert "南京第3阀门" in answer.content.decode()
        assert "杭州第0阀门" not in answer.content.decode()
        assert not Transfer.objects.exists()

    def test_confirmed_it_runs_and_its_page_tells_how_it_went(self, gone, users, client_of):
        url = reverse("handover_person", args=["HZ01", users["sales1"].pk])
        browser = client_of("manager")
        answer = browser.post(url, {"successor": users["sales2"].pk, "scope": "all", "reason": "离职"})
        slip = Transfer.objects.get()
        assert answer.url == slip.get_absolute_url()
        assert "job-progress" in browser.get(answer.url).content.decode()
        progress = reverse("handover_progress", args=["HZ01", slip.pk])
        assert browser.get(progress).status_code == 200
        runner.run_pending()
        assert browser.get(progress).headers["HX-Refresh"] == "true"
        assert "已移交 5 个客户" in browser.get(answer.url).content.decode()
        assert browser.get(url).status_code == 404  # nothing is left of him

    def test_what_is_missing_is_said(self, gone, users, client_of):
        url = reverse("handover_person", args=["HZ01", users["sales1"].pk])
        answer = client_of("manager").post(url, {"scope": "categories"})
        assert answer.status_code == 422
        assert {"successor", "reason", "categories"} <= set(answer.context["form"].errors)

    def test_hidden_fields_stay_hidden_in_the_preview(self, gone, users, ledger, client_of):
        FieldRule.objects.create(role=ledger.roles.get(code="manager"), field="name", level=0)
        url = reverse("handover_person", args=["HZ01", users["sales1"].pk])
        choices = {"successor": users["sales2"].pk, "scope": "all", "reason": "离职"}
        assert "阀门" not in client_of("manager").get(url, choices).content.decode()

    @pytest.mark.parametrize("who", ["sales2", "supervisor", "finance", "steward"])
    def test_only_who_configures_the_set(self, who, gone, users, client_of):
        browser = client_of(who)
        for url in (PAGE, reverse("handover_person", args=["HZ01", users["sales1"].pk])):
            assert browser.get(url).status_code == 403


class TestHandingOver:
    def test_all_go_with_history_in_one_batch(self, gone, users, ledger, actor):
        slip = hand_over(ledger, users, actor)
        runner.run_pending()
        slip.refresh_from_db()
        assert (slip.state, slip.moved, slip.refused) == ("done", 5, 0)
        assert set(owners()) == {"sales2"}
        assert set(Customer.objects.values_list("department__code", flat=True)) == {"D12"}
        batch = slip.batch
        assert (batch.kind, batch.by.username, batch.reason, batch.customers_changed) == (
            "transfer",
            "manager",
            "小陈离职",
            5,
        )
        assert Customer.history.filter(batch=batch).count() == 5
        assert list(invariants.broken()) == []  # keys, claims and search text still fit, though they were not made anew

    def test_only_the_chosen_ones_and_the_department_stays(self, gone, users, ledger, actor):
        category = Category.objects.filter(ledger=ledger).first()
        hand_over(ledger, users, actor, provinces=["江苏省"], with_department=False)
        runner.run_pending()
        assert owners() == ["sales1"] * 3 + ["sales2"] * 3
        assert gone[4].department.code == "D11"
        with pytest.raises(BusinessError, match="没有符合条件"):
            hand_over(ledger, users, actor, categories=[category.pk] if category else [999])
        hand_over(ledger, users, actor, categories=[0])
        runner.run_pending()
        assert set(owners()) == {"sales2"}

    def test_a_killed_worker_goes_on_behind_the_last_chunk(self, gone, users, ledger, actor, monkeypatch):
        monkeypatch.setattr(mass_edits, "CHUNK", 2)
        write, calls = writing.write, []

        def dies_at_the_second_chunk(*args, **kwargs):
            calls.append(1)
            if len(calls) == 2:
                raise RuntimeError("killed")
            return write(*args, **kwargs)

        monkeypatch.setattr(writing, "write", dies_at_the_second_chunk)
        slip = hand_over(ledger, users, actor)
        runner.run_pending()
        assert owners().count("sales2") == 3
        Job.objects.update(run_after=None)
        runner.run_pending()
        slip.refresh_from_db()
        assert (slip.state, slip.moved) == ("done", 5)
        assert ChangeBatch.objects.filter(kind="transfer").count() == 1

    def test_whoever_is_given_to_somebody_else_meanwhile_stays_there(
        self, gone, users, ledger, actor, monkeypatch, system
    ):
        slip = hand_over(ledger, users, actor)
        base, calls = selecting.edits_base, []

        def somebody_is_quicker(*args):
            found = base(*args)
            if not calls:
                calls.append(1)
                from customers.services import pipeline
                from customers.services.edits import Edit

                pipeline.submit(
                    [Edit({"owner": "supervisor"}, customer_id=gone[0].pk)], ledger=ledger, by=system, kind="edit"
                )
            return found

        monkeypatch.setattr(selecting, "edits_base", somebody_is_quicker)
        runner.run_pending()
        slip.refresh_from_db()
        assert (slip.state, slip.moved) == ("done", 4)
        assert owners()[0] == "supervisor"

    def test_rights_are_asked_again_when_it_runs(self, gone, users, ledger, actor):
        slip = hand_over(ledger, users, actor)
        FieldRule.objects.create(role=ledger.roles.get(code="manager"), field="owner", level=2)
        runner.run_pending()
        slip.refresh_from_db()
        assert (slip.state, slip.moved, slip.refused) == ("done", 0, 5)
        assert slip.faults[0]["customer"] == gone[0].number

    def test_stopped_it_can_go_on(self, gone, users, ledger, actor, client_of):
        slip = hand_over(ledger, users, actor)
        browser = client_of("manager")
        browser.post(reverse("handover_stop", args=["HZ01", slip.pk]))
        assert "没有完成" in browser.get(slip.get_absolute_url()).content.decode()
        browser.post(reverse("handover_resume", args=["HZ01", slip.pk]))
        runner.run_pending()
        slip.refresh_from_db()
        assert (slip.state, slip.moved) == ("done", 5)

    @pytest.mark.parametrize("who", ["outsider", "sales1"])
    def test_the_successor_must_work_in_the_set(self, who, gone, users, ledger, actor):
        with pytest.raises(BusinessError) as refusal:
            transfers.hand_over(
                ledger, users["sales1"], users[who], by=actor("manager"), with_department=False, reason="离职"
            )
        assert refusal.value.field == "successor"

    def test_one_at_a_time_for_one_person(self, gone, users, ledger, actor):
        hand_over(ledger, users, actor)
        with pytest.raises(BusinessError, match="正在移交"):
            hand_over(ledger, users, actor)

    def test_a_set_that_takes_no_data_hands_nothing_over(self, gone, users, ledger, actor):
        ledger.state = "archived"
        ledger.save()
        with pytest.raises(BusinessError, match="归档"):
            hand_over(ledger, users, actor)

    def test_nobody_without_the_right(self, gone, users, ledger, actor):
        with pytest.raises(NotAllowed):
            transfers.hand_over(
                ledger, users["sales1"], users["sales2"], by=actor("sales2"), with_department=False, reason="离职"
            )

    def test_looking_costs_as_many_queries_for_many_as_for_one(
        self, gone, users, ledger, client_of, django_assert_max_num_queries
    ):
        for index in range(8):
            person = User.objects.create_user(f"left{index}", display_name=f"离职{index}", is_active=False)
            Customer.objects.filter(pk=gone[index % 5].pk).update(owner=person)
        browser = client_of("manager")
        with django_assert_max_num_queries(20):
            browser.get(PAGE)
