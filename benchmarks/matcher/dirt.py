"""Our own dirty customers: registry rows with made-up contact data, duplicates with slips, and strangers that look alike.

What lives here: ``make``, which turns registry rows (name, uscc, province, city, address) into labelled records. What does not: reading
files (``files``). The slips are those that people make at the keyboard, in forms and in old files; which of them befall a record is
drawn, so every seed gives other dirt.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from customers.duplicates.rules import companies, sounds, words
from customers.rules import pinyin, regions
from customers.rules.text import simplified_of

Row = dict[str, str]
_NUMERALS = "一二三四五六七八九十"
_OUTLETS = ["分公司", "分店", "门市部", "营业部", "办事处", "经营部", "销售部", "分厂", "项目部", "服务部"]
_TRADES = sorted(each for each in words.TRADES if 2 <= len(each) <= 4)
_LEGAL = ["有限公司", "有限责任公司", "公司", "股份有限公司"]
_FILLERS = "大新中的市国小金华天有一"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志文海燕波宁辉鹏飞雪梅琳宇浩然晨曦佳怡欣悦梓涵子轩若曦诗琪"
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"


@cache
def _alike_tables() -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]]:
    """(same sound, same look, traditional form) of the characters that names are made of."""
    from customers.duplicates.frequency import rarities

    rare = rarities()
    common = [chr(point) for point in range(0x4E00, 0x9FA6) if rare[point] < rare.max() - 3]
    by_class = defaultdict(list)
    classes = sounds.sound_classes()
    for char in common:
        by_class[int(classes[ord(char)])].append(char)
    sound = {char: [each for each in by_class[int(classes[ord(char)])] if each != char] for char in common}
    look = defaultdict(list)
    for code in sounds.look_alikes().tolist():
        a, b = chr(code >> 16), chr(code & 0xFFFF)
        look[a].append(b)
        look[b].append(a)
    traditional = {}
    for old, new in simplified_of().items():
        if len(old) == 1 and ord(old) < 0xA000 and new not in traditional:
            traditional[new] = old
    return sound, dict(look), traditional


class Dirt:
    """Draws everything from one seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.addresses = ["文化路58号3楼"]
        self.names: list[str] = []  # of other firms, one of which a renamed one bears
        self.sound, self.look, self.traditional = _alike_tables()
        self.place_names = [regions.short_region(code) for code in regions._index().data["cities"]]

    # --- clean customers -----------------------------------------------------------------------------------------------

    def customer(self, row: Row) -> Row:
        """A clean customer of a registry row; each field is there as often as in real files."""
        draw, chance = self.random, self._chance
        name = row["name"]
        if chance(0.07):
            name = self.person()
        found = {
            "name": name,
            "short_name": companies.take_apart(name).core if chance(0.2) else "",
            "uscc": row["uscc"] if chance(0.75) and name == row["name"] else "",
            "province": row["province"],
            "city": row["city"],
            "address": row["address"] if chance(0.75) else "",
            "phone": self.phone() if chance(0.85) else "",
            "email": self.email(name) if chance(0.4) else "",
            "contact": self.person() if chance(0.75) else "",
            "bank_account": self.account() if chance(0.35) else "",
        }
        if chance(0.04):
            found["phone"] = draw.choice(["00000000", "12345678", "13800138000", "1", "N/A"])
        if chance(0.02):
            found["email"] = draw.choice(["test@test.com", "no@no.com"])
        if chance(0.15):
            found["city"] = ""
            found["province"] = found["province"] if chance(0.5) else ""
        return found

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def phone(self) -> str:
        draw = self.random
        if self._chance(0.7):
            return "1" + draw.choice("3456789") + "".join(draw.choices("0123456789", k=9))
        return f"0{draw.randint(310, 999)}-{draw.randint(2, 8)}{''.join(draw.choices('0123456789', k=draw.choice((6, 7))))}"

    def email(self, name: str) -> str:
        letters = pinyin.pinyin_of(companies.take_apart(name).core)[:14]
        if self._chance(0.4):
            return f"{self.random.choice(['info', 'sales', 'fp', 'cw', 'office'])}@{letters[:12]}.com"
        return f"{letters}{self.random.randint(1, 999)}@{self.random.choice(['qq', '163', '126', 'sina', '139', 'foxmail'])}.com"

    def person(self) -> str:
        return self.random.choice(_SURNAMES) + "".join(self.random.choices(_GIVEN, k=self.random.choice((1, 2, 2))))

    def account(self) -> str:
        return self.random.choice(["6222", "6217", "1001", "4402", "8110", "3100"]) + "".join(
            self.random.choices("0123456789", k=self.random.choice((12, 13, 15)))
        )

    # --- the same customer once more ----------------------------------------------------------------------------------------

    def again(self, customer: Row) -> Row:
        """The customer as somebody else wrote him down."""
        draw, found = self.random, dict(customer)
        found["name"] = self.dirty_name(customer["name"]) or customer["name"]
        renamed = not companies.take_apart(customer["name"]).is_person and self._chance(0.06)
        if renamed:
            found["name"] = self._renamed(customer["name"])
        # Who has a new name is known again by what he kept: his code, else his telephone or account.
        kept = next((key for key in ("uscc", "phone", "bank_account", "email") if customer[key]), "") if renamed else ""
        if kept != "uscc" and self._chance(0.7):
            found["uscc"] = self.dirty_code(found["uscc"])
        if kept != "phone":
            found["phone"] = self.dirty_phone(found["phone"])
        found["address"] = self.dirty_address(found["address"])
        found["contact"] = self.dirty_contact(found["contact"])
        if found["email"] and self._chance(0.5):
            found["email"] = draw.choice([found["email"].upper(), self.email(customer["name"]), ""])
        elif self._chance(0.15):
            found["email"] = self.email(customer["name"])
        if found["bank_account"] and self._chance(0.5):
            digits = found["bank_account"]
            found["bank_account"] = draw.choice(
                [
                    " ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
                    self.slip(digits),
                    self.account(),
                    "",
                ]
            )
        found["short_name"] = (
            companies.take_apart(customer["name"]).core
            if self._chance(0.2)
            else found["short_name"]
            if self._chance(0.5)
            else ""
        )
        if self._chance(0.2):
            found["city"] = ""
        if self._chance(0.12):
            found["province"] = found["city"] = ""
        if kept in ("email", "bank_account"):
            found[kept] = customer[kept]
        if self._chance(0.01):  # hopeless: hardly anything agrees
            found |= {"uscc": "", "email": ""}
        return found

    def dirty_name(self, name: str) -> str:
        """None to three slips in a name."""
        person = companies.take_apart(name).is_person
        if self._chance(0.15):
            return name
        kinds = [
            (self._same_sound, 9), (self._same_look, 8), (self._missing, 4), (self._added, 4), (self._swapped, 4), (self._old_characters, 7),
            (self._spaced, 8), (self._punctuated, 10), (self._noted, 6),
        ]  # fmt: skip
        if not person:
            kinds += [
                (self._other_form, 14),
                (self._moved_place, 18),
                (self._shortened, 10),
                (self._with_latin, 2.5),
                (self._in_latin, 1.8),
            ]
        steps, weights = zip(*kinds, strict=True)
        for step in self.random.choices(steps, weights, k=self.random.choices((1, 2, 3), (60, 32, 8))[0]):
            name = step(name) or name
        return name

    def _place(self, name: str) -> int:
        return self.random.randrange(len(name))

    def _same_sound(self, name: str) -> str:
        at = self._place(name)
        others = self.sound.get(name[at])
        return name[:at] + self.random.choice(others) + name[at + 1 :] if others else name

    def _same_look(self, name: str) -> str:
        places = [at for at, char in enumerate(name) if char in self.look]
        if not places or self._chance(0.25):  # a machine misreads characters that no table knows
            at = self._place(name)
            return name[:at] + self.random.choice(list(self.look)) + name[at + 1 :]
        at = self.random.choice(places)
        return name[:at] + self.random.choice(self.look[name[at]]) + name[at + 1 :]

    def _missing(self, name: str) -> str:
        at = self._place(name)
        return name[:at] + name[at + 1 :] if len(name) > 2 else name

    def _added(self, name: str) -> str:
        at = self._place(name)
        return name[:at] + (name[at] if self._chance(0.5) else self.random.choice(_FILLERS)) + name[at:]

    def _swapped(self, name: str) -> str:
        at = self._place(name[:-1]) if len(name) > 2 else 0
        return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :] if len(name) > 2 else name

    def _old_characters(self, name: str) -> str:
        return "".join(self.traditional.get(char, char) if self._chance(0.85) else char for char in name)

    def _spaced(self, name: str) -> str:
        at = self._place(name)
        return self.random.choice([f" {name} ", name[:at] + " " + name[at:], f"\u3000{name}", name + "\t"])

    def _punctuated(self, name: str) -> str:
        at = self._place(name)
        return self.random.choice(
            [
                name + "。",
                name + ".",
                name + ",",
                name + "、",
                f"《{name}》",
                f'"{name}"',
                name[:at] + "." + name[at:],
                name.replace("(", "（").replace(")", "）"),
            ]
        )

    def _noted(self, name: str) -> str:
        note = self.random.choice(["旧", "新", "停用", "勿用", "作废", "已停用", self.person(), "重复"])
        return self.random.choice(
            [
                f"{name}（{note}）",
                f"{name}({note})",
                f"{self.random.choice(['', '-', ''])}{note}-{name}" if len(note) < 4 else f"{name}-{note}",
                f"{name}*",
                f"{name}（{note}）",
            ]
        )

    def _other_form(self, name: str) -> str:
        for form in ("股份有限公司", "有限责任公司", "有限公司", "总公司", "公司"):
            if form in name:
                return name.replace(form, self.random.choice([each for each in _LEGAL if each != form] + [""]), 1)
        for form in ("农民专业合作社", "专业合作社"):
            if name.endswith(form):
                return name.removesuffix(form) + self.random.choice(["合作社", "农民专业合作社", "专业合作社", ""])
        return name + self.random.choice(["有限公司", ""]) if name[-1] in "厂店部" and self._chance(0.4) else name

    def _moved_place(self, name: str) -> str:
        """The place in front left out, shortened, made longer or put into brackets."""
        region, end = regions.read_place(name)
        if not end or len(name) - end < 4:
            return (
                self.random.choice([regions.short_region(region.code or "330100"), ""]) + name
                if not end and self._chance(0.2)
                else name
            )
        place, rest = name[:end], name[end:]
        short = regions.short_region(region.code) or place
        bracket = f"（{short}）"
        cut = self.random.choice([2, len(companies.take_apart(name).brand), len(rest)])
        for form in ("有限", "厂", "公司"):
            if form in rest and self._chance(0.3):
                cut = rest.index(form)
        options = [
            rest,
            short + rest,
            rest[:cut] + bracket + rest[cut:],
            region.province + region.city.replace(region.province, "") + rest,
        ]
        if place == short:
            options.append(short + self.random.choice("市省县") + rest)
        if region.province and not place.startswith(region.province[:2]):
            options.append(regions.short_province(region.province) + name)
        return self.random.choice(options)

    def _shortened(self, name: str) -> str:
        """As people call it: without the legal form, often without the place, sometimes only the brand."""
        parts = companies.take_apart(name)
        if self._chance(0.5):
            name = name.replace("集团", "")
        if parts.branch:
            bare = name.replace("股份有限公司", "").replace("有限责任公司", "").replace("有限公司", "")
            return bare.rstrip("部店所社站厂司") if self._chance(0.3) else bare
        full = name
        for form in ("股份有限公司", "有限责任公司", "有限公司", "专业合作社", "公司", "厂", "店", "部"):
            full = full.removesuffix(form) if full == name else full
        options = [full, full, parts.core, parts.core]
        if len(parts.brand) > 1 and self._chance(0.25):
            options = [parts.brand]
        return self.random.choice(options) or name

    def latin(self, name: str) -> str:
        parts = companies.take_apart(name)
        region, end = regions.read_place(name)
        place = pinyin.pinyin_of(regions.short_region(region.code)).capitalize() if end else ""
        size = self.random.choice([len(parts.brand), 4, len(parts.core)])
        brand = pinyin.pinyin_of(parts.core[:size]).capitalize()
        trade = self.random.choice(["Industry", "Trading", "Technology", "Food", "Machinery", ""])
        form = self.random.choice(["Co., Ltd.", "Co.,Ltd", "Limited", "CO.,LTD.", "Company Limited"])
        return " ".join(filter(None, (place, brand, trade, form)))

    def _with_latin(self, name: str) -> str:
        return name + self.random.choice([" {}", "({}", "/{}", "（{}）"]).format(self.latin(name))

    def _in_latin(self, name: str) -> str:
        return self.latin(name)

    def _renamed(self, name: str) -> str:
        """A new name; the place often stays."""
        _region, end = regions.read_place(name)
        brand = "".join(self.random.choice(list(self.sound)) for _ in range(2))
        fresh = brand + self.random.choice(_TRADES) + self.random.choice(_LEGAL[:2])
        if self.names and self._chance(0.7):
            fresh = self.random.choice(self.names)
            fresh = fresh[regions.read_place(fresh)[1] :]
        return (name[:end] if self._chance(0.5) else "") + fresh

    # --- other fields -------------------------------------------------------------------------------------------------------

    def slip(self, digits: str) -> str:
        at = self._place(digits)
        return digits[:at] + self.random.choice("0123456789") + digits[at + 1 :]

    def dirty_code(self, code: str) -> str:
        if not code:
            return code
        if self._chance(0.05):
            return self._missing(code)
        return self.random.choice(
            [
                code,
                "",
                "",
                "",
                "",
                self.slip(code),
                code.replace("0", "O", 1),
                f"{code[:2]} {code[2:8]} {code[8:]}",
                code.replace("1", "I", 1),
            ]
        )

    def dirty_phone(self, phone: str) -> str:
        if not phone:
            return self.phone() if self._chance(0.2) else ""
        digits = phone.replace("-", "")
        return self.random.choices(
            [
                phone,
                f"+86{digits}",
                " ".join((phone[:3], phone[3:7], phone[7:])),
                f"{phone}/{self.phone()}",
                self.slip(phone) if phone.isdigit() else phone,
                self.phone(),
                "",
            ],
            (32, 8, 14, 9, 9, 13, 15),
        )[0]

    def dirty_address(self, address: str) -> str:
        if not address:
            return ""
        _region, end = regions.read_place(address)
        number = address.replace("号", "#")
        return self.random.choices(
            [
                address,
                address[end:] or address,
                number,
                address[: max(6, len(address) - self.random.randint(2, 9))],
                address.translate(_WIDE),
                "",
                self.random.choice(self.addresses),
            ],
            (27, 20, 8, 9, 7, 25, 5),
        )[0]

    def dirty_contact(self, contact: str) -> str:
        if not contact:
            return self.person() if self._chance(0.25) else ""
        titles = ["总", "经理", "先生", "女士", "工", "主任"]
        return self.random.choices(
            [
                contact,
                contact[0] + self.random.choice(titles),
                contact + self.random.choice(titles[1:]),
                self.person(),
                "",
            ],
            (38, 18, 8, 15, 21),
        )[0]

    # --- strangers that look alike ---------------------------------------------------------------------------------------------

    def stranger(self, customer: Row, row: Row) -> tuple[str, Row]:
        """(kind, another customer whose name is made of this one's); ``row`` lends him code and address."""
        name = customer["name"]
        parts = companies.take_apart(name)
        if parts.is_person:
            found = self.customer(row) | {"name": name, "uscc": "", "short_name": ""}
            if customer["contact"] and self._chance(0.4):
                found["contact"] = customer["contact"]
            return "person", found
        kind = self.random.choices(
            ["series", "branch", "onechar", "city", "industry", "extended", "group"], (24, 30, 17, 15, 6, 6, 6)
        )[0]
        made = getattr(self, f"_{kind}")(name, parts)
        found = self.customer(row) | {"name": made, "province": customer["province"], "city": customer["city"]}
        if kind == "city":
            found |= {"province": row["province"], "city": row["city"]}
        if found["uscc"]:
            near = customer["uscc"] if customer["uscc"] and self._chance(0.6) else found["uscc"]
            found["uscc"] = self.other_code(near)
        if not found["short_name"] and self._chance(0.15):
            found["short_name"] = parts.core
        return kind, self._some_shared(customer, found, keep=0.25 if kind in ("series", "branch", "group") else 0.08)

    def other_code(self, code: str) -> str:
        """A code from the same registry: its first eight characters agree."""
        return code[:8] + "".join(self.random.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=10))

    def _some_shared(self, customer: Row, found: Row, keep: float) -> Row:
        """A sister has the telephone, the contact or the mailbox of the other now and then."""
        for key in ("phone", "contact", "email", "address"):
            if customer[key] and self._chance(keep if key != "address" else 0.1):
                found[key] = customer[key]
        return found

    def sister(self, sister: str) -> str:
        """Another branch or number of the same main name."""
        numbers = [at for at, char in enumerate(sister) if char in _NUMERALS and at > 2]
        if numbers:
            at = numbers[-1]
            return (
                sister[:at] + self.random.choice([each for each in _NUMERALS if each != sister[at]]) + sister[at + 1 :]
            )
        parts = companies.take_apart(sister)
        if parts.branch:
            return (
                sister[: len(sister) - len(parts.branch)]
                + self.random.choice(self.place_names)
                + self.random.choice(_OUTLETS)
            )
        return ""

    def _series(self, name: str, parts) -> str:
        number = self.random.choice([self.random.choice(_NUMERALS), str(self.random.randint(1, 9))])
        style = self.random.random()
        if style < 0.3:
            return f"{name}第{number}{self.random.choice(_OUTLETS)}"
        if style < 0.55:
            return f"{name}{number}{self.random.choice(['店', '厂', '分厂', '分公司', '分店'])}"
        base = name
        for form in ("股份有限公司", "有限责任公司", "有限公司", "专业合作社", "公司", "厂"):
            base = base.removesuffix(form) if base == name else base
        if style < 0.8:
            return f"{base}{number}{self.random.choice(['厂', '店', '队', '站'])}"
        return f"{base}第{number}{self.random.choice(['厂', '公司', '分店'])}"

    def _branch(self, name: str, parts) -> str:
        place = self.random.choice(self.place_names)
        outlet = self.random.choice(_OUTLETS)
        return name + self.random.choice([f"{place}{outlet}", f"({place}){outlet}", f"{place}{outlet}", outlet])

    def _onechar(self, name: str, parts) -> str:
        start = name.find(parts.core[:2])
        span = (max(start, 0), max(start, 0) + (len(parts.brand) if self._chance(0.6) else len(parts.core)))
        at = self.random.randrange(span[0], max(min(span[1], len(name)), span[0] + 1))
        if self._chance(0.3):  # 宏图 and 洪图 are two firms as well
            others = self.sound.get(name[at], []) + self.look.get(name[at], [])
            if others:
                return name[:at] + self.random.choice(others) + name[at + 1 :]
        if self._chance(0.15):
            return name[:at] + self.random.choice(list(self.sound)) + name[at + 1 :]
        good = "兴盛华荣隆鑫源泰和顺信诚达通恒瑞祥安康永福宏广利丰亿远志雅龙旺生业裕佳美国金鼎"
        return name[:at] + self.random.choice([each for each in good if each != name[at]]) + name[at + 1 :]

    def _city(self, name: str, parts) -> str:
        _region, end = regions.read_place(name)
        return self.random.choice(self.place_names) + (name[end:].lstrip("市县区省") if end else name)

    def _industry(self, name: str, parts) -> str:
        trade = parts.core[len(parts.brand) :]
        fresh = self.random.choice([each for each in _TRADES if each != trade])
        if trade and trade in name:
            return name.replace(trade, fresh, 1)
        return name.replace(parts.brand, parts.brand + fresh, 1)

    def _extended(self, name: str, parts) -> str:
        start = max(name.find(parts.core[:2]), 0)
        at = start if self._chance(0.6) else start + self.random.randint(0, len(parts.core))
        return name[:at] + self.random.choice(sorted(words.EXTENDING)) + name[at:]

    def _group(self, name: str, parts) -> str:
        for form in ("股份有限公司", "有限责任公司", "有限公司", "公司"):
            if name.endswith(form):
                return name.removesuffix(form) + "集团有限公司"
        return name + "集团"


_WIDE = str.maketrans({str(each): chr(0xFF10 + each) for each in range(10)})


def make(
    rows: Sequence[Row], seed: int, *, share: float = 0.26, strangers: float = 0.14
) -> tuple[list[Row], list[int], list[str]]:
    """(records, cluster of each, kind of each) from registry rows: about ``share`` duplicates and ``strangers`` look-alikes among them."""
    dirt = Dirt(seed)
    dirt.names = [row["name"] for row in rows[:: max(1, len(rows) // 5000)]]
    draw = dirt.random
    records: list[Row] = []
    clusters: list[int] = []
    kinds: list[str] = []

    def put(record: Row, cluster: int, kind: str) -> None:
        records.append(record)
        clusters.append(cluster)
        kinds.append(kind)

    cluster = 0
    # Strangers live where nobody else of the set does: at the addresses of the last rows.
    rows, lent = rows[: len(rows) * 4 // 5], rows[len(rows) * 4 // 5 :]
    dirt.addresses = [row["address"] for row in lent if row["address"]] or dirt.addresses
    for row in rows:
        customer = dirt.customer(row)
        cluster += 1
        put(customer, cluster, "base")
        if draw.random() < share:
            for _copy in range(draw.choices((1, 2, 3), (72, 20, 8))[0]):
                put(dirt.again(customer), cluster, "dup")
        if draw.random() < strangers:
            kind, other = dirt.stranger(customer, draw.choice(lent))
            cluster += 1
            put(other, cluster, f"hn_{kind}")
            if draw.random() < 0.15:
                put(dirt.again(other), cluster, "dup")
            if kind in ("series", "branch") and draw.random() < 0.45 and (sister := dirt.sister(other["name"])):
                third = dirt.customer(draw.choice(lent)) | {
                    "name": sister,
                    "province": customer["province"],
                    "city": customer["city"],
                    "uscc": dirt.other_code(customer["uscc"]) if customer["uscc"] else "",
                }
                cluster += 1
                put(dirt._some_shared(other, third, keep=0.4), cluster, f"hn_{kind}_pair")
        if draw.random() < 0.02 and len(records) > 100:  # strangers with one value in common: an agent, a park, a boss
            other = draw.choice(records)
            for key in draw.choice(
                [("phone",), ("address",), ("contact",), ("email",), ("bank_account",), ("phone", "address", "contact")]
            ):
                records[-1][key] = other[key] or records[-1][key]
    return records, clusters, kinds
