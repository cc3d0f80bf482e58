"""复制与比较: what differs from another set, a template or a file, in words; ticked items come over together or not at all."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import Category, EntryTemplate, Tag
from customers.settings import categories
from ledgers.models import Ledger
from ledgers.services import configuration, creating, members, states
from ledgers.services.parameters import change_parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(users, ledger) -> Ledger:
    """NB02, of which the same manager is manager, differing from HZ01 in a parameter, a category and two tags."""
    made = creating.create_draft(code="NB02", name="宁波客户账套", by=users["manager"], fiscal_year=2026)
    creating.activate(made, by=users["manager"])
    made.refresh_from_db()
    change_parameters(made, {"name_policy": "block"}, by=None)
    top = Category.objects.get(ledger=made, code="ZD")
    categories.save(made, code="ZD1", name="战略客户", parent=top, by=None)
    Tag.objects.create(ledger=made, name="展会")
    Tag.objects.create(ledger=ledger, name="仅这里")
    return made


def page(ledger):
    return reverse("ledger_compare", args=[ledger.code])


def differences(answer):
    return {(row.section, row.key): row for group in answer.context["groups"] for row in group["rows"]}


def test_differences_in_words(client_of, ledger, second):
    found = differences(client_of("manager").get(page(ledger), {"source": "set:NB02"}))
    assert found["parameters", "name_policy"].lines == [("取值", "提示，说明原因后可保存", "禁止")]
    assert (found["categories", "ZD1"].kind, found["categories", "ZD1"].name) == ("missing", "战略客户 ZD1")
    assert found["tags", "展会"].kind == "missing"
    assert found["tags", "仅这里"].kind == "extra"
    assert not found["tags", "仅这里"].can_apply


def test_ticked_items_come_over_and_nothing_else(client_of, ledger, second, users):
    browser = client_of("manager")
    found = differences(browser.get(page(ledger), {"source": "set:NB02"}))
    tokens = [found["categories", "ZD1"].token, found["parameters", "name_policy"].token]
    answer = browser.post(page(ledger) + "apply/", {"source": "set:NB02", "token": tokens}, follow=True)
    assert "已套用 2 项配置" in answer.text
    fresh = Ledger.objects.get(pk=ledger.pk)
    assert fresh.parameter("name_policy") == "block"
    assert Category.objects.get(ledger=ledger, code="ZD1").parent.code == "ZD"
    assert not Tag.objects.filter(ledger=ledger, name="展会").exists()
    event = fresh.events.first()
    assert event.by == users["manager"]
    assert "宁波客户账套" in event.detail
    assert "战略客户" in event.detail


def test_what_changed_meanwhile_is_not_overwritten(client_of, ledger, second):
    browser = client_of("manager")
    token = differences(browser.get(page(ledger), {"source": "set:NB02"}))["parameters", "name_policy"].token
    change_parameters(ledger, {"name_policy": "allow"}, by=None)
    answer = browser.post(page(ledger) + "apply/", {"source": "set:NB02", "token": [token]})
    assert "已被修改" in answer.text
    assert Ledger.objects.get(pk=ledger.pk).parameter("name_policy") == "allow"


def test_a_refusal_names_the_item_and_nothing_comes_over(client_of, ledger, second):
    browser = client_of("manager")
    categories.save(second, code="ZD2", name="再下级", parent=Category.objects.get(ledger=second, code="ZD1"), by=None)
    found = differences(browser.get(page(ledger), {"source": "set:NB02"}))
    tokens = [found["categories", "ZD2"].token, found["tags", "展会"].token]  # its parent is not ticked
    answer = browser.post(page(ledger) + "apply/", {"source": "set:NB02", "token": tokens})
    assert "客户分类「再下级 ZD2」：上级分类「ZD1」不存在" in answer.text
    assert not Tag.objects.filter(ledger=ledger, name="展会").exists()
    assert found["tags", "展会"].token in answer.context["ticked"]  # the ticks are still there


def test_nothing_ticked(client_of, ledger, second):
    answer = client_of("manager").post(page(ledger) + "apply/", {"source": "set:NB02"})
    assert "没有选中任何差异" in answer.text


def test_what_was_decided_when_the_set_was_made_is_only_shown(client_of, ledger, users):
    other = creating.create_draft(
        code="US01", name="美元账套", by=users["manager"], fiscal_year=2026, base_currency="USD"
    )
    creating.activate(other, by=users["manager"])
    browser = client_of("manager")
    row = differences(browser.get(page(ledger), {"source": "set:US01"}))["basics", "base_currency"]
    assert not row.can_apply
    browser.post(page(ledger) + "apply/", {"source": "set:US01", "token": [row.token]})
    assert Ledger.objects.get(pk=ledger.pk).base_currency == "CNY"


def test_only_sets_that_one_may_configure(client_of, ledger, other_ledger, users):
    browser = client_of("manager")
    assert "SH02" not in browser.get(page(ledger)).text
    for reference in ("set:SH02", "set:NONE", "file:x", "template:farm"):
        answer = browser.get(page(ledger), {"source": reference})
        assert answer.status_code == 422
        assert not answer.context["groups"]
    members.add_member(other_ledger, users["manager"], "viewer")
    assert browser.get(page(ledger), {"source": "set:SH02"}).status_code == 422


def test_roles_are_for_those_who_give_them(client_of, ledger, second, users):
    """Who configures but has no say over members neither sees roles nor changes them by a file."""
    role = ledger.roles.get(code="service")
    role.rights = ["view", "configure"]
    role.save()
    browser = client_of("service")
    roles = {"x": {"name": "全权", "rights": ["view", "configure", "members"]}}
    text = json.dumps({"format": 1, "sections": {"roles": roles, "tags": {"新": {}}}})
    answer = browser.post(page(ledger), {"file": SimpleUploadedFile("a.json", text.encode())})
    assert {section for section, _key in differences(answer)} == {"tags"}
    source = configuration.parse(text, "a.json")["sections"]
    tokens = [
        row.token for rows in configuration.compare(source, configuration.read(ledger), ledger).values() for row in rows
    ]
    browser.post(page(ledger) + "apply/", {"document": text, "name": "a.json", "token": tokens})
    assert not ledger.roles.filter(code="x").exists()
    assert "roles" not in browser.get(reverse("configuration_file", args=[ledger.code])).json()["sections"]


def test_a_file_against_the_set(client_of, ledger, second):
    browser = client_of("manager")
    saved = browser.get(reverse("configuration_file", args=[second.code]))
    assert "NB02-configuration.json" in saved["Content-Disposition"]
    upload = SimpleUploadedFile("宁波.json", saved.content, content_type="application/json")
    answer = browser.post(page(ledger), {"file": upload})
    found = differences(answer)
    assert ("categories", "ZD1") in found
    data = {"document": answer.context["source"].text, "name": "宁波.json", "token": [found["tags", "展会"].token]}
    done = browser.post(page(ledger) + "apply/", data)
    assert "已套用 1 项配置" in done.text
    assert Tag.objects.filter(ledger=ledger, name="展会").exists()
    assert "文件「宁波.json」" in ledger.events.first().detail


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "第 1 行"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'{"format": 1, "sections": {"categories": {"A": {}}}}', "缺少「name」"),
        (b" " * (513 * 1024), "512 KB"),
    ],
)
def test_a_bad_file_is_refused_with_its_name(client_of, ledger, content, words):
    answer = client_of("manager").post(page(ledger), {"file": SimpleUploadedFile("坏.json", content)})
    assert answer.status_code == 422
    assert words in answer.text
    assert client_of("manager").post(page(ledger)).status_code == 422


def test_an_archived_set_may_be_looked_at_and_copied_from(client_of, ledger, second, users):
    states.change_state(second, "suspended", by=None)
    states.change_state(second, "archived", by=None, reason="结束")
    browser = client_of("manager")
    found = differences(browser.get(page(ledger), {"source": "set:NB02"}))
    assert ("tags", "展会") in found
    back = differences(browser.get(page(second), {"source": "set:HZ01"}))
    answer = browser.post(page(second) + "apply/", {"source": "set:HZ01", "token": [back["tags", "仅这里"].token]})
    assert "已归档" in answer.text
    assert not Tag.objects.filter(ledger=second, name="仅这里").exists()


def test_templates_are_sources_too(client_of, ledger):
    answer = client_of("manager").get(page(ledger), {"source": "template:manufacturing"})
    found = differences(answer)
    assert found["numbering", "客户编码规则"].kind == "changed"
    tokens = [row.token for row in found.values() if row.can_apply]
    done = client_of("manager").post(
        page(ledger) + "apply/", {"source": "template:manufacturing", "token": tokens}, follow=True
    )
    assert f"已套用 {len(tokens)} 项配置" in done.text
    left = differences(client_of("manager").get(page(ledger), {"source": "template:manufacturing"}))
    assert {row.kind for row in left.values()} == {"extra"}


def test_more_ticks_than_a_form_may_hold_come_in_one_value(client_of, ledger, second, settings):
    """The page's script joins them; the limit on values of a form stays as it is."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    browser = client_of("manager")
    found = differences(browser.get(page(ledger), {"source": "set:NB02"}))
    tokens = [found["categories", "ZD1"].token, found["parameters", "name_policy"].token, found["tags", "展会"].token]
    answer = browser.post(page(ledger) + "apply/", {"source": "set:NB02", "tokens": " ".join(tokens)}, follow=True)
    assert "已套用 3 项配置" in answer.text
    stale = browser.post(page(ledger) + "apply/", {"source": "set:NB02", "tokens": "nothing such"})
    assert "2 项在您查看之后已被修改" in stale.text


def test_a_layout_with_rows_of_a_part_travels(client_of, ledger, second):
    sections = [{"label": "要点", "fields": ["name", "contacts"]}]
    EntryTemplate.objects.create(ledger=second, code="quick", name="快速录入", sections=sections)
    browser = client_of("manager")
    found = differences(browser.get(page(ledger), {"source": "set:NB02"}))
    line = found["entry_templates", "quick"]
    assert ("版面", "", "要点：客户名称、联系人") in line.lines
    browser.post(page(ledger) + "apply/", {"source": "set:NB02", "token": [line.token]})
    assert EntryTemplate.objects.get(ledger=ledger, code="quick").sections == sections
