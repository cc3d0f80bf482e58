"""Takes the README's pictures of a running demo: ``python docs/pictures/take.py [http://127.0.0.1:8000]``.

Needs Chromium. The customers on the pictures are made up by the project's own generator.
"""

import csv
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
PASSWORD = "demo-pass-2026"
COLUMNS = {
    "name": "企业名称",
    "uscc": "统一社会信用代码",
    "registered_on": "成立日期",
    "phone": "电话",
    "contact": "联系人",
}


def main(site: str) -> None:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = _logged_in(browser, site, {"width": 1280, "height": 800})
        page.goto(f"{site}/l/DEMO/customers/")
        page.screenshot(path=HERE / "list.png")
        page.goto(f"{site}/l/DEMO/customers/?q=科技")
        page.locator("main table tbody a").first.click()
        page.wait_for_load_state()
        page.screenshot(path=HERE / "detail.png")
        _import(page, site)
        page.screenshot(path=HERE / "import.png")
        phone = _logged_in(browser, site, {"width": 390, "height": 800})
        phone.goto(f"{site}/l/DEMO/customers/")
        phone.screenshot(path=HERE / "phone.png")
        browser.close()


def _logged_in(browser, site: str, viewport: dict) -> Page:
    page = browser.new_context(viewport=viewport).new_page()
    page.goto(f"{site}/login/")
    page.fill("input[name=username]", "manager")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def _import(page: Page, site: str) -> None:
    """A checked file with some faults, not confirmed."""
    from customers.generator import firms

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "老系统客户.csv"
        with open(path, "w", encoding="gb18030", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(COLUMNS.values())
            for index, firm in enumerate(firms(400, seed=99)):
                row = [firm[key] for key in COLUMNS]
                row[3] = {7: "1.38001E+10", 19: "0571-8888"}.get(index, row[3])
                row[2] = "2023-02-31" if index == 12 else row[2]
                writer.writerow(row)
        page.goto(f"{site}/l/DEMO/imports/new/")
        page.set_input_files("input[type=file]", path)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_url("**/setup/")
        page.get_by_role("button", name="开始检查").click()
        page.wait_for_selector("form[action*='confirm'] button", timeout=60_000)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
