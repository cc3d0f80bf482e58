"""Canary values in every field that somebody may not read are found nowhere: pages, links, files, headers, errors, logs; as every persona.

The crawl goes through every GET route of the URLconf and every link that it meets on the way. First a planted canary must be found.
"""

import io
import logging
import re
import zipfile
from html import unescape

import pytest
from django.urls import reverse
from django.urls.exceptions import NoReverseMatch

from customers.models import CustomField
from customers.services import pipeline
from customers.services.edits import Edit, PartEdit
from permissions.actor import Actor
from permissions.models import FieldRule, Role
from permissions.rights import Level
from tests.guards.test_routes import ROUTES

pytestmark = pytest.mark.django_db

# field (the key rights are asked under) → a value that is found in nothing else; what masking leaves of it is none of it.
CANARIES = {
    "phone": "13877123401",
    "email": "kanarie-vogel@example.com",
    "id_number": "330106198807074413",
    "contacts.mobile": "13977123402",
    "contacts.phone": "0571-87712340",
    "contacts.email": "zweiter-vogel@example.com",
    "addresses.phone": "13777123404",
    "bank_accounts.account": "6222021234567890128",
    "invoice_profiles.account": "6222029876543210121",
    "invoice_profiles.phone": "13677123405",
    "x_secret": "绝密甲骨文之约",
    # hidden by a rule of the role
    "short_name": "隐身鸟简称",
    "english_name": "Hiddenbird Trading",
    "legal_person": "隐鸟法人",
    "credit_limit": "77123499",
    "remark": "隐鸟备注不可说",
    "address": "隐鸟大街七百一十二号",
    "website": "https://hiddenbird.example.com",
    "contacts.name": "隐鸟联系人",
    "contacts.wechat": "hidden-wechat-771",
    "bank_accounts.bank_name": "隐鸟银行",
    "licences.number": "YN-771-2340",
    "blocks.reason": "隐鸟冻结缘由",
    "foreign_numbers.number": "SAPHID77123",
    "x_hidden": "隐鸟自有字段",
}
HIDDEN = tuple(CANARIES)[tuple(CANARIES).index("short_name") :]
# Of the same customer, and of everybody's business who sees him.
KNOWN = "金丝雀可见机械有限公司"
_LINK = re.compile(r"""(?:href|src|action|hx-get|data-[a-z-]+)="(/[^"#]*)""")
MOST = 190


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_DIR, settings.DATA_DIR = tmp_path / "files", tmp_path


@pytest.fixture
def canary(ledger, users):
    """A customer of 小陈 with a canary in every field, changed once, so that history has old and new ones."""
    CustomField.objects.create(
        ledger=ledger, key="x_secret", type="text", label="密约", is_sensitive=True, in_list=True
    )
    CustomField.objects.create(
        ledger=ledger, key="x_hidden", type="text", label="暗栏", in_list=True, is_searchable=True
    )
    c = CANARIES
    values = {
        "name": KNOWN, "kind": "person", "owner": users["sales1"].pk, "contact": c["contacts.name"], "mobile": c["contacts.mobile"],
        "bank_name": c["bank_accounts.bank_name"], "bank_account": c["bank_accounts.account"],
        "foreign:SAP": c["foreign_numbers.number"],
        **{key: c[key] for key in ("phone", "email", "id_number", "x_secret", "x_hidden", "short_name", "english_name", "legal_person",
                                   "credit_limit", "remark", "address", "website")},
    }  # fmt: skip
    add = Edit(values=values, reason="建档")
    _saved(ledger, add)
    parts = {
        "contacts": [PartEdit({"name": c["contacts.name"] + "二", "phone": c["contacts.phone"], "email": c["contacts.email"],
                               "wechat": c["contacts.wechat"]})],
        "addresses": [PartEdit({"line": c["address"] + "附一", "phone": c["addresses.phone"]})],
        "invoice_profiles": [PartEdit({"title": "抬头公司", "account": c["invoice_profiles.account"],
                                       "phone": c["invoice_profiles.phone"]})],
        "licences": [PartEdit({"kind": "business", "number": c["licences.number"]})],
        "blocks": [PartEdit({"process": "order", "reason": c["blocks.reason"], "starts_on": "2026-01-05"})],
    }  # fmt: skip
    _saved(ledger, Edit(parts=parts, customer_id=add.customer_id, reason="补充"))
    return add.customer_id


def _saved(ledger, edit):
    pipeline.submit([edit], ledger=ledger, by=Actor.system(ledger.pk), kind="edit", reason=edit.reason)
    assert not edit.refused, [problem.message for problem in edit.problems]


@pytest.fixture
def blinded(ledger):
    """Roles of people who get none of it: sensitive fields masked (查看员, 客服) or hidden (财务), the others hidden."""
    for code, level in (
        ("viewer", Level.MASKED),
        ("service", Level.MASKED),
        ("finance", Level.HIDDEN),
        ("supervisor", Level.MASKED),
    ):
        role = ledger.roles.get(code=code)
        role.field_rules.all().delete()
        rights = [*role.rights, *({"export", "import", "print", "configure", "members"} - set(role.rights))]
        Role.objects.filter(pk=role.pk).update(
            sensitive_level=level, rights=rights if code in ("viewer", "finance") else role.rights
        )
        keys = [*HIDDEN, "addresses.line", "invoice_profiles.title", "contacts.title"]
        FieldRule.objects.bulk_create(FieldRule(role=role, field=key, level=Level.HIDDEN) for key in keys)


class Crawler:
    """Opens every route and every link as one person; ``found``: (address, field) of each canary that he met."""

    def __init__(self, browser, code: str, customer: int):
        self.browser, self.code, self.customer = browser, code, customer
        self.seen: set[str] = set()
        self.waiting: list[str] = []
        self.found: list[tuple[str, str]] = []
        self.statuses: dict[int, int] = {}

    def crawl(self) -> "Crawler":
        self.waiting = [address for name in ROUTES for address in self._addresses(name)]
        base = reverse("customer_detail", args=[self.code, self.customer])
        self.waiting += [
            f"{base}?tab={tab}" for tab in ("contacts", "addresses", "invoice", "credit", "licences", "history")
        ]
        listed = reverse("customer_list", args=[self.code])
        self.waiting += [
            f"{listed}?q={KNOWN[:4]}",
            f"{listed}?sort=name",
            f"{listed}?f-licence=90",
            "/admin/",
            "/nothing/here/",
        ]
        while self.waiting and len(self.seen) < MOST:
            self._open(self.waiting.pop(0))
        return self

    def _addresses(self, name: str) -> list[str]:
        known = {
            "ledger": self.code, "code": self.code, "pk": self.customer, "step": 1, "number": "KH000001", "what": "code", "mapping": 1,
            "person": 1, "token": "x", "type": "text", "key": "grade", "customer": self.customer, "user": 1, "right": "export",
        }  # fmt: skip
        try:
            return [reverse(name, kwargs={key: known.get(key, 1) for key in ROUTES[name]})]
        except NoReverseMatch:
            return []

    def _open(self, address: str) -> None:
        address = unescape(address)
        if address in self.seen or address.startswith(("/static/", "/logout")):
            return
        self.seen.add(address)
        answer = self.browser.get(address)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        text = self._text(answer)
        self.look(address, text + repr(dict(answer.headers)))
        if answer.status_code in (301, 302):
            self.waiting.append(answer.url)
        if answer.headers.get("Content-Type", "").startswith("text/html") and "/admin/" not in address:
            self.waiting += [
                link
                for link in _LINK.findall(text)
                if link.partition("?")[0] not in {s.partition("?")[0] for s in self.seen}
            ]

    @staticmethod
    def _text(answer) -> str:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                content = b"\n".join(packed.read(name) for name in packed.namelist())
        return content.decode("utf-8", "replace")

    def look(self, where: str, text: str) -> None:
        plain = unescape(text)
        self.found += [
            (where, key) for key, value in CANARIES.items() if value in plain or value.replace("-", "") in plain
        ]

    def post(self, name: str, data: dict) -> None:
        """A door that is posted to."""
        answer = self.browser.post(reverse(name, args=[self.code]), data)
        text = self._text(answer)
        # What somebody typed himself may come back to him.
        for typed in data.values():
            text = text.replace(str(typed), "")
        self.look(f"POST {name}", text)


def test_a_planted_canary_is_found(canary, client_of, ledger):
    crawler = Crawler(client_of("manager"), ledger.code, canary).crawl()
    assert set(CANARIES) - {key for _where, key in crawler.found} == set()


@pytest.mark.parametrize("persona", ["viewer", "finance"])
def test_whoever_may_not_read_it_meets_it_nowhere(persona, canary, blinded, client_of, ledger, caplog):
    caplog.set_level(logging.DEBUG)
    crawler = Crawler(client_of(persona), ledger.code, canary).crawl()
    for value in CANARIES.values():
        for door in ("customer_suggest", "customer_pick"):
            crawler.post(door, {"q": value})
    keys = ["number", "name", *(key for key in ("phone", "email", "mobile", "bank_account", "x_secret"))]
    crawler.post("export_list", {"format": "csv", "fields": keys, "query": ""})
    for address in re.findall(
        r"/l/[^\"]*/exports/\d+/[^\"]*",
        crawler.browser.get(reverse("export_list", args=[ledger.code])).content.decode(),
    ):
        crawler._open(address)
    crawler.look("logs", caplog.text)
    assert sorted(set(crawler.found)) == []
    assert crawler.statuses.get(500, 0) == 0
    assert crawler.statuses[200] > 20  # it did go somewhere


@pytest.mark.parametrize("persona", ["sales2", "outsider", "sysadmin"])
def test_strangers_and_administrators_meet_nothing_of_him(persona, canary, client_of, ledger, caplog):
    caplog.set_level(logging.DEBUG)
    crawler = Crawler(client_of(persona), ledger.code, canary).crawl()
    crawler.look("logs", caplog.text)
    assert sorted(set(crawler.found)) == []


def test_a_duplicate_tells_the_hit_and_not_the_value(canary, blinded, client_of, ledger):
    """查看员 who may add sees that there is somebody, masked; 小林, who does not see him, learns that there is one, and not who."""
    Role.objects.filter(ledger=ledger, code="viewer").update(rights=["view", "add"])
    for persona in ("viewer", "sales2"):
        crawler = Crawler(client_of(persona), ledger.code, canary)
        crawler.post("customer_derive", {"name": KNOWN, "uscc": "", "phone": CANARIES["phone"]})
        assert crawler.found == []
    hidden = (
        client_of("sales2")
        .post(reverse("customer_derive", args=[ledger.code]), {"name": KNOWN, "phone": ""})
        .content.decode()
    )
    assert f"/customers/{canary}/" not in hidden
