"""操作记录, the preview of an undo, the recycle bin: what each persona sees and does there."""

import pytest
from django.urls import reverse

from customers.models import ChangeBatch, Customer
from customers.undoing import acts
from erp_site.jobs import runner
from permissions.models import FieldRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(add_customer):
    return add_customer(name="绍兴越州印染有限公司", owner="sales1", phone="0575-85551234", remark="老客户")


@pytest.fixture
def url():
    return lambda name, *args: reverse(name, args=["HZ01", *args])


class TestTheList:
    def test_everybody_finds_his_own_acts_and_the_manager_all(self, firm, change, actor, client_of, url):
        mine = change(firm, by=actor("sales1"), remark="小陈改的")
        other = change(firm, by=actor("supervisor"), remark="老李改的")
        own = client_of("sales1").get(url("batch_list")).text
        assert (f"#{mine.pk}" in own, f"#{other.pk}" in own) == (True, False)
        every = client_of("manager").get(url("batch_list")).text
        assert f"#{mine.pk}" in every and f"#{other.pk}" in every

    def test_another_s_act_is_not_there(self, firm, change, actor, client_of, url):
        other = change(firm, by=actor("supervisor"), remark="老李改的")
        for name in ("batch_detail", "batch_undo", "batch_progress"):
            assert client_of("sales1").get(url(name, other.pk)).status_code == 404

    def test_a_batch_of_another_set_is_not_there(self, other_ledger, client_of, url, add_customer):
        theirs = add_customer(other_ledger)
        assert client_of("manager").get(url("batch_undo", theirs.last_batch_id)).status_code == 404

    def test_queries_do_not_grow_with_the_batches(self, firm, change, client_of, url, django_assert_max_num_queries):
        browser = client_of("manager")
        browser.get(url("batch_list"))
        with django_assert_max_num_queries(20) as few:
            browser.get(url("batch_list"))
        for number in range(15):
            change(firm, remark=f"第 {number} 次")
        with django_assert_max_num_queries(len(few.captured_queries)):
            browser.get(url("batch_list"))


class TestUndoing:
    def test_the_preview_says_what_goes_back_and_changes_nothing(self, firm, change, actor, client_of, url):
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        page = client_of("sales1").get(url("batch_undo", batch.pk))
        assert "小陈改的" in page.text and "老客户" in page.text
        firm.refresh_from_db()
        assert firm.remark == "小陈改的"

    def test_and_then_it_goes_back(self, firm, change, actor, client_of, url):
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        answer = client_of("sales1").post(url("batch_undo", batch.pk), {"reason": "手误"}, follow=True)
        assert "已撤销" in answer.text
        firm.refresh_from_db()
        assert (firm.remark, firm.last_batch.reason) == ("老客户", "手误")

    def test_one_customer_s_history_offers_it(self, firm, change, actor, client_of, url):
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        address = f"{url('batch_undo', batch.pk)}?customer={firm.pk}"
        assert address in client_of("sales1").get(firm.get_absolute_url() + "?tab=history").text
        assert address not in client_of("service").get(firm.get_absolute_url() + "?tab=history").text
        answer = client_of("sales1").post(address, {})
        assert answer.url == firm.get_absolute_url() + "?tab=history"

    def test_a_second_click_says_that_it_is_done(self, firm, change, actor, client_of, url):
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        browser = client_of("sales1")
        browser.post(url("batch_undo", batch.pk))
        assert "已被 #" in browser.post(url("batch_undo", batch.pk), follow=True).text

    def test_a_masked_value_stays_masked(self, firm, change, actor, client_of, url, ledger):
        batch = change(firm, by=actor("sales1"), phone="0575-87776666", remark="改")
        ledger.roles.filter(code="sales").update(sensitive_level=1)
        page = client_of("sales1").get(url("batch_undo", batch.pk)).text
        assert "85551234" not in page and "87776666" not in page
        client_of("sales1").post(url("batch_undo", batch.pk))
        firm.refresh_from_db()
        assert (firm.phone, firm.remark) == ("0575-87776666", "老客户")

    def test_a_hidden_field_is_not_even_named(self, firm, change, actor, client_of, url, ledger):
        batch = change(firm, by=actor("sales1"), credit_limit="5000", remark="改")
        FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="credit_limit", level=0)
        page = client_of("sales1").get(url("batch_undo", batch.pk)).text
        assert "信用额度" not in page and "5000" not in page and "5,000" not in page

    def test_a_large_batch_goes_to_the_background(
        self, add_customer, change, client_of, url, actor, monkeypatch, ledger
    ):
        from customers.services import pipeline
        from customers.services.edits import Edit

        monkeypatch.setattr(acts, "AT_ONCE", 2)
        firms = [add_customer(name=f"绍兴第{index}纺织有限公司", grade="C") for index in range(5)]
        edits = [Edit(values={"grade": "A"}, customer_id=firm.pk) for firm in firms]
        batch = pipeline.submit(edits, ledger=ledger, by=actor("manager"), kind="edit", reason="评级").batch
        browser = client_of("manager")
        page = browser.get(url("batch_undo", batch.pk)).text
        assert "前 2 个客户" in page
        assert "后台撤销" in browser.post(url("batch_undo", batch.pk), follow=True).text
        assert "job-progress" in browser.get(url("batch_progress", batch.pk)).text
        runner.run_pending()
        assert set(Customer.objects.values_list("grade", flat=True)) == {"C"}
        assert browser.get(url("batch_progress", batch.pk)).headers["HX-Refresh"] == "true"
        assert "涉及 5 个客户" in browser.get(url("batch_detail", batch.pk)).text


class TestTheRecycleBin:
    @pytest.fixture
    def gone(self, firm, client_of, url):
        client_of("manager").post(url("customer_remove", firm.pk), {"reason": "重复建档"})
        return firm

    def test_a_deleted_customer_lies_there_and_comes_back_whole(self, firm, whole, client_of, url):
        before = whole()
        browser = client_of("manager")
        page = browser.post(url("customer_remove", firm.pk), {"reason": "重复建档"}, follow=True).text
        assert "绍兴越州" in page and "重复建档" in page
        assert browser.get(firm.get_absolute_url()).status_code == 404
        batch = ChangeBatch.objects.get(kind=ChangeBatch.Kind.REMOVE)
        browser.post(f"{url('batch_undo', batch.pk)}?customer={firm.pk}")
        assert whole() == before
        assert browser.get(firm.get_absolute_url()).status_code == 200
        assert "绍兴越州" not in browser.get(url("recycle_bin")).text

    def test_a_reason_is_wanted(self, firm, client_of, url):
        page = client_of("manager").post(url("customer_remove", firm.pk), {"reason": " "}, follow=True).text
        assert "请说明删除原因" in page
        assert Customer.objects.filter(pk=firm.pk).exists()

    def test_sales_neither_deletes_nor_looks_there(self, firm, client_of, url):
        assert client_of("sales1").post(url("customer_remove", firm.pk), {"reason": "x"}).status_code == 403
        assert client_of("sales2").post(url("customer_remove", firm.pk), {"reason": "x"}).status_code == 404
        assert client_of("sales1").get(url("recycle_bin")).status_code == 403

    def test_who_may_delete_but_not_see_everybody_finds_nothing_there(self, gone, client_of, url, ledger):
        role = ledger.roles.get(code="sales")
        role.rights = [*role.rights, "delete"]
        role.save()
        assert "绍兴越州" not in client_of("sales1").get(url("recycle_bin")).text

    def test_somebody_whom_others_refer_to_is_not_deleted(self, firm, add_customer, client_of, url, ledger):
        from customers.models import Assignment

        Assignment.objects.create(master=firm, copy=add_customer(name="别处的同一家"), ledger=ledger, master_version=1)
        page = client_of("manager").post(url("customer_remove", firm.pk), {"reason": "清理"}, follow=True).text
        assert "其他资料还引用该客户" in page
