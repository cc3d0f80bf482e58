"""Own fields on the customer's form, page and list: every type, conditions, layouts, files, and nothing for who may not see it."""

import json
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Category, Customer, EntryTemplate
from customers.rulebook import settings as rule_settings
from permissions.models import FieldRule, Role
from permissions.rights import Level
from tests.pages.forms import sent

pytestmark = pytest.mark.django_db

NEW = "/l/HZ01/customers/new/"


@pytest.fixture
def sales(client_of, ledger):
    return client_of("sales1")


@pytest.fixture
def every_type(own):
    """A field of each type that is filled in by hand."""
    own("x_text", "text", label="设备型号")
    own("x_long", "long_text", label="谈判要点")
    own("x_int", "integer", label="员工人数")
    own("x_dec", "decimal", label="折扣率", decimals=2)
    own("x_money", "money", label="年采购额", in_list=True)
    own("x_date", "date", label="合同到期日")
    own("x_bool", "boolean", label="需要对账单")
    own("x_one", "choice", label="付款方式", in_list=True)
    own("x_many", "multi_choice", label="合作品牌")
    own("x_ref", "customer", label="上级集团", group="经营情况")
    own("x_user", "user", label="客服专员")
    own("x_url", "url", label="网店地址")


def edit_url(customer) -> str:
    return f"/l/HZ01/customers/{customer.pk}/edit/"


def page_of(client, customer) -> str:
    return client.get(f"/l/HZ01/customers/{customer.pk}/").content.decode()


def state_of(client, **values) -> dict:
    answer = client.post("/l/HZ01/customers/state/", values).content.decode()
    return json.loads(unescape(re.search(r'data-state="([^"]*)"', answer)[1]))


def test_every_type_is_typed_stored_and_shown(sales, every_type, add_customer, users, stored):
    group = add_customer(name="恒源集团有限公司", owner="sales1")
    values = {
        "name": "杭州恒源机械有限公司", "x_text": "AB1234", "x_long": "一行\n二行", "x_int": "120", "x_dec": "0.85",
        "x_money": "12,000.50", "x_date": "2027-03-01", "x_bool": "0", "x_one": "a", "x_many": ["a", "b"],
        "x_ref": f"{group.number} {group.name}", "x_user": str(users["service"].pk), "x_url": "https://shop.example.com/hy",
    }  # fmt: skip
    response = sales.post(NEW, sent(sales.get(NEW), **values))
    assert response.status_code == 302, response.content.decode()
    customer = Customer.objects.get(name="杭州恒源机械有限公司")
    assert stored(customer) == {
        "x_text": "AB1234", "x_long": "一行\n二行", "x_int": 120, "x_dec": "0.85", "x_money": "12000.50",
        "x_date": "2027-03-01", "x_bool": False, "x_one": "a", "x_many": ["a", "b"], "x_ref": group.pk,
        "x_user": users["service"].pk, "x_url": "https://shop.example.com/hy",
    }  # fmt: skip
    page = page_of(sales, customer)
    assert 'data-colour="success"' in page and "甲级" in page and "经营情况" in page
    assert f'href="/l/HZ01/customers/{group.pk}/"' in page and 'href="https://shop.example.com/hy"' in page
    opened = sales.get(edit_url(customer))
    assert sales.post(edit_url(customer), sent(opened)).status_code == 302
    assert Customer.objects.get(pk=customer.pk).version == customer.version, (
        "a form sent back untouched changes nothing"
    )


def test_blank_fields_are_folded_away(sales, every_type, add_customer):
    page = page_of(sales, add_customer(name="杭州恒源机械有限公司", owner="sales1"))
    assert "项未填写" in page and 'class="blank-facts"' in page


def test_a_problem_stands_at_its_field(sales, every_type):
    response = sales.post(NEW, sent(sales.get(NEW), name="杭州恒源机械有限公司", x_int="很多"))
    page = response.content.decode()
    assert response.status_code == 422 and 'href="#id_x_int"' in page and 'value="很多"' in page


def test_an_option_out_of_use_stays_with_who_has_it(sales, own, add_customer):
    own("x_one", "choice", label="付款方式")
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    Customer.objects.filter(pk=customer.pk).update(custom_values={"x_one": "old"})
    opened = sales.get(edit_url(customer))
    assert "旧级（已停用）" in opened.content.decode()
    assert "旧级" not in sales.get(NEW).content.decode()
    sales.post(edit_url(customer), sent(opened, short_name="恒源"))
    assert Customer.objects.get(pk=customer.pk).custom_values == {"x_one": "old"}


def test_somebody_else_changed_the_same_own_field(client_of, own, save, add_customer, stored):
    own("x_one", "choice", label="付款方式")
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    sales = client_of("sales1")
    form = sent(sales.get(edit_url(customer)), x_one="a")
    save({"x_one": "乙级"}, of=customer)
    clash = sales.post(edit_url(customer), form)
    page = clash.content.decode()
    assert clash.status_code == 409 and "付款方式" in page and "甲级" in page and "乙级" in page
    sales.post(edit_url(customer), sent(clash, **{"choice-x_one": "theirs"}))
    assert stored(customer) == {"x_one": "b"}


# --- conditions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def conditions(ledger, own, actor):
    own("x_days", "integer", label="账期")
    own("x_buy", "money", label="年采购额")
    own("x_twice", "formula", label="两倍", formula="[x_buy] * 2", formula_kind="number")
    by = actor("manager")
    rule_settings.save_setting(ledger, "x_days", {"visible_when": '[客户等级] = "VIP"'}, by=by)
    rule_settings.save_setting(ledger, "legal_person", {"required_when": '[客户等级] = "VIP"'}, by=by)


def test_the_server_says_what_a_change_brings(sales, conditions):
    plain, vip = state_of(sales, grade="A", x_buy="100"), state_of(sales, grade="VIP", x_buy="100")
    assert "x_days" in plain["hidden"] and "x_days" not in vip["hidden"]
    assert "legal_person" not in plain["required"] and "VIP" in vip["required"]["legal_person"]
    assert vip["computed"]["x_twice"] == "200.00"


def test_a_form_opens_in_its_state(sales, conditions, add_customer):
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1", grade="VIP", legal_person="张三", x_buy="50")
    page = sales.get(edit_url(customer)).content.decode()
    assert re.search(r'class="field-cell" data-field="x_days"', page)
    assert re.search(r'class="field-cell is-inapplicable" data-field="x_days"', sales.get(NEW).content.decode())
    assert "100.00" in page


def test_what_does_not_apply_is_not_saved_and_said_so(sales, conditions, stored):
    form = sent(sales.get(NEW), name="杭州恒源机械有限公司", grade="A", x_days="30", x_buy="5")
    page = sales.post(NEW, form, follow=True).content.decode()
    assert stored(Customer.objects.get()) == {"x_buy": "5.00", "x_twice": "10.00"}
    assert "「账期」按当前条件不适用" in page


def test_the_server_judges_without_scripts_too(sales, conditions):
    response = sales.post(NEW, sent(sales.get(NEW), name="杭州恒源机械有限公司", grade="VIP"))
    assert response.status_code == 422 and "法定代表人必须填写" in response.content.decode()


def test_a_category_offers_its_defaults_and_calls_fields_its_own_way(sales, ledger, own, actor):
    own("x_one", "choice", label="付款方式")
    vip = Category.objects.create(ledger=ledger, code="V1", name="大客户", defaults={"x_one": "b"})
    rule_settings.save_setting(ledger, "x_one", {"label": "结算方式"}, category=vip, by=actor("manager"))
    state = state_of(sales, category=str(vip.pk))
    assert state["defaults"]["x_one"] == "b" and state["labels"]["x_one"] == "结算方式"
    assert state_of(sales)["labels"]["x_one"] == "付款方式"


def test_a_default_that_is_taken_out_stays_out(sales, own, stored):
    own("x_one", "choice", label="付款方式", default="a")
    opened = sales.get(NEW)
    assert re.search(r'value="a"[^>]* checked', opened.content.decode())
    sales.post(NEW, sent(opened, name="杭州恒源机械有限公司", x_one=""))
    assert stored(Customer.objects.get()) == {}


# --- layouts ----------------------------------------------------------------------------------------------------------------


def test_a_layout_is_chosen_remembered_and_left(sales, ledger):
    EntryTemplate.objects.create(
        ledger=ledger,
        code="quick",
        name="快速录入",
        sections=[{"label": "要点", "fields": ["name"]}],
        kinds=["overseas"],
    )
    assert 'name="english_name"' in sales.get(NEW).content.decode(), "a layout for one kind is nobody's default"
    page = sales.get(f"{NEW}?template=quick").content.decode()
    assert 'name="english_name"' not in page and "全部字段" in page
    assert 'name="english_name"' not in sales.get(NEW).content.decode(), "this browser chose it last"
    assert 'name="english_name"' in sales.get(f"{NEW}?template=-").content.decode()


def test_what_is_required_is_on_every_layout(sales, ledger, own):
    own("x_model", "text", label="设备型号", is_required=True)
    EntryTemplate.objects.create(
        ledger=ledger, code="quick", name="快速录入", sections=[{"label": "要点", "fields": ["name"]}]
    )
    page = sales.get(NEW).content.decode()
    assert 'name="x_model"' in page and "其他必填项" in page


def test_a_layout_for_a_role_is_not_for_others(sales, client_of, ledger):
    EntryTemplate.objects.create(
        ledger=ledger, code="boss", name="主管录入", roles=["manager"], sections=[{"label": "要点", "fields": ["name"]}]
    )
    assert "主管录入" not in sales.get(f"{NEW}?template=boss").content.decode()
    assert "主管录入" in client_of("manager").get(NEW).content.decode()


def template(ledger, *fields, **more):
    sections = [{"label": "要点", "fields": list(fields)}]
    return EntryTemplate.objects.create(ledger=ledger, code="quick", name="快速录入", sections=sections, **more)


@pytest.mark.parametrize("listed", ["contacts", "contact", "mobile"])
def test_a_contact_on_a_layout_brings_the_rows_of_contacts(sales, ledger, listed):
    template(ledger, "name", listed, "mobile", required=["mobile"])
    page = sales.get(NEW).content.decode()
    assert page.count('name="contacts-0-name"') == 1
    assert re.search(r'for="id_contacts-0-mobile">手机<span class="field-required"', page)
    form = sent(sales.get(NEW), name="杭州恒源机械有限公司")
    form |= {"contacts-0-name": "赵敏", "contacts-0-mobile": ""}
    assert "手机必须填写" in sales.post(NEW, form).content.decode()
    assert sales.post(NEW, form | {"contacts-0-mobile": "13800138000"}).status_code == 302
    assert Customer.objects.get().contacts.get().mobile == "13800138000"


def test_a_required_contact_is_on_a_layout_that_leaves_it_out(sales, ledger):
    ledger.parameters = {**ledger.parameters, "required_fields": ["name", "contact"]}
    ledger.save()
    template(ledger, "name")
    page = sales.get(NEW).content.decode()
    assert "其他必填项" in page and 'name="contacts-0-name"' in page


def test_what_a_layout_leaves_out_appears_when_it_becomes_required(sales, ledger, own, actor):
    own("x_deposit", "decimal", label="质保金比例")
    project = Category.objects.create(ledger=ledger, code="GC", name="工程")
    rule_settings.save_setting(ledger, "x_deposit", {"need": "required"}, category=project, by=actor("manager"))
    template(ledger, "name", "category")
    page = sales.get(NEW).content.decode()
    assert re.search(r'class="card form-card has-nothing"', page)
    assert re.search(r'class="field-cell is-inapplicable" data-field="x_deposit"', page)
    chosen = {"template": "quick", "category": str(project.pk)}
    assert "x_deposit" in state_of(sales, template="quick")["hidden"]
    assert "x_deposit" not in state_of(sales, **chosen)["hidden"]
    refused = sales.post(NEW, sent(sales.get(NEW), name="杭州恒源机械有限公司", **chosen)).content.decode()
    assert 'href="#id_x_deposit"' in refused and 'class="card form-card has-nothing"' not in refused


def test_a_rule_makes_its_fields_required_on_the_form(sales, ledger, actor):
    by, vip = actor("manager"), '[客户等级] = "VIP"'
    rule_settings.save_rule(ledger, {"name": "VIP", "when": vip, "required": ["credit_limit"]}, by=by)
    template(ledger, "name", "grade")
    assert "credit_limit" in state_of(sales, template="quick", grade="A")["hidden"]
    state = state_of(sales, template="quick", grade="VIP")
    assert "credit_limit" not in state["hidden"] and "VIP" in state["required"]["credit_limit"]


def test_a_layout_for_one_kind_makes_customers_of_that_kind(sales, ledger):
    template(ledger, "name", kinds=["person"])
    form = sent(sales.get(f"{NEW}?template=quick"), name="赵敏")
    assert "kind" not in form
    assert sales.post(NEW, form).status_code == 302
    assert Customer.objects.get().kind == "person"


def test_a_layout_for_two_kinds_asks_which(sales, ledger):
    template(ledger, "name", kinds=["company", "sole_trader"])
    opened = sales.get(f"{NEW}?template=quick")
    assert sales.post(NEW, sent(opened, name="赵敏商店", kind="sole_trader")).status_code == 302
    assert Customer.objects.get().kind == "sole_trader"


def test_a_category_explains_fields_in_its_own_words(sales, ledger, own, actor):
    own("x_model", "text", label="设备型号", help_text="铭牌上的型号")
    cars = Category.objects.create(ledger=ledger, code="V1", name="乘用车")
    rule_settings.save_setting(ledger, "x_model", {"help_text": "车架号后八位"}, category=cars, by=actor("manager"))
    assert state_of(sales)["helps"] == {"x_model": "铭牌上的型号"}
    assert state_of(sales, category=str(cars.pk))["helps"] == {"x_model": "车架号后八位"}


# --- files --------------------------------------------------------------------------------------------------------------------


def test_a_file_survives_a_refused_form_and_is_downloaded(sales, client_of, own, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    own("x_file", "file", label="营业执照")
    form = sent(sales.get(NEW), name="")
    form["x_file-file"] = SimpleUploadedFile("执照.pdf", b"%PDF-1.4 test", "application/pdf")
    refused = sales.post(NEW, form)
    assert refused.status_code == 422 and "执照.pdf" in refused.content.decode()
    sales.post(NEW, sent(refused, name="杭州恒源机械有限公司"))
    customer = Customer.objects.get()
    address = re.search(r'href="(/l/HZ01/files/[^"]+)"', page_of(sales, customer))[1]
    assert b"".join(sales.get(address).streaming_content) == b"%PDF-1.4 test"
    assert client_of("sales2").get(address).status_code == 404
    sales.post(edit_url(customer), sent(sales.get(edit_url(customer)), **{"x_file-clear": "on"}))
    assert Customer.objects.get().custom_values == {}


def test_a_file_of_a_wrong_kind_is_refused_at_its_field(sales, own):
    own("x_file", "file", label="营业执照")
    form = sent(sales.get(NEW), name="杭州恒源机械有限公司")
    form["x_file-file"] = SimpleUploadedFile("a.exe", b"MZ", "application/octet-stream")
    response = sales.post(NEW, form)
    assert response.status_code == 422 and 'href="#id_x_file"' in response.content.decode()
    assert not Customer.objects.exists()


# --- who may see what ----------------------------------------------------------------------------------------------------------


CANARY = "CANARY-7319"


@pytest.mark.parametrize(("level", "sees"), [(Level.HIDDEN, False), (Level.MASKED, False), (Level.READ, True)])
def test_a_field_that_is_not_his_is_nowhere(client_of, ledger, own, save, add_customer, level, sees):
    own("x_secret", "text", label="底价", in_list=True, is_sensitive=True)
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    save({"x_secret": CANARY}, of=customer)
    FieldRule.objects.create(role=Role.objects.get(ledger=ledger, code="sales"), field="x_secret", level=level)
    sales = client_of("sales1")
    pages = {
        "detail": page_of(sales, customer),
        "form": sales.get(edit_url(customer)).content.decode(),
        "list": sales.get("/l/HZ01/customers/").content.decode(),
        "history": sales.get(f"/l/HZ01/customers/{customer.pk}/?tab=history").content.decode(),
    }
    assert {name: CANARY in page for name, page in pages.items()} == dict.fromkeys(pages, sees)
    assert 'name="x_secret"' not in pages["form"]
    if level == Level.HIDDEN:
        assert not any("底价" in page for page in pages.values())


def test_a_formula_over_a_hidden_field_is_not_told(client_of, ledger, own, add_customer):
    own("x_cost", "money", label="底价")
    own("x_sum", "formula", label="加一", formula="[x_cost] + 1", formula_kind="number")
    for key in ("x_cost", "x_sum"):
        FieldRule.objects.create(role=Role.objects.get(ledger=ledger, code="sales"), field=key, level=Level.HIDDEN)
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1", x_cost="7318")
    sales = client_of("sales1")
    assert "7319" not in sales.get(edit_url(customer)).content.decode()
    state = state_of(sales, customer=str(customer.pk), grade="A")
    assert "x_sum" not in state["computed"] and "x_cost" not in state["required"]


def test_another_customer_out_of_sight_has_no_name_and_no_link(client_of, own, save, add_customer, stored):
    own("x_ref", "customer", label="上级集团")
    theirs = add_customer(name="机密集团有限公司", owner="sales2")
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    save({"x_ref": theirs.number}, of=customer)
    sales = client_of("sales1")
    opened = sales.get(edit_url(customer))
    for page in (page_of(sales, customer), opened.content.decode()):
        assert "机密集团" not in page and theirs.number not in page and f"/customers/{theirs.pk}/" not in page
    sales.post(edit_url(customer), sent(opened, short_name="恒源"))
    assert stored(customer) == {"x_ref": theirs.pk}, "what he cannot see he does not change"
    picked = sales.post("/l/HZ01/customers/pick/", {"q": "机密"}).content.decode()
    assert "机密集团" not in picked


def test_the_state_of_an_invisible_customer_is_not_told(client_of, add_customer, ledger):
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    assert client_of("sales2").post("/l/HZ01/customers/state/", {"customer": customer.pk}).status_code == 404
    assert client_of("viewer").post("/l/HZ01/customers/state/", {}).status_code == 403


@pytest.mark.parametrize(
    ("text", "link"),
    [("javascript:alert(1)", ""), ("JAVASCRIPT:x", ""), ("data:text/html,x", ""), ("https://a.cn/b", "https://a.cn/b"),
     ("www.a.cn", "https://www.a.cn")],
)  # fmt: skip
def test_only_web_addresses_become_links(text, link):
    from customers.views.facts import safe_address

    assert safe_address(text) == link


# --- two hundred fields ---------------------------------------------------------------------------------------------------------


def test_a_form_of_two_hundred_fields_costs_no_more_queries(sales, own, django_assert_max_num_queries, add_customer):
    customer = add_customer(name="杭州恒源机械有限公司", owner="sales1")
    for at in range(200):
        own(f"x_f{at}", ("text", "integer", "choice", "date")[at % 4], label=f"字段{at}", group=f"第{at // 40 + 1}组")
    with django_assert_max_num_queries(44):
        page = sales.get(edit_url(customer)).content.decode()
    assert "data-field-search" in page and page.count("<details") >= 5
