"""字段设计: a manager builds fields, choice sets, layouts and rules on pages, and is told first what no longer fits."""

import pytest

from customers.fields import Catalogue
from customers.models import Category, ChoiceSet, CustomField, EntryTemplate, FieldSetting, ValidationRule
from customers.rulebook import settings as rule_settings
from ledgers.models import Ledger, LedgerEvent

pytestmark = pytest.mark.django_db

BASE = "/l/HZ01/settings/"


@pytest.fixture
def manager(client_of, ledger):
    return client_of("manager")


def text_of(response) -> str:
    return response.content.decode()


# --- the table --------------------------------------------------------------------------------------------------------


def test_the_table_shows_built_in_and_own_fields_in_their_groups(manager, own):
    own("x_area", "decimal", label="营业面积", group="经营情况")
    page = text_of(manager.get(f"{BASE}fields/"))
    assert "营业面积" in page and "x_area" in page and "经营情况" in page
    assert "信用额度" in page and "credit_limit" in page


def test_a_built_in_field_is_renamed_and_taken_out_of_use_in_place(manager, ledger):
    response = manager.post(
        f"{BASE}fields/save/",
        {"field": "short_name", "label": "常用名", "need": "hidden", "accept": "1"},
        HTTP_HX_REQUEST="true",
    )
    assert response.status_code == 200 and "is-saved" in text_of(response)
    assert FieldSetting.objects.get(ledger=ledger, field="short_name").label == "常用名"
    assert "short_name" in {each.key for each in Catalogue.of(ledger).unused}
    form = text_of(manager.get("/l/HZ01/customers/new/"))
    assert 'name="short_name"' not in form
    page = text_of(manager.get(f"{BASE}fields/"))
    assert "常用名" in page, "a field that is not used stays in the design"
    assert LedgerEvent.objects.filter(ledger=ledger, kind=LedgerEvent.Kind.SETTINGS).exists()


def test_what_no_longer_fits_is_told_before_it_is_saved(manager, ledger, add_customer):
    add_customer(name="杭州恒源机械有限公司")
    asked = manager.post(f"{BASE}fields/save/", {"field": "legal_person", "need": "required"}, HTTP_HX_REQUEST="true")
    assert "1 个不符合" in text_of(asked) and "仍然保存" in text_of(asked)
    assert not FieldSetting.objects.filter(ledger=ledger, field="legal_person").exists()
    manager.post(
        f"{BASE}fields/save/", {"field": "legal_person", "need": "required", "accept": "1"}, HTTP_HX_REQUEST="true"
    )
    assert "legal_person" in Catalogue.of(ledger).required


def test_columns_of_contacts_are_named_and_taken_out_of_use(manager, ledger):
    assert manager.get(f"{BASE}fields/said/contacts.wechat/").status_code == 200
    manager.post(f"{BASE}fields/said/contacts.wechat/", {"label": "企业微信", "need": ""})
    manager.post(f"{BASE}fields/save/", {"field": "contacts.birthday", "label": "", "need": "hidden", "accept": "1"})
    form = text_of(manager.get("/l/HZ01/customers/new/"))
    assert "企业微信" in form and "contacts-0-birthday" not in form
    page = text_of(manager.get(f"{BASE}fields/"))
    assert "contacts.birthday" in page and "联系人（每一行）" in page


def test_a_category_says_its_own_and_inherits_the_rest(manager, ledger, actor):
    vip = Category.objects.create(ledger=ledger, code="V1", name="大客户")
    rule_settings.save_setting(ledger, "source", {"label": "获客渠道"}, by=actor("manager"))
    manager.post(f"{BASE}fields/save/", {"field": "source", "label": "", "need": "required", "category": vip.pk})
    said = FieldSetting.objects.get(ledger=ledger, field="source", category=vip)
    assert (said.label, said.need) == ("", "required")
    page = text_of(manager.get(f"{BASE}fields/?category={vip.pk}"))
    assert 'placeholder="获客渠道"' in page


def test_a_field_moves_before_another_and_into_its_group(manager, ledger, own):
    own("x_area", "decimal", label="营业面积", group="经营情况")
    manager.post(f"{BASE}fields/order/", {"field": "x_area", "before": "grade", "group": "basic"})
    keys = [each.key for each in Catalogue.of(ledger).fields if each.group == "basic"]
    assert keys.index("x_area") == keys.index("grade") - 1


def test_conditions_are_written_in_words_and_kept_by_key(manager, ledger):
    response = manager.post(
        f"{BASE}fields/said/credit_days/", {"visible_when": "[客户等级] = VIP 级", "required_when": ""}
    )
    assert response.status_code == 200 and "[客户等级] = VIP 级" in text_of(response), "a fault stays on the page"
    saved = manager.post(f"{BASE}fields/said/credit_days/", {"visible_when": '[客户等级] = "VIP"', "required_when": ""})
    assert saved.status_code == 302
    assert FieldSetting.objects.get(ledger=ledger, field="credit_days").visible_when == '[grade] = "VIP"'
    assert "显示：客户等级 = VIP" in text_of(manager.get(f"{BASE}fields/"))


# --- own fields ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", CustomField.Type.values)
def test_every_type_has_a_page_with_only_its_options(manager, type):
    page = text_of(manager.get(f"{BASE}fields/new/{type}/"))
    assert ('name="pattern"' in page) == (type == "text")
    assert ('name="decimals"' in page) == (type in ("decimal", "money", "formula"))
    assert ('name="formula"' in page) == (type == "formula")
    assert ('name="choice_set"' in page) == (type in ("choice", "multi_choice"))


def test_a_choice_field_brings_its_options_along(manager, ledger):
    response = manager.post(
        f"{BASE}fields/new/choice/",
        {
            "label": "付款方式",
            "group": "基本信息",
            "choice_set": "new",
            "lines": "月结\n现结\n月结",
            "is_filterable": "on",
        },
    )
    assert response.status_code == 302
    made = CustomField.objects.get(ledger=ledger)
    assert (made.label, made.group, made.key) == ("付款方式", "basic", "x_fukuanfangshi")
    assert [each["label"] for each in made.choice_set.options] == ["月结", "现结"]


def test_a_choice_field_without_options_is_refused_at_the_field(manager, ledger):
    response = manager.post(f"{BASE}fields/new/choice/", {"label": "付款方式", "choice_set": "new", "lines": ""})
    assert response.status_code == 422 and "请至少写一个选项" in text_of(response)
    assert not CustomField.objects.exists() and not ChoiceSet.objects.exists()


def test_the_preview_is_the_control_of_the_form(manager):
    page = text_of(
        manager.post(f"{BASE}fields/new/choice/preview/", {"label": "级别", "choice_set": "new", "lines": "甲\n乙"})
    )
    assert "级别" in page and "甲" in page and 'type="radio"' in page


def test_a_tighter_limit_lists_what_is_stored_first(manager, ledger, own, save, add_customer):
    field = own("x_model", "text", label="设备型号")
    customer = add_customer(name="杭州恒源机械有限公司")
    save({"x_model": "很长的型号名称"}, of=customer)
    sent = {"label": "设备型号", "group": "", "help_text": "", "max_length": "3", "is_filterable": "on"}
    asked = manager.post(f"{BASE}fields/{field.pk}/", sent)
    assert asked.status_code == 422 and "很长的型号名称" in text_of(asked) and "杭州恒源机械有限公司" in text_of(asked)
    assert CustomField.objects.get(pk=field.pk).max_length is None
    assert manager.post(f"{BASE}fields/{field.pk}/", sent | {"accept_unfit": "1"}).status_code == 302
    assert CustomField.objects.get(pk=field.pk).max_length == 3


def test_becoming_required_names_who_has_nothing(manager, own, add_customer):
    field = own("x_model", "text", label="设备型号")
    add_customer(name="杭州恒源机械有限公司")
    sent = {"label": "设备型号", "is_required": "on", "is_filterable": "on"}
    asked = text_of(manager.post(f"{BASE}fields/{field.pk}/", sent))
    assert "有 1 位客户还没有填这个字段" in asked and "杭州恒源机械有限公司" in asked
    assert not CustomField.objects.get(pk=field.pk).is_required
    manager.post(f"{BASE}fields/{field.pk}/", sent | {"accept_unfit": "1"})
    assert CustomField.objects.get(pk=field.pk).is_required


def test_another_type_shows_what_is_lost(manager, own, save, add_customer):
    field = own("x_size", "text", label="规模")
    for name, value in (("杭州恒源机械有限公司", "120"), ("宁波蓝盛贸易有限公司", "大")):
        save({"x_size": value}, of=add_customer(name=name))
    page = text_of(manager.get(f"{BASE}fields/{field.pk}/type/?type=integer"))
    assert "宁波蓝盛贸易有限公司" in page and "清空不能转换的 1 个内容" in page
    refused = manager.post(f"{BASE}fields/{field.pk}/type/", {"type": "integer"}, follow=True)
    assert "不能转换" in text_of(refused) and CustomField.objects.get(pk=field.pk).type == "text"
    manager.post(f"{BASE}fields/{field.pk}/type/", {"type": "integer", "clear_lost": "1"})
    assert CustomField.objects.get(pk=field.pk).state == CustomField.State.CONVERTING


def test_options_are_made_of_the_values_and_none_by_looking(manager, own, save, add_customer):
    field = own("x_pay", "text", label="付款方式")
    save({"x_pay": "月结"}, of=add_customer(name="杭州恒源机械有限公司"))
    page = text_of(manager.get(f"{BASE}fields/{field.pk}/type/?type=choice"))
    assert "由现有内容生成选项" in page and not ChoiceSet.objects.exists(), "a preview leaves nothing behind"
    manager.post(f"{BASE}fields/{field.pk}/type/", {"type": "choice"})
    assert [each["label"] for each in ChoiceSet.objects.get().options] == ["月结"]


def test_through_the_recycle_bin_and_back(manager, own):
    field = own("x_model", "text", label="设备型号")
    act = f"{BASE}fields/{field.pk}/state/"
    for word, state in (("disable", "disabled"), ("delete", "deleted"), ("restore", "disabled"), ("enable", "active")):
        manager.post(act, {"act": word})
        assert CustomField.objects.get(pk=field.pk).state == state
    assert manager.post(act, {"act": "nonsense"}).status_code == 404


# --- choice sets ----------------------------------------------------------------------------------------------------------


def rows_of(*labels: str, **more) -> dict[str, str]:
    sent = {"options-TOTAL_FORMS": str(len(labels)), "options-INITIAL_FORMS": "0", "code": "", "lines": ""}
    for at, label in enumerate(labels):
        sent |= {f"options-{at}-label": label, f"options-{at}-is_active": "on", f"options-{at}-ORDER": str(at)}
    return sent | more


def test_options_are_pasted_coloured_and_ordered(manager, ledger):
    manager.post(
        f"{BASE}choice-sets/new/",
        rows_of("月结", name="付款方式", lines="现结\n月结\n预付", **{"options-0-colour": "green"}),
    )
    made = ChoiceSet.objects.get(ledger=ledger)
    assert [(each["label"], each["colour"]) for each in made.options] == [("月结", "green"), ("现结", ""), ("预付", "")]


def test_an_option_in_use_cannot_go(manager, own, save, add_customer):
    own("x_level", "choice", label="级别")
    save({"x_level": "甲级"}, of=add_customer(name="杭州恒源机械有限公司"))
    made = ChoiceSet.objects.get()
    assert "1 位客户" in text_of(manager.get(f"{BASE}choice-sets/{made.pk}/"))
    response = manager.post(f"{BASE}choice-sets/{made.pk}/", rows_of("乙级", name="级别"))
    assert response.status_code == 422 and "甲级" in text_of(response)


# --- layouts ----------------------------------------------------------------------------------------------------------------


def test_a_layout_is_built_copied_and_followed_by_the_form(manager, ledger):
    response = manager.post(
        f"{BASE}entry-templates/new/",
        {
            "name": "快速录入", "code": "quick", "sections": "要点\n联系", "is_active": "on", "position": "",
            "section-name": "1", "order-name": "1", "section-grade": "1", "order-grade": "2", "required-grade": "on",
            "section-contacts": "2", "default-grade": "B 级",
        },
    )  # fmt: skip
    assert response.status_code == 302, text_of(response)
    made = EntryTemplate.objects.get(ledger=ledger)
    assert made.sections == [{"label": "要点", "fields": ["name", "grade"]}, {"label": "联系", "fields": ["contacts"]}]
    assert (made.required, made.defaults) == (["grade"], {"grade": "B"})
    form = text_of(manager.get("/l/HZ01/customers/new/"))
    assert 'name="grade"' in form and 'name="english_name"' not in form and 'value="B" selected' in form
    manager.post(f"{BASE}entry-templates/{made.pk}/duplicate/")
    copy = EntryTemplate.objects.exclude(pk=made.pk).get()
    assert copy.sections == made.sections and not copy.is_active


# --- rules and formulas -------------------------------------------------------------------------------------------------------


def test_a_rule_is_tried_before_it_is_saved(manager, ledger, add_customer):
    customer = add_customer(name="杭州恒源机械有限公司", grade="VIP")
    add_customer(name="宁波蓝盛贸易有限公司", grade="A")
    sent = {
        "name": "VIP 要有信用额度",
        "when": '[客户等级] = "VIP"',
        "required": ["credit_limit"],
        "severity": "error",
        "is_active": "on",
    }
    one = text_of(manager.post(f"{BASE}rules/try/", sent | {"number": customer.number}))
    assert "信用额度必须填写" in one
    every = text_of(manager.post(f"{BASE}rules/try/", sent))
    assert "1 个不符合" in every and "杭州恒源机械有限公司" in every and "宁波蓝盛" not in every
    assert not ValidationRule.objects.exists()
    manager.post(f"{BASE}rules/new/", sent)
    assert ValidationRule.objects.get(ledger=ledger).when == '[grade] = "VIP"'
    assert "客户等级 = VIP" in text_of(manager.get(f"{BASE}rules/"))


def test_a_formula_is_checked_while_it_is_written(manager, own, save, add_customer):
    own("x_buy", "money", label="年采购额")
    save({"x_buy": "1000"}, of=add_customer(name="杭州恒源机械有限公司"))
    sound = text_of(
        manager.post(f"{BASE}fields/check/", {"of": "formula", "formula": "[年采购额] * 2", "kind": "formula"})
    )
    assert "公式可以使用" in sound and "2000" in sound and "杭州恒源机械有限公司" in sound
    faulty = text_of(
        manager.post(f"{BASE}fields/check/", {"of": "formula", "formula": "[年采购额] * * 2", "kind": "formula"})
    )
    assert "第 10 个字符" in faulty and "<mark>*</mark>" in faulty
    own_self = manager.post(
        f"{BASE}fields/check/", {"of": "formula", "formula": "[年采购额] + 1", "kind": "formula", "own_key": "x_buy"}
    )
    assert "不能引用它自己" in text_of(own_self)


# --- who may ------------------------------------------------------------------------------------------------------------------


def test_an_archived_set_shows_its_design_and_takes_nothing(manager, ledger, own):
    own("x_model", "text", label="设备型号")
    Ledger.objects.filter(pk=ledger.pk).update(state=Ledger.State.ARCHIVED)
    page = text_of(manager.get(f"{BASE}fields/"))
    assert "设备型号" in page and "新增字段" not in page
    manager.post(f"{BASE}fields/save/", {"field": "short_name", "label": "常用名"})
    assert not FieldSetting.objects.exists()


def test_fields_of_another_set_are_not_there(manager, other_ledger, own):
    field = own("x_theirs", "text", label="别家字段", ledger=other_ledger)
    assert manager.get(f"{BASE}fields/{field.pk}/").status_code == 404
    assert manager.post(f"{BASE}fields/{field.pk}/state/", {"act": "delete"}).status_code == 404
