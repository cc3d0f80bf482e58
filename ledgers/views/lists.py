"""我的账套: the sets that the user belongs to, and the drafts that he has begun."""

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp_site.shared.errors import NotAllowed
from permissions.loading import titles_in_sets
from permissions.models import User

from ..models import Ledger
from ..pages import attempt
from ..services import creating

MAY_CREATE = "ledgers.add_ledger"


def require_creator(request: HttpRequest) -> None:
    """Raise NotAllowed unless the user may create account sets."""
    if not request.user.has_perm(MAY_CREATE):
        raise NotAllowed(
            _("您没有新建账套的权限。"),
            rule=_("需要系统权限「可以新增账套」"),
            remedy=_("请联系系统管理员授予该权限。"),
        )


def begun_by(user: User) -> QuerySet[Ledger]:
    """Sets that the user began himself, or that a command began for him as their manager."""
    return Ledger.objects.filter(Q(created_by=user) | Q(manager=user))


def own_draft(request: HttpRequest, code: str) -> Ledger:
    """The user's own draft; 404 for anything else, so that nobody learns of other people's drafts."""
    ledger = begun_by(request.user).filter(code__iexact=code, state=Ledger.State.DRAFT).first()
    if ledger is None:
        raise Http404(_("没有找到该草稿账套。"))
    return ledger


@require_GET
def ledger_list(request: HttpRequest) -> HttpResponse:
    """Every set of the user with his roles in it, then his drafts."""
    roles = titles_in_sets(request.user)
    ledgers = Ledger.objects.filter(pk__in=roles).select_related("manager").order_by("code")
    drafts = begun_by(request.user).filter(state=Ledger.State.DRAFT)
    order = list(Ledger.State)
    context = {
        "rows": [
            {"ledger": ledger, "roles": "、".join(roles[ledger.pk])}
            for ledger in sorted(ledgers, key=lambda ledger: order.index(ledger.state))
        ],
        "drafts": drafts.order_by("-pk"),
        "may_create": request.user.has_perm(MAY_CREATE),
    }
    return render(request, "ledgers/list.html", context)


@require_POST
def draft_delete(request: HttpRequest, code: str) -> HttpResponse:
    """Throw a draft of one's own away."""
    require_creator(request)
    ledger = own_draft(request, code)
    attempt(request, lambda: creating.delete_draft(ledger), _("草稿账套「%(name)s」已删除。") % {"name": ledger.name})
    return redirect("ledger_list")
