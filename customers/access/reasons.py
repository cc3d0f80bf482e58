"""Why somebody sees one customer or does not, and who sees him: every source of rows tried one by one.

What lives here: the trials and their verdict. What does not: what a scope means in SQL (``customers.querysets``), and what could be changed
(``remedies``). The reader of an explanation must see the customer himself; values come through his ``Presenter``, and a trial that turns on a
field hidden from him is not told.

One query answers all scopes of all people about one customer, the rest is read from memory: a list of two thousand people costs as much
as one. A test holds the verdict to ``visible_to`` for everybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from ledgers.access import scoping
from permissions.actor import Actor
from permissions.grants import RoleGrant
from permissions.rights import Right, Scope

from ..fields import Catalogue, Type
from ..models import ChangeBatch, Customer, CustomerGroupShare, CustomerUserShare
from ..presenting import Presenter
from ..querysets import VIEW, scope_condition
from . import filters

_AT_ONCE = 200  # conditions in one statement
_NAMES = 60  # told of one group of people
# kind of scope → field of the customer that it looks at
_LOOKS_AT = {
    Scope.OWN: "owner",
    Scope.DEPARTMENT: "department",
    Scope.DEPARTMENT_TREE: "department",
    Scope.DEPARTMENTS: "department",
    Scope.PROVINCES: "province",
    Scope.CATEGORIES: "category",
    Scope.SALES_REGIONS: "sales_region",
}


@dataclass(frozen=True)
class Trial:
    """One source of rows held against the customer.

    ``hit``: it applies. ``takes``: it takes the customer away whatever gives him (an exclusion, a missing right, an import that is not
    done). ``is_told``: the reader may know what it turns on. ``kind`` and ``role`` say what could be changed.
    """

    source: str
    what: str
    hit: bool
    why: str
    takes: bool = False
    is_told: bool = True
    is_deciding: bool = False
    kind: str = ""
    role: RoleGrant | None = None

    @property
    def rule(self) -> str:
        """The source in one line, as far as the reader may know it."""
        return "：".join(filter(None, (self.source, self.what if self.is_told else "")))


@dataclass(frozen=True)
class Verdict:
    """Whether he sees the customer, the trials in the order in which they count, and the answer in one sentence."""

    sees: bool
    trials: tuple[Trial, ...]
    sentence: str

    @property
    def deciding(self) -> Trial | None:
        """The trial that decides; None where nothing was given that could."""
        return next((each for each in self.trials if each.is_deciding), None)


@dataclass(frozen=True)
class Viewers:
    """People who see the customer by one rule; ``more``: how many are not named."""

    rule: str
    names: list[str]
    more: int

    @property
    def count(self) -> int:
        return len(self.names) + self.more


class Reasons:
    """One customer, as ``reader`` knows him, held against other people's rights."""

    def __init__(self, customer: Customer, reader: Actor):
        self.customer, self.reader = customer, reader
        self.catalogue = Catalogue.of(customer.ledger)
        self.presenter = Presenter(self.catalogue, reader)
        self.words = scoping.Words(customer.ledger)
        self._hits: dict[tuple, bool] = {}
        self._told: dict[str, str | None] = {}
        self._user_shares: dict[int, list[CustomerUserShare]] = {}
        self._group_shares: dict[int, list[CustomerGroupShare]] = {}
        for share in CustomerUserShare.objects.filter(content_object=customer, permission__codename=VIEW):
            self._user_shares.setdefault(share.user_id, []).append(share)
        for share in CustomerGroupShare.objects.filter(content_object=customer, permission__codename=VIEW):
            self._group_shares.setdefault(share.group_id, []).append(share)

    # --- answers ----------------------------------------------------------------------------------------------------

    def of(self, actor: Actor) -> Verdict:
        """Why this person sees the customer or not."""
        self._look_up([actor])
        trials = tuple(self._ordered(self._taking(actor), self._giving(actor)))
        deciding = next((each for each in trials if each.is_deciding), None)
        sees = deciding is not None and not deciding.takes
        return Verdict(sees, trials, self._sentence(actor, deciding, trials))

    def viewers(self, actors: Iterable[Actor]) -> list[Viewers]:
        """Who of these people sees the customer, by the rule that shows him; the rule of most people first."""
        actors = list(actors)
        self._look_up(actors)
        groups: dict[str, list[str]] = {}
        for actor in actors:
            if any(each.hit for each in self._taking(actor)):
                continue
            first = next((each for each in self._giving(actor) if each.hit), None)
            if first:
                groups.setdefault(first.rule, []).append(str(actor.user))
        found = [Viewers(rule, names[:_NAMES], max(0, len(names) - _NAMES)) for rule, names in groups.items()]
        return sorted(found, key=lambda each: -each.count)

    @staticmethod
    def _ordered(taking: Iterable[Trial], giving: Iterable[Trial]) -> Iterator[Trial]:
        """What applies first, the deciding one marked; exclusions that do not apply come last."""
        taking, giving = list(taking), list(giving)
        deciding = next((each for each in (*taking, *giving) if each.hit), None)
        applying = [each for each in taking if each.hit]
        rest = sorted(giving, key=lambda each: not each.hit) + [each for each in taking if not each.hit]
        for each in (*applying, *rest):
            yield replace(each, is_deciding=True) if each is deciding else each

    @staticmethod
    def _sentence(actor: Actor, deciding: Trial | None, trials: tuple[Trial, ...]) -> str:
        words: dict[str, Any] = {"name": actor.user}
        if deciding is None:
            given = [each for each in trials if not each.takes and each.role]
            words["count"] = len(given)
            if not given:
                return _("%(name)s看不到这个客户，因为没有给过他任何数据范围，也没有共享给他。") % words
            return _("%(name)s看不到这个客户，因为他的 %(count)s 项数据范围都不包含它，也没有共享给他。") % words
        words |= {"rule": deciding.rule, "why": deciding.why}
        if deciding.takes:
            return _("%(name)s看不到这个客户，因为%(why)s。") % words
        if not deciding.is_told:
            return _("%(name)s看得到这个客户，因为有%(rule)s。") % words
        return _("%(name)s看得到这个客户，因为有%(rule)s，%(why)s。") % words

    # --- what takes the customer away -------------------------------------------------------------------------------

    def _taking(self, actor: Actor, *, is_lender: bool = False) -> Iterator[Trial]:
        if self.customer.created_batch.state == ChangeBatch.State.OPEN:
            why = _("它属于一次还没有完成的导入，完成之前任何人都看不到")
            yield Trial(_("导入"), "", True, why, takes=True, kind="import")
        if not (actor.is_member or is_lender):
            why = _("他现在不是本账套的有效成员") if actor.user.is_active else _("他的账号已停用")
            yield Trial(_("成员"), "", True, why, takes=True, kind="member")
            return
        view = actor.decide(Right.VIEW)
        if not view.allowed:
            why = _("他没有「查看」权限：%(rule)s") % {"rule": view.rule}
            yield Trial(_("功能权限"), "", True, why, takes=True, kind="view")
        for role in actor.roles:
            for kind, values in role.denied_scopes:
                yield self._excluding(actor, role, kind, values)

    def _excluding(self, actor: Actor, role: RoleGrant, kind: str, values: tuple) -> Trial:
        hit, is_told = self._hit(actor, kind, values), self._is_told(kind)
        what, fact = self.words.of(kind, values), self._fact(actor, kind, hit)
        words = {"role": role.title, "what": what, "fact": fact}
        why = fact
        if hit:
            why = _("%(role)s排除了它") % words if not is_told else _("%(role)s排除「%(what)s」，而%(fact)s") % words
        source = _("%(role)s的排除") % words
        return Trial(
            source, what, hit, why if is_told or hit else "", takes=True, is_told=is_told, kind=kind, role=role
        )

    # --- what gives him ---------------------------------------------------------------------------------------------

    def _giving(self, actor: Actor) -> Iterator[Trial]:
        for role in actor.roles:
            for kind, values in role.scopes:
                hit, is_told = self._hit(actor, kind, values), self._is_told(kind)
                fact = self._fact(actor, kind, hit) if is_told else _("它依据的字段对您隐藏，不作说明")
                yield Trial(role.title, self.words.of(kind, values), hit, fact, is_told=is_told, kind=kind, role=role)
        yield self._share(actor)
        for role in actor.roles:
            for share in self._group_shares.get(role.group_id, ()) if role.group_id else ():
                yield self._of_share(share, _("共享给%(role)s") % {"role": role.title})
        for each in actor.delegations:
            yield self._lent(each)

    def _share(self, actor: Actor) -> Trial:
        """The share that lasts longest; shares are asked of everybody, so that one can see that there is none."""
        shares = self._user_shares.get(actor.user_id, [])
        if not shares:
            return Trial(_("授权共享"), "", False, _("没有共享给他"), kind="share")
        longest = max(shares, key=lambda each: (each.ends_on is None, each.ends_on or timezone.localdate()))
        return self._of_share(longest, _("授权共享"))

    @staticmethod
    def _of_share(share: Any, source: str) -> Trial:
        words = {"day": share.ends_on.isoformat() if share.ends_on else ""}
        if share.ends_on is None:
            return Trial(source, "", True, _("它已长期共享"), kind="share")
        if share.ends_on >= timezone.localdate():
            return Trial(source, "", True, _("它已共享至 %(day)s") % words, kind="share")
        return Trial(source, "", False, _("共享已于 %(day)s 结束") % words, kind="share")

    def _lent(self, each) -> Trial:
        """The rows of the one whom he stands in for."""
        if Right.VIEW not in each.rights:
            return Trial(each.rule, "", False, _("代理没有包括「查看」"), kind="delegation")
        taken = next((trial for trial in self._taking(each.actor, is_lender=True) if trial.hit), None)
        given = next((trial for trial in self._giving(each.actor) if trial.hit), None)
        words = {"name": each.actor.user, "rule": given.rule if given else ""}
        if given and not taken:
            return Trial(each.rule, "", True, _("%(name)s看得到它（%(rule)s）") % words, kind="delegation")
        return Trial(each.rule, "", False, _("%(name)s自己也看不到它") % words, kind="delegation")

    # --- does a scope hold for him -------------------------------------------------------------------------------------

    def _hit(self, actor: Actor, kind: str, values: tuple) -> bool:
        if kind == Scope.ALL:
            return True
        if kind == Scope.OWN:
            return self.customer.owner_id == actor.user_id
        if kind == Scope.DEPARTMENT:
            department = actor.user.department_id
            return department is not None and self.customer.department_id == department
        if kind == Scope.DEPARTMENT_TREE:
            return self.customer.department_id in actor.department_ids
        key = _key(actor, kind, values)
        return self._may_be_his(key) and self._hits[key]

    def _may_be_his(self, key: tuple) -> bool:
        """Whether a filter that says "his own" can hold at all: only for those whom the customer names."""
        return key[-1] is None or key[-1] in self._named_people

    @cached_property
    def _named_people(self) -> set[int]:
        """Everybody whom a field of the customer names."""
        fields = (each for each in self.catalogue.by_key.values() if each.type == Type.USER and not each.part)
        return {self.presenter.value(self.customer, each) for each in fields}

    def _look_up(self, actors: Iterable[Actor]) -> None:
        """Ask the database which scopes that are the same for everybody hold for the customer: one query for all of them."""
        asked: dict[tuple, Any] = {}
        everybody = [each for actor in actors for each in (actor, *(lent.actor for lent in actor.delegations))]
        for actor in everybody:
            for kind, values in (scope for role in actor.roles for scope in (*role.scopes, *role.denied_scopes)):
                key = _key(actor, kind, values)
                if kind not in _IN_MEMORY and self._may_be_his(key) and key not in self._hits and key not in asked:
                    asked[key] = scope_condition(actor, kind, values)
        keys = list(asked)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            row = self._row({f"s{at}": asked[key] for at, key in enumerate(some)})
            self._hits |= {key: row[f"s{at}"] for at, key in enumerate(some)}

    def _row(self, conditions: dict[str, Any]) -> dict[str, bool]:
        told = {
            name: Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
            for name, condition in conditions.items()
        }
        rows = askable(self.reader).filter(pk=self.customer.pk)
        return rows.annotate(**told).values(*told).get()

    # --- in words ------------------------------------------------------------------------------------------------------

    def _is_told(self, kind: str) -> bool:
        """Whether the reader may read what the scope looks at. A condition may look at anything, so it is told to whom nothing is hidden."""
        if kind == Scope.FILTER:
            return all(self.reader.may_read(each.right_key) for each in self.catalogue.fields)
        return kind not in _LOOKS_AT or self.reader.may_read(self.catalogue.get(_LOOKS_AT[kind]).right_key)

    def _value(self, key: str) -> str:
        if key not in self._told:
            field = self.catalogue.get(key)
            self._told[key] = self.presenter.shown(field, self.presenter.value(self.customer, field)).text
        return self._told[key]

    def _fact(self, actor: Actor, kind: str, hit: bool) -> str:
        """What of the customer the scope looked at."""
        if kind == Scope.ALL:
            return _("它包含账套的每一个客户")
        if kind not in _LOOKS_AT:
            return _("客户符合这个条件") if hit else _("客户不符合这个条件")
        key = _LOOKS_AT[kind]
        value, department = self._value(key), actor.user.department
        words = {"label": self.catalogue.get(key).label, "value": value, "name": actor.user, "his": department}
        if kind == Scope.OWN and hit:
            return _("负责人就是%(name)s") % words
        if not value:
            return _("客户没有填写%(label)s") % words
        said = _("客户的%(label)s是「%(value)s」") % words
        if kind in (Scope.DEPARTMENT, Scope.DEPARTMENT_TREE):
            if department is None:
                return said + _("，而他没有部门")
            own = kind == Scope.DEPARTMENT
            yes = _("，就是他的部门") if own else _("，在他的部门「%(his)s」之内") % words
            no = _("，他的部门是「%(his)s」") % words if own else _("，不在他的部门「%(his)s」之内") % words
            return said + (yes if hit else no)
        if kind == Scope.OWN:
            return said + _("，不是他")
        return said + (_("，在范围之内") if hit else _("，不在范围之内"))


_IN_MEMORY = (Scope.ALL, Scope.OWN, Scope.DEPARTMENT, Scope.DEPARTMENT_TREE)


def _key(actor: Actor, kind: str, values: tuple) -> tuple:
    """A scope that means the same for everybody is looked up once; a filter may say "his own"."""
    is_personal = kind == Scope.FILTER and any(str(each).endswith(f"={filters.ME}") for each in values)
    return (kind, values, actor.user_id if is_personal else None)


def askable(reader: Actor) -> QuerySet:
    """Customers about which ``reader`` may ask: those he sees; for whoever imports also those of an import that is not done."""
    seen = Customer.objects.visible_to(reader)
    return (seen | Customer.objects.awaited_by(reader)) if reader.can(Right.IMPORT) else seen
