"""Realistic, made-up Chinese customers for demo data, tests and benchmarks; the same seed gives the same firms.

Lives here: how a firm is put together: a name as the registry would accept it, a code with valid check digits of the
district it sits in, an address, telephone and bank numbers that have the right form, a contact person.
Not here: the words (`generator_words.py`), saving anything, dirt and duplicates. No real firm or person is meant; mail
domains are those reserved for examples.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

from . import generator_words as words
from .rules.check_digits import USCC_CHARS, luhn_check, organisation_check, uscc_check
from .rules.pinyin import syllables_of
from .rules.regions import districts_of, region_by_code, short_province, short_region

Firm = dict[str, Any]

_FIRST_DAY = date(1993, 3, 1)
_NEW_CODES = date(2015, 10, 1)  # organisation codes with letters (MA…) began with the unified code
_LAST_DAY = date(2025, 12, 31)
_DAYS = (_LAST_DAY - _FIRST_DAY).days
_CAPITALS = {
    1: (10, 30, 50, 100),
    2: (50, 100, 200, 300, 500),
    3: (300, 500, 508, 800, 1000, 2000),
    4: (2000, 5000, 6800, 10000, 30000),
}


class _Seat(NamedTuple):
    """Where a firm sits."""

    place: words.Place
    province: str
    city: str
    district: str
    code: str


def firms(count: int, seed: int = 1) -> Iterator[Firm]:
    """`count` customers as dicts: name, short_name, uscc, province, city, address, phone, email, contact, mobile,
    bank_name, bank_account, registered_on (date), registered_capital (Decimal yuan or None), category, grade, industry
    (GB/T 4754 division), kind, english_name, remark. Names and codes are distinct within one run. Text fields that a
    customer lacks are "".
    """
    maker = _Maker(count, seed)
    for serial in range(count):
        yield maker.firm(serial)


class _Maker:
    """One run: the random source and what keeps names and codes distinct."""

    def __init__(self, count: int, seed: int):
        self.random = random.Random(seed)
        self.offset = self.random.randrange(10**8)
        # Names already given, as bits: a set of a million names would weigh a hundred times as much.
        self.seen = bytearray(max(count * 16, 1024))

    def firm(self, serial: int) -> Firm:
        roll = self.random.random()
        make: Callable[[], Firm] = next(make for limit, make in self._kinds() if roll < limit)
        firm, tries = make(), 1
        while not self._is_new(firm["name"]):
            # There are only so many city hospitals: a run of a million customers goes on with companies.
            firm, tries = (make if tries < 5 else self._company)(), tries + 1
        code_start = firm.pop("code_start")
        if code_start:
            firm["uscc"] = self._uscc(serial, code_start, firm.pop("seat").code, firm["registered_on"])
        if self.random.random() < 0.25:
            firm["remark"] = self.random.choice(words.REMARKS)
        return firm

    def _kinds(self):
        return ((0.85, self._company), (0.94, self._sole_trader), (0.96, self._cooperative), (0.985, self._public),
                (1.0, self._overseas))  # fmt: skip

    def _is_new(self, name: str) -> bool:
        bit = crc32(name.encode()) % (len(self.seen) * 8)
        if self.seen[bit >> 3] >> (bit & 7) & 1:
            return False
        self.seen[bit >> 3] |= 1 << (bit & 7)
        return True

    # --- kinds of customer ---

    def _company(self) -> Firm:
        pick, seat = self.random, self._seat()
        trade, brand = pick.choice(words.TRADES), self._brand()
        size = min(4, max(1, trade.size + pick.choice((-1, 0, 0, 0, 1))))
        form = self._legal_form(size)
        name = self._placed(seat, brand, trade.words + form, size)
        if pick.random() < 0.03 and form == "有限公司":
            branch = self._seat()
            name, seat = f"{name}{_short_city(branch)}分公司", branch
        capital = Decimal(pick.choice(_CAPITALS[size])) * 10000
        english = f"{_capital(_short_city(seat))} {_capital(brand)} {trade.english} Co., Ltd."
        return self._customer(
            seat, name, "91", kind="company", short_name=brand + trade.short, industry=trade.industry,
            category=words.KEY if size == 4 else trade.category, grade=self._grade(size), registered_capital=capital,
            english_name=english if pick.random() < 0.3 else "", email=self._email(brand),
        )  # fmt: skip

    def _sole_trader(self) -> Firm:
        pick, seat = self.random, self._seat()
        goods, form, industry = pick.choice(words.SOLE_TRADES)
        person = self._person()
        brand = pick.choice(
            (self._brand, lambda: "老" + person[0] + "家", lambda: person[-1] + person[-1], self._brand)
        )()
        name = f"{seat.city if pick.random() < 0.3 else ''}{seat.district}{brand}{goods}{form}"
        return self._customer(
            seat, name, "92", kind="sole_trader", short_name=brand + goods, industry=industry, contact=person,
            category=pick.choice((words.END, words.CHANNEL, words.COMMON)), grade="C", card=True,
        )  # fmt: skip

    def _cooperative(self) -> Firm:
        pick, seat = self.random, self._seat()
        goods, brand = pick.choice(words.COOPERATIVES), self._brand()
        return self._customer(
            seat, f"{seat.city}{seat.district}{brand}{goods}专业合作社", "93", kind="company", short_name=brand + goods,
            industry="03" if "养殖" in goods else "01", category=words.COMMON, grade="C",
            registered_capital=Decimal(pick.choice((50, 100, 200, 300))) * 10000,
        )  # fmt: skip

    def _public(self) -> Firm:
        pick, seat = self.random, self._seat()
        name, code_start, industry = pick.choice(words.PUBLIC_BODIES)
        name = name.format(city=seat.city, district=seat.city + seat.district)
        short = name.replace(seat.city, _short_city(seat))
        if seat.district:
            short = short.replace(seat.district, _short_district(seat))
        return self._customer(
            seat, name, code_start, kind="public", short_name=short[:10], industry=industry, category=words.PUBLIC,
            grade=self._grade(3), registered_on=_FIRST_DAY - timedelta(days=pick.randrange(15000)),
        )  # fmt: skip

    def _overseas(self) -> Firm:
        pick = self.random
        stem, form, dial, city, street = pick.choice(words.OVERSEAS)
        line = pick.choice(
            ("", " Trading", " Industries", " Components", " Systems", " Instruments", " Logistics", " Foods")
        )
        brand = (
            f"{_capital(self._brand())} "
            if pick.random() < 0.5
            else f"{pick.choice('ABCDEFGHKLMNPRSTUVW')}{pick.choice('ABCDEKLMNOPRSTX')} "
        )
        name = f"{brand}{stem}{line} {form}"
        number = "".join(pick.choice("0123456789") if char == "#" else char for char in dial)
        return {
            **_EMPTY, "name": name, "short_name": stem, "english_name": name, "address": f"{pick.randint(1, 180)} {street}, {city}",
            "phone": number, "email": f"{pick.choice(words.MAILBOXES)}@{_domain(stem)}.example.com",
            "contact": pick.choice(("Anna Weber", "James Cole", "Yuki Mori", "Minjun Park", "Linh Tran", "Priya Nair", "Mark Jansen")),
            "registered_on": self._day(), "category": words.ABROAD, "grade": self._grade(2), "industry": "51",
            "kind": "overseas", "code_start": "",
        }  # fmt: skip

    def _customer(self, seat: _Seat, name: str, code_start: str, card: bool = False, **given: Any) -> Firm:
        """What every customer in China has, under what its kind gave."""
        pick = self.random
        bank = pick.choices(words.BANKS, cum_weights=_BANK_WEIGHTS)[0]
        common = {
            "name": name, "province": seat.province, "city": seat.city, "address": self._address(seat),
            "phone": self._landline(seat) if pick.random() < 0.7 else "", "contact": self._person(), "mobile": self._mobile(),
            "bank_name": f"{bank.name}{_short_city(seat)}{_short_district(seat)}支行",
            "bank_account": self._card(bank) if card else self._account(bank), "registered_on": self._day(),
            "code_start": code_start, "seat": seat,
        }  # fmt: skip
        return {**_EMPTY, **common, **given}

    # --- pieces ---

    def _seat(self) -> _Seat:
        place = self.random.choices(words.PLACES, cum_weights=_PLACE_WEIGHTS)[0]
        return self.random.choice(_seats(place))

    def _brand(self) -> str:
        pick = self.random
        if pick.random() < 0.06:
            return pick.choice(words.BRANDS_OF_THREE)
        while True:
            first, second = pick.choice(words.BRAND_FIRST), pick.choice(words.BRAND_SECOND)
            if first != second and first + second not in words.NOT_BRANDS:
                return first + second

    def _placed(self, seat: _Seat, brand: str, rest: str, size: int) -> str:
        """The place in one of the ways registries allow: 杭州…, 杭州市…, 浙江…, …（杭州）…, 昆山…"""
        roll = self.random.random()
        short = _short_city(seat)
        if roll < 0.05:
            return f"{brand}（{short}）{rest}"
        if size >= 3 and roll < 0.2:
            return short_province(seat.province) + brand + rest
        if seat.district.endswith("市") and roll < 0.8:
            return seat.district[: None if roll < 0.5 else -1] + brand + rest
        return (seat.city if roll < 0.5 else short) + brand + rest

    def _legal_form(self, size: int) -> str:
        roll = self.random.random()
        if size >= 3 and roll < 0.12:
            return "股份有限公司"
        if size == 4 and roll < 0.3:
            return "集团有限公司"
        return "有限责任公司" if roll > 0.92 else "有限公司"

    def _grade(self, size: int) -> str:
        return self.random.choices(
            ("VIP", "A", "B", "C"),
            weights=((1, 6, 33, 60), (2, 12, 46, 40), (6, 26, 48, 20), (25, 45, 25, 5))[size - 1],
        )[0]

    def _day(self) -> date:
        """More firms are young than old."""
        return _LAST_DAY - timedelta(days=int(_DAYS * self.random.random() ** 1.6))

    def _address(self, seat: _Seat) -> str:
        pick = self.random
        province = "" if seat.province == seat.city else seat.province
        street = f"{province}{seat.city}{seat.district}{pick.choice(words.ROADS)}{pick.randint(1, 1288)}号"
        roll = pick.random()
        if roll < 0.4:
            return f"{street}{pick.choice(words.PARKS)}{pick.randint(1, 28)}幢{pick.randint(1, 26)}{pick.randint(1, 20):02d}室"
        return f"{street}{pick.randint(1, 12)}号楼{pick.randint(1, 32)}层" if roll < 0.6 else street

    def _landline(self, seat: _Seat) -> str:
        number = str(self.random.randint(2, 8)) + "".join(self.random.choices("0123456789", k=seat.place.digits - 1))
        extension = f"-{self.random.randint(801, 866)}" if self.random.random() < 0.08 else ""
        return f"{seat.place.area}-{number}{extension}"

    def _mobile(self) -> str:
        return self.random.choice(words.MOBILE_STARTS) + f"{self.random.randrange(10**8):08d}"

    def _person(self) -> str:
        return self.random.choice(words.SURNAMES) + self.random.choice(words.GIVEN)

    def _email(self, brand: str) -> str:
        if self.random.random() < 0.35:
            return ""
        return f"{self.random.choice(words.MAILBOXES)}@{_domain(brand)}.example.{self.random.choice(('com', 'cn'))}"

    def _card(self, bank: words.Bank) -> str:
        body = bank.card + "".join(self.random.choices("0123456789", k=bank.card_length - 1 - len(bank.card)))
        return body + luhn_check(body)

    def _account(self, bank: words.Bank) -> str:
        digits = "".join(self.random.choices("0123456789", k=bank.account_length - 2))
        account = f"{self.random.randint(1, 9)}{digits}{self.random.randint(1, 9)}"
        return "3" + account[1:] if account.startswith("62") else account  # 62 is how cards begin

    def _uscc(self, serial: int, start: str, region: str, founded: date) -> str:
        """A valid code; the organisation part runs through its range once, so no two firms share it."""
        if founded >= _NEW_CODES and start[0] == "9":
            number, letters = (serial * 40_503_001 + self.offset) % 31**5, ""
            for _place in range(5):
                number, value = divmod(number, 31)
                letters = USCC_CHARS[value] + letters
            organisation = "MA" + self.random.choice("1234567ADEF") + letters
        else:
            organisation = f"{(serial * 48_271_613 + self.offset) % 10**8:08d}"
        body = start + region + organisation + organisation_check(organisation)
        return body + uscc_check(body)


_EMPTY: Firm = {
    "name": "", "short_name": "", "uscc": "", "province": "", "city": "", "address": "", "phone": "", "email": "",
    "contact": "", "mobile": "", "bank_name": "", "bank_account": "", "registered_on": None, "registered_capital": None,
    "category": "", "grade": "", "industry": "", "kind": "", "english_name": "", "remark": "",
}  # fmt: skip
_PLACE_WEIGHTS = tuple(accumulate(place.weight for place in words.PLACES))
_BANK_WEIGHTS = tuple(accumulate(bank.weight for bank in words.BANKS))


@cache
def _seats(place: words.Place) -> tuple[_Seat, ...]:
    """The districts of a city, each a place where firms sit."""
    region = region_by_code(place.code)
    districts = districts_of(place.code) or {place.code: ""}
    return tuple(_Seat(place, region.province, region.city, name, code) for code, name in districts.items())


def _short_city(seat: _Seat) -> str:
    return short_region(seat.place.code)


def _short_district(seat: _Seat) -> str:
    return short_region(seat.code) if seat.district else ""


def _capital(text: str) -> str:
    """Pinyin of a name as one capitalised word: `恒源` → `Hengyuan`."""
    return "".join(syllables_of(text)).capitalize()


def _domain(text: str) -> str:
    return "".join(char for char in "".join(syllables_of(text)) if char.isalpha())
