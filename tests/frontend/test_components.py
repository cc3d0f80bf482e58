"""The templates others build pages from, rendered: what they need, what they escape, what they tie together by id."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from ui_samples import ContactFormSet, CustomerForm, frame

ERRORS = ("400", "403", "404", "409", "413", "500", "503", "csrf")


def component(template: str, **inputs) -> str:
    return " ".join(render_to_string(f"components/{template}.html", inputs).split())


def test_the_frame_needs_no_context():
    page = render_to_string("base.html")
    assert '<main class="page-main" id="main"' in page
    assert "ledger-menu" not in page
    assert "user-menu" not in page


def test_the_frame_shows_person_set_and_place():
    page = render_to_string("base.html", frame())
    assert 'action="/l/HZ01/customers/"' in page
    assert "杭州客户账套" in page and "上海客户账套" in page
    assert "陈晓明" in page
    assert page.count('aria-current="page"') == 2  # sidebar and bottom bar
    assert "token-of-the-page" in page
    assert page.count('class="sidebar-group"') == 1


def test_bottom_bar_has_the_first_four_entries():
    bar = render_to_string("components/bottom_bar.html", frame())
    assert bar.count("<a ") == 4
    assert "字段" not in bar


@pytest.mark.parametrize("name", ERRORS)
def test_error_page_says_what_to_do_and_names_the_request(name):
    page = render_to_string(f"errors/{name}.html", {"request_id": "7f3a9c12"})
    assert "7f3a9c12" in page
    assert re.search(r"<h1>\s*\S+", page)
    assert re.search(r"data-error-message>\s*[^<\s]{8,}", page)


def test_error_page_prefers_the_message_it_is_given():
    page = render_to_string("errors/409.html", {"message": "<b>该客户正在审批中</b>"})
    assert "&lt;b&gt;该客户正在审批中" in page


@pytest.mark.parametrize("name", ["500", "503"])
def test_last_resort_pages_do_not_ask_for_hashed_names(name, monkeypatch):
    """A missing manifest may be the very fault that is being reported."""

    def fail(path):
        raise ValueError(path)

    monkeypatch.setattr(staticfiles_storage, "url", fail)
    assert "css/app.css" in render_to_string(f"errors/{name}.html")


def test_field_ties_help_and_error_to_the_control():
    html = component("field", field=CustomerForm({"name": ""})["name"])
    described = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()
    assert described == ["id_name_helptext", "id_name_error"]
    assert all(f'id="{one}"' in html for one in described)
    assert 'aria-invalid="true"' in html
    assert "field-required" in html


def test_field_without_duty_has_no_star():
    assert "field-required" not in component("field", field=CustomerForm()["remark"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grade", "<fieldset"),
        ("tags", "<legend"),
        ("is_open", 'class="check"'),
        ("category", "<select"),
        ("remark", "field-textarea"),
    ],
)
def test_field_follows_the_kind_of_widget(name, expected):
    assert expected in component("field", field=CustomerForm()[name])


def test_hidden_field_is_only_the_control():
    assert component("field", field=CustomerForm()["version"]).startswith("<input")


def test_field_with_unit():
    html = component("field", field=CustomerForm()["limit"], prefix="¥", suffix="元")
    assert re.search(r"with-affix.*¥.*<input.*元", html)


def test_help_text_written_by_users_is_escaped():
    unsafe, safe = CustomerForm(), CustomerForm()
    unsafe.fields["name"].help_text = "<img src=x>"
    safe.fields["name"].help_text = mark_safe("<ul><li>至少 12 位</li></ul>")
    assert "<img" not in component("field", field=unsafe["name"])
    assert "<li>至少 12 位</li>" in component("field", field=safe["name"])


def test_form_errors_link_to_the_fields():
    html = component("form_errors", form=CustomerForm({"name": ""}))
    assert 'href="#id_name"' in html
    assert component("form_errors", form=CustomerForm()) == ""


def test_formset_offers_an_empty_row_and_keeps_the_stored_ones():
    html = component("formset", formset=ContactFormSet(initial=[{"name": "王建国"}], prefix="contacts"))
    assert 'name="contacts-TOTAL_FORMS" value="1"' in html
    assert 'name="contacts-0-name" value="王建国"' in html
    assert 'name="contacts-__prefix__-name"' in html.partition("<template")[2]


def test_empty_value_of_a_fact_is_a_dash():
    assert "—" in component("fact", label="英文名", value="")
    assert "—" in component("fact", label="英文名", value=None)
    assert "0" in component("fact", label="欠款", value=0)


def test_masked_fact_cannot_be_copied():
    assert "data-copy" in component("fact", label="电话", value="13800138000", copy=True)
    assert "data-copy" not in component("fact", label="电话", value="138****8000", copy=True, masked=True)


def test_finished_job_is_not_asked_for_again():
    asked = component("progress", label="导入", poll_url="/jobs/1/", percent=0)
    assert 'hx-get="/jobs/1/"' in asked and 'value="0"' in asked
    assert "hx-get" not in component("progress", label="导入", poll_url="/jobs/1/", finished=True)


def test_job_of_unknown_length_has_no_value():
    assert "value=" not in component("progress", label="导入", poll_url="/jobs/1/")


def test_pager_at_both_ends():
    html = component("pagination_keyset", next_url="?after=5", count_text="约 12,345 条")
    assert 'rel="next"' in html and 'rel="prev"' not in html
    assert "约 12,345 条" in html
    assert "btn" not in component("pagination_keyset", count_text="共 3 条")


@pytest.mark.parametrize(("name", "shown"), [("陈晓明", "晓明"), ("王芳", "王芳"), ("欧阳锋", "阳锋"), ("", "")])
def test_avatar_shows_two_characters(name, shown):
    assert f">{shown}</span>" in component("avatar", name=name)


def test_messages_take_the_tone_of_their_level():
    html = component("messages", messages=[SimpleNamespace(level_tag="error", message="编号重复")])
    assert 'data-tone="danger"' in html and 'role="alert"' in html


def test_login_fills_in_demo_logins_only_when_given():
    plain = render_to_string("accounts/login.html", {"form": SimpleNamespace()})
    assert "data-fill-login" not in plain
    demo = {"form": SimpleNamespace(), "demo_logins": [{"username": "sales1", "label": "销售"}], "demo_password": "p"}
    assert 'data-fill-login="sales1" data-fill-password="p"' in render_to_string("accounts/login.html", demo)


@pytest.mark.parametrize("name", ["logged_out", "password_change_done"])
def test_small_account_pages_render(name):
    assert "btn-primary" in render_to_string(f"accounts/{name}.html")


def test_password_change_shows_its_fields():
    assert 'name="name"' in render_to_string("accounts/password_change.html", {"form": CustomerForm()})
