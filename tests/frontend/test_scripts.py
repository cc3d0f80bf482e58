"""The small scripts in a real browser, each as a clerk meets it."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from ui_samples import ContactFormSet, LoginForm, UploadForm, frame, gallery

pytestmark = pytest.mark.journey

GALLERY = Path(__file__).parent / "gallery.html"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_component_is_accessible_and_keeps_the_policy(show, dark, phone):
    page, site = show(GALLERY.read_text(), gallery(), dark=dark, phone=phone)
    assert page.locator("html").get_attribute("data-bs-theme") == ("dark" if dark else "light")
    assert site.complaints == []
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_layout_holds_with_endless_names(show, framed, phone):
    long = "Unbrechbar" * 30
    context = frame(long=long, messages=[SimpleNamespace(level_tag="info", message=long)])
    context["request"].user.name = context["ledgers"][0].name = context["nav"][0]["label"] = long
    source = framed(
        """{% include "components/page_header.html" with title=long subtitle=long only %}
        <section class="card"><div class="card-header"><h2 class="card-title">{{ long }}</h2></div>
        <dl class="facts card-body">{% include "components/fact.html" with label="名称" value=long only %}</dl></section>
        <div class="chips">{% include "components/chip.html" with label="名称" value=long only %}</div>
        {% include "components/empty.html" with title=long text=long only %}
        <div class="table-scroll"><table class="data-table as-cards"><tr><td class="cell-main">{{ long }}</td></tr></table></div>"""
    )
    page, _site = show(source, context, phone=phone)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".topbar").bounding_box()["height"] < 60


def test_login_page_fills_a_demo_login_and_shows_the_password(show):
    demo = {"demo_logins": [{"username": "sales1", "label": "销售"}], "demo_password": "demo-pass"}
    page, site = show('{% extends "accounts/login.html" %}', {"form": LoginForm()} | demo)
    page.get_by_role("button", name="销售").click()
    assert page.get_by_label("用户名").input_value() == "sales1"
    password = page.locator("[name=password]")
    assert (password.input_value(), password.get_attribute("type")) == ("demo-pass", "password")
    page.get_by_role("button", name="显示密码").click()
    assert password.get_attribute("type") == "text"
    page.keyboard.press("Tab")
    page.get_by_role("button", name="隐藏密码").click()
    assert password.get_attribute("type") == "password"
    assert site.complaints == []


def formset(show, framed, **options):
    contacts = ContactFormSet(initial=[{"name": "王建国"}, {"name": "李芳"}], prefix="contacts")
    source = framed(
        '<form method="post" action="/save/">{% include "components/formset.html" %}<button>保存</button></form>'
    )
    return show(source, frame(formset=contacts), **options)


def names(page) -> list[str]:
    return page.eval_on_selector_all(
        "[data-formset-row]:not(.is-removed) input[name$='-name']", "all => all.map(one => one.name + '=' + one.value)"
    )


def test_formset_adds_rows_with_the_next_numbers_up_to_the_limit(show, framed):
    page, _site = formset(show, framed)
    add = page.locator("[data-formset-add]")
    add.click()
    assert page.evaluate("document.activeElement.name") == "contacts-2-name"
    add.click()
    assert names(page)[2:] == ["contacts-2-name=", "contacts-3-name="]
    assert page.locator("[name=contacts-TOTAL_FORMS]").input_value() == "4"
    assert page.locator("label[for=id_contacts-3-mobile]").count() == 1
    assert add.is_disabled()


def test_formset_removes_a_new_row_and_moves_the_later_ones_up(show, framed):
    page, _site = formset(show, framed)
    for name in ("甲", "乙"):
        page.locator("[data-formset-add]").click()
        page.locator("[data-formset-row] input[name$='-name']").last.fill(name)
    page.locator("[data-formset-remove]").nth(2).click()
    assert names(page) == ["contacts-0-name=王建国", "contacts-1-name=李芳", "contacts-2-name=乙"]
    assert page.locator("[name=contacts-TOTAL_FORMS]").input_value() == "3"


def test_formset_marks_a_stored_row_and_takes_it_back(show, framed):
    page, site = formset(show, framed)
    page.locator("[data-formset-remove]").first.click()
    assert names(page) == ["contacts-1-name=李芳"]
    assert page.locator("[name=contacts-0-DELETE]").is_checked()
    page.get_by_role("button", name="撤销").click()
    assert names(page) == ["contacts-0-name=王建国", "contacts-1-name=李芳"]
    page.locator("[data-formset-remove]").first.click()
    page.get_by_role("button", name="保存").click()
    assert "contacts-0-DELETE=on" in site.sent("POST")[0][1]


def test_form_is_sent_once_with_the_pressed_button(show, framed):
    page, site = show(
        framed(
            '<form method="post" action="/save/" data-submit-once><input name="a" value="1">'
            '<button class="btn" name="again" value="1">保存</button></form>'
        )
    )
    site.answers["/save/"] = {"status": 204}  # the page stays
    page.evaluate("{ const b = document.querySelector('main button'); b.click(); b.click(); }")
    page.wait_for_timeout(200)
    assert site.sent("POST") == [("/save/", "a=1&again=1")]
    expect(page.locator("main button")).to_be_disabled()
    expect(page.locator("main button .spinner")).to_be_visible()


CONFIRM = (
    '{% include "components/confirm_button.html" with url="/block/" label="冻结" text="冻结后不能开单" '
    'reason="冻结原因" danger=True %}'
)


def test_confirm_sends_nothing_until_it_is_agreed_to_with_a_reason(show, framed):
    page, site = show(framed(CONFIRM), {"csrf_token": "token"})
    button, dialog = page.locator("main button"), page.locator("[data-confirm-dialog]")
    for refuse in ("Escape", "取消"):
        button.click()
        expect(dialog).to_contain_text("冻结后不能开单")
        page.keyboard.press(refuse) if refuse == "Escape" else dialog.get_by_role("button", name=refuse).click()
        expect(dialog).to_be_hidden()
    button.click()
    dialog.get_by_role("button", name="冻结").click()
    expect(dialog).to_be_visible()  # the reason is missing
    dialog.get_by_label("冻结原因").fill("欠款")
    assert site.sent("POST") == []
    dialog.get_by_role("button", name="冻结").click()
    page.wait_for_url("**/block/")
    assert site.sent("POST") == [("/block/", "csrfmiddlewaretoken=token&reason=%E6%AC%A0%E6%AC%BE")]


def test_hx_confirm_asks_in_the_same_dialog(show, framed):
    page, site = show(framed('<button hx-post="/off/" hx-confirm="停用吗？">停用</button>'))
    page.locator("main button").click()
    dialog = page.locator("[data-confirm-dialog]")
    expect(dialog).to_contain_text("停用吗？")
    assert site.sent("POST") == []
    dialog.get_by_role("button", name="确定").click()
    page.wait_for_timeout(200)
    assert [url for url, _body in site.sent("POST")] == ["/off/"]


GUARDED = '<form method="post" action="/save/" data-dirty-guard><input name="a" value="1"><button>保存</button></form><a href="/x/">走</a>'


@pytest.mark.parametrize(("typed", "asked"), [("", 0), ("改", 1)])
def test_leaving_a_changed_form_is_asked_about(show, framed, typed, asked):
    page, _site = show(framed(GUARDED))
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    page.locator("main input").click()
    page.keyboard.type(typed)
    page.get_by_role("link", name="走").click()
    page.wait_for_url("**/x/")
    assert questions == ["beforeunload"] * asked


def test_saving_a_changed_form_is_not_asked_about(show, framed):
    page, _site = show(framed(GUARDED))
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    page.locator("main input").fill("改")
    page.locator("main button").click()
    page.wait_for_url("**/save/")
    assert questions == []


def test_shortcuts_work_outside_controls_only(show, framed):
    page, _site = show(framed('<a href="/new/" data-shortcut="n">新建</a><input name="note">'), frame())
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "global-search"
    page.locator("input[name=note]").focus()
    page.keyboard.type("n/?")
    assert page.locator("input[name=note]").input_value() == "n/?"
    page.locator("input[name=note]").blur()
    page.keyboard.press("?")
    expect(page.locator("[data-shortcuts-dialog]")).to_be_visible()
    page.keyboard.press("n")  # the dialog has the keyboard
    page.keyboard.press("Escape")
    expect(page.locator("[data-shortcuts-dialog]")).to_be_hidden()
    page.keyboard.press("n")
    page.wait_for_url("**/new/")


def test_ctrl_enter_submits_the_form_being_filled_in(show, framed):
    page, site = show(framed('<form method="post" action="/save/"><textarea name="a"></textarea></form>'))
    page.locator("main textarea").fill("x")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/save/")
    assert site.sent("POST") == [("/save/", "a=x")]


ROWS = (
    '<form data-select-scope><table class="data-table"><thead><tr><th class="cell-check">'
    '<input type="checkbox" data-select-all aria-label="全选"></th><th>名称</th></tr></thead><tbody>'
    + "".join(
        f'<tr data-href="/c/{n}/"><td class="cell-check"><input type="checkbox" data-select-row name="pk" value="{n}"></td>'
        f"<td>客户 {n}</td></tr>"
        for n in range(1, 6)
    )
    + '</tbody></table><div class="bulk-bar" data-bulk-bar hidden><strong data-selected-count></strong>'
    '<button type="button" data-select-none>取消选择</button></div></form>'
)


def test_row_opens_by_click_and_by_keyboard(show, framed):
    page, _site = show(framed(ROWS))
    page.get_by_text("客户 2").click()
    page.wait_for_url("**/c/2/")
    page.go_back()
    page.locator("tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/3/")


def test_ticking_a_row_does_not_open_it_and_shift_ticks_a_range(show, framed):
    page, site = show(framed(ROWS))
    boxes, bar, every = (
        page.locator("[data-select-row]"),
        page.locator("[data-bulk-bar]"),
        page.locator("[data-select-all]"),
    )
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("已选 3 条")
    assert every.evaluate("box => box.indeterminate")
    assert page.locator("tr.is-selected").count() == 3
    every.click()
    expect(bar).to_contain_text("已选 5 条")
    page.get_by_role("button", name="取消选择").click()
    expect(bar).to_be_hidden()
    assert page.locator("tr.is-selected").count() == 0
    assert site.requests == []


def test_search_waits_until_typing_and_composing_stop(show, framed):
    page, site = show(framed('<form action="/find/"><input type="search" name="q" data-autosubmit></form>'))
    page.locator("main input").focus()
    page.evaluate(
        """() => {
            const input = document.querySelector("main input");
            input.value = "heng";
            input.dispatchEvent(new InputEvent("input", {bubbles: true, isComposing: true}));
        }"""
    )
    page.wait_for_timeout(600)
    assert site.requests == []
    page.evaluate(
        """() => {
            const input = document.querySelector("main input");
            input.value = "恒";
            input.dispatchEvent(new CompositionEvent("compositionend", {bubbles: true, data: "恒"}));
        }"""
    )
    page.keyboard.type("源")
    page.wait_for_url("**/find/**")
    assert [url for url, _body in site.sent("GET")] == ["/find/?q=%E6%81%92%E6%BA%90"]


def test_choice_is_sent_at_once(show, framed):
    page, site = show(
        framed(
            '<form action="/find/" data-autosubmit><select name="c"><option>1</option><option>2</option></select></form>'
        )
    )
    page.locator("main select").select_option("2")
    page.wait_for_url("**/find/**")
    assert [url for url, _body in site.sent("GET")] == ["/find/?c=2"]


def test_theme_is_chosen_and_kept(show, framed):
    page, _site = show(framed(""), frame())
    page.locator(".user-switch").click()
    page.locator("[data-theme-choice=dark]").click()
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.locator(".user-switch").click()
    expect(page.locator("[data-theme-choice=dark]")).to_have_attribute("aria-pressed", "true")


def test_menu_opens_at_its_button_and_follows_arrows(show, framed):
    page, _site = show(framed(""), frame())
    button, panel = page.locator(".ledger-switch"), page.locator("#ledger-menu")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.wait_for_timeout(100)
    at, below = button.bounding_box(), panel.bounding_box()
    assert abs(at["x"] - below["x"]) < 2
    assert 0 <= below["y"] - at["y"] - at["height"] < 8
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "SH02" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_menu_of_many_sets_can_be_narrowed(show, framed):
    many = frame()
    many["ledgers"] = [type(many["ledgers"][0])(code=f"HZ{n:02}", name=f"杭州 {n} 厂") for n in range(12)]
    page, _site = show(framed(""), many)
    page.locator(".ledger-switch").click()
    expect(page.locator("#ledger-menu input")).to_be_focused()
    page.keyboard.type("hz07")
    expect(page.locator("#ledger-menu a:visible")).to_have_count(1)


def test_sidebar_of_a_phone_takes_and_gives_back_the_keyboard(show, framed):
    page, _site = show(framed(""), frame(), phone=True)
    sidebar, opener = page.locator("#sidebar"), page.locator("[data-nav-open]")
    expect(sidebar).to_be_hidden()
    opener.click()
    expect(sidebar).to_be_visible()
    assert page.locator("main").evaluate("main => main.inert")
    page.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()
    assert page.evaluate("document.activeElement.hasAttribute('data-nav-open')")
    assert not page.locator("main").evaluate("main => main.inert")


def test_collapsed_sidebar_stays_collapsed(show, framed):
    page, _site = show(framed(""), frame())
    wide = page.locator("#sidebar").bounding_box()["width"]
    page.locator("[data-nav-collapse]").click()
    page.reload()
    assert page.locator("#sidebar").bounding_box()["width"] < wide / 2


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"abort": True}, "网络连接中断，内容未丢失，请重试"),
        ({"status": 500, "headers": {"X-Request-ID": "7f3a9c12"}}, "请求号 7f3a9c12"),
        ({"status": 403}, "没有权限执行这个操作"),
        ({"status": 409, "json": {"message": "编号已被占用"}}, "编号已被占用"),
        ({"status": 409, "content_type": "text/html", "body": "<p data-error-message>账期已关闭</p>"}, "账期已关闭"),
        ({"status": 200, "content_type": "text/html", "body": "<form data-login-form></form>"}, "登录已过期"),
    ],
)
def test_failed_part_of_the_page_says_so_and_stays(show, framed, answer, shown):
    page, site = show(framed('<button hx-get="/part/" hx-target="#part">取</button><p id="part">原来的内容</p>'))
    site.answers["/part/"] = answer
    page.locator("main button").click()
    expect(page.locator(".toast-note")).to_contain_text(shown)
    expect(page.locator("#part")).to_have_text("原来的内容")
    page.locator(".toast-note [data-dismiss]").click()
    expect(page.locator(".toast-note")).to_have_count(0)


@pytest.mark.parametrize(("status", "again"), [(404, False), (503, True)])
def test_progress_is_asked_for_again_unless_it_is_refused(show, framed, status, again):
    page, site = show(framed('{% include "components/progress.html" with label="导入" poll_url="/jobs/1/" %}'))
    site.answers["/jobs/1/"] = {"status": status}
    page.wait_for_timeout(5000)
    assert (len(site.sent("GET")) > 1) is again
    expect(page.locator(".job-progress")).to_contain_text("导入")


def test_invalid_form_by_htmx_is_shown_with_its_errors(show, framed):
    page, site = show(framed('<form hx-post="/save/" data-submit-once><button class="btn">保存</button></form>'))
    site.answers["/save/"] = {"status": 422, "content_type": "text/html", "body": "手机号少一位"}
    page.locator("main button").click()
    expect(page.locator("main form")).to_have_text("手机号少一位")


def test_copied_value_can_be_pasted(show, framed):
    page, _site = show(
        framed('{% include "components/copy_button.html" with value="91330100MA27XW0J1P" %}<input name="a">')
    )
    page.locator("[data-copy]").click()
    expect(page.locator(".toast-note")).to_contain_text("已复制")
    page.locator("input[name=a]").focus()
    page.keyboard.press("Control+V")
    assert page.locator("input[name=a]").input_value() == "91330100MA27XW0J1P"


@pytest.mark.parametrize(
    ("name", "size", "shown", "valid"),
    [
        ("客户.xlsx", 2048, "2 KB", True),
        ("客户.pdf", 10, "不支持这种文件", False),
        ("客户.csv", 1_100_000, "文件超过 1 MB", False),
    ],
)
def test_file_is_judged_before_it_is_sent(show, framed, name, size, shown, valid):
    source = framed(
        '<form>{% include "components/file_drop.html" with field=form.file accept=".xlsx,.csv" max_mb=1 %}</form>'
    )
    page, _site = show(source, {"form": UploadForm()})
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/plain", "buffer": b"x" * size})
    expect(page.locator("[data-file-name]")).to_have_text(name)
    expect(page.locator("[data-file-note]")).to_contain_text(shown)
    assert page.locator("main form").evaluate("form => form.checkValidity()") is valid


@pytest.mark.parametrize(("columns", "reachable"), [(40, True), (2, False)])
def test_table_that_scrolls_can_be_reached_by_keyboard(show, framed, columns, reachable):
    cells = "<td>杭州恒源机械</td>" * columns
    page, _site = show(framed(f'<div class="table-scroll"><table class="data-table"><tr>{cells}</tr></table></div>'))
    page.keyboard.press("Tab")  # the link to the text
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "table-scroll":
            break
    assert (page.evaluate("document.activeElement.className") == "table-scroll") is reachable


def test_alert_can_be_closed(show, framed):
    page, _site = show(framed('{% include "components/alert.html" with text="已保存" dismissible=True %}'))
    page.locator(".alert [data-dismiss]").click()
    expect(page.locator(".alert")).to_have_count(0)
