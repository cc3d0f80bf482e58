"""What the doors themselves show of a world: pages over HTTP, files, the command, compared with the written matrix.

What lives here: opening each door as one person and reading what comes out. What does not: decisions made in memory (``measuring``).
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from customers import listing
from customers.fields import Catalogue
from customers.listing import ListQuery

from .building import Built
from .measuring import Measure, Truth
from .oracle import HIDDEN, MASKED, READ, Oracle
from .world import FIELDS

# Fields whose texts stand in no label and in no other customer: found on a page, they were shown.
TELLING = (
    "name", "short_name", "english_name", "mnemonic_code", "legal_person", "address", "phone", "email", "website",
    "remark", "contacts.name", "contacts.mobile", "bank_accounts.bank_name", "bank_accounts.account",
    "foreign_numbers.number", "x_plain", "x_secret", "x_double",
)  # fmt: skip
TABS = ("", "?tab=contacts", "?tab=invoice", "?tab=credit", "?tab=history")
_DETAIL = re.compile(r"/customers/(\d+)/")


class Doors:
    """The doors of one world as one person finds them."""

    def __init__(self, measure: Measure, built: Built, truth: Truth, person: str, folder: Path):
        self.measure, self.built, self.truth, self.person, self.folder = measure, built, truth, person, folder
        self.oracle, self.code = Oracle(built.world), built.ledger.code
        self.user = built.users[person]
        self.browser = Client()
        self.browser.force_login(self.user)
        self.levels = {key: self.oracle.level(person, key) for key in FIELDS}
        self.sees = {built.customers[each.at].pk for each in built.world.customers if self.oracle.sees(person, each)}
        self.is_member = self.oracle.is_member(person) and self.user.is_active

    def can(self, right: str) -> bool:
        return self.is_member and self.oracle.can(self.person, right)

    def same(self, door: str, what: str, expected: object, got: object) -> None:
        self.measure.compare(door, self.built, self.person, what, expected, got)

    def url(self, name: str, *args) -> str:
        return reverse(name, args=[self.code, *args])

    def all(self) -> None:
        """Every door, one after the other."""
        self.list_page()
        self.detail_pages()
        if self.can("view"):
            self.suggestions()
            self.orders_and_filters()
            self.lookup()
        self.form_pages()
        self.export_file()
        self.command()

    # --- pages ------------------------------------------------------------------------------------------

    def list_page(self) -> None:
        answer = self.browser.get(self.url("customer_list") + "?size=200")
        self.same(
            "list", "status", 200 if self.can("view") else 403 if self.is_member else self._outside, answer.status_code
        )
        html = answer.content.decode()
        if answer.status_code == 200:
            found = {int(pk) for pk in _DETAIL.findall(html)}
            for each in self.built.customers:
                self.same("list", f"row {each.pk}", each.pk in self.sees, each.pk in found)
            shown_total = re.search(r"共 ([\d,]+) 位客户", html)
            total = int(shown_total.group(1).replace(",", "")) if shown_total else -1
            self.same("list", "total", len(self.sees), total)
        self.clean("list", html, self.sees)

    @property
    def _outside(self) -> int:
        """What a stranger gets; who is switched off is sent to the login page."""
        return 404 if self.user.is_active else 302

    def detail_pages(self) -> None:
        for each in self.built.customers[::4]:
            expected = (200 if each.pk in self.sees else 404) if self.is_member else self._outside
            if self.is_member and not self.can("view"):
                expected = 404
            for tab in TABS if each.pk in self.sees else TABS[:1]:
                answer = self.browser.get(self.url("customer_detail", each.pk) + tab)
                self.same("detail", f"{each.pk}{tab}", expected, answer.status_code)
                self.clean("detail", answer.content.decode(), {each.pk})

    def form_pages(self) -> None:
        """The form of a customer holds what he may edit, and nothing that he may not read."""
        for each in self.built.customers[:3]:
            answer = self.browser.get(self.url("customer_edit", each.pk))
            if self.is_member:
                seen = each.pk in self.sees
                expected = 404 if not seen else 200 if self.can("edit") else 403
                self.same("form", f"{each.pk}", expected, answer.status_code)
            self.clean("form", answer.content.decode(), {each.pk})

    def clean(self, door: str, html: str, pks: set[int]) -> None:
        """No value stands on the page that he may not read: of customers whom he does not see none at all."""
        for pk, texts in self.truth.texts.items():
            for key in TELLING:
                if texts[key] and (pk not in self.sees or self.levels[key] < READ):
                    self.same(door, f"{key} of {pk} stays in", False, texts[key] in html)

    # --- questions --------------------------------------------------------------------------------------

    def suggestions(self) -> None:
        """Typing a value finds its customer, if he sees him and reads the field; else nothing is told."""
        for each in self.built.customers[:3]:
            texts = self.truth.texts[each.pk]
            for key, name in (("name", "name"), ("short_name", "short_name"), ("english_name", "english_name"),
                              ("mnemonic_code", "mnemonic_code"), ("phone", "phone"), ("email", "email"),
                              ("contacts.mobile", "phone"), ("address", "address"), ("contacts.name", "contacts.name"),
                              ("foreign_numbers.number", "number")):  # fmt: skip
                if not texts[key]:
                    continue
                for door in ("customer_suggest", "customer_pick"):
                    html = self.browser.post(self.url(door), {"q": texts[key]}).content.decode()
                    if self.levels[key] < READ or each.pk not in self.sees:
                        found = each.pk in {int(pk) for pk in _DETAIL.findall(html)}
                        self.same("suggest", f"{key} ({name}) of {each.pk} finds nobody", False, found)

    def orders_and_filters(self) -> None:
        """A field that he may not read neither sorts nor filters: the list is as if nothing had been asked."""
        actor, catalogue = self.built.actor(self.person), Catalogue.of(self.built.ledger)
        plain = [row.pk for row in listing.page(ListQuery(size=200), catalogue, actor).customers]
        for key, field in self.built.fields.items():
            if self.levels[key] >= READ:
                continue
            for order in (field.key, f"-{field.key}"):
                query = listing.parse({"sort": order, "size": "200"}, actor)
                found = [row.pk for row in listing.page(query, catalogue, actor).customers]
                self.same("sort", order, plain, found)
            for each in self.built.customers[:1]:
                text = self.truth.texts[each.pk][key]
                for value in (text, "-"):
                    asked = {f"f-{field.key}": value, "size": "200"} if value else {}
                    found = [row.pk for row in listing.page(listing.parse(asked, actor), catalogue, actor).customers]
                    self.same("filter", f"{key}={value}", plain, found)

    def lookup(self) -> None:
        """/n/<number>/ leads to whom he sees, if he reads numbers."""
        for each in self.built.customers[:5]:
            answer = self.browser.get(self.url("number_lookup", each.number))
            expected = 302 if each.pk in self.sees and self.levels["number"] >= READ else 404
            self.same("number", each.number, expected, answer.status_code)

    # --- files ------------------------------------------------------------------------------------------

    def export_file(self) -> None:
        keys = [field.key for key, field in self.built.fields.items() if self.levels[key] > HIDDEN]
        answer = self.browser.post(self.url("export_list"), {"format": "csv", "fields": keys, "query": ""})
        if not self.can("export") or not self.can("view"):
            allowed = answer.status_code == 302 and "ready" in answer.url
            self.same("export", "nothing", False, allowed)
            return
        if not self.sees or not keys:
            self.same("export", "empty", 422, answer.status_code)
            return
        self.same("export", "status", 302, answer.status_code)
        number = answer.url.rpartition("ready=")[2]
        data = b"".join(self.browser.get(self.url("export_download", int(number))).streaming_content)
        self._rows("export", data, keys)

    def command(self) -> None:
        out = self.folder / f"{self.code}-{self.person}.csv"
        keys = [field.key for key, field in self.built.fields.items() if self.levels[key] > HIDDEN]
        given = {"fields": ",".join(keys)} if keys else {}
        try:
            call_command("export_customers", str(out), "--ledger", self.code, "--as", self.user.username,
                         *[f"--{key}={value}" for key, value in given.items()], stdout=io.StringIO(), stderr=io.StringIO())  # fmt: skip
        except CommandError:
            self.same("command", "refused", False, bool(self.can("export") and self.can("view") and self.sees and keys))
            return
        self.same("command", "allowed", True, self.can("export") and self.can("view"))
        self._rows("command", out.read_bytes(), keys)

    def _rows(self, door: str, data: bytes, keys: list[str]) -> None:
        """Rows and cells of a file beside the matrix."""
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
        self.same(door, "rows", len(self.sees), len(rows))
        text = data.decode("utf-8-sig")
        for pk, texts in self.truth.texts.items():
            for key in TELLING:
                if texts[key] and (pk not in self.sees or self.levels[key] < READ):
                    self.same(door, f"{key} of {pk} stays in", False, texts[key] in text)
        for at, key in enumerate(keys):
            right = next(name for name, field in self.built.fields.items() if field.key == key)
            if self.levels[right] == MASKED:
                for cell in self._filled(rows, at):
                    self.same(door, f"{key} is masked", True, "*" in cell)

    @staticmethod
    def _filled(rows: list[list[str]], at: int) -> Iterator[str]:
        return (row[at] for row in rows if row[at])
