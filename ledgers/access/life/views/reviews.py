"""权限复核: the list, one review line by line, its signature."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from permissions.models import Review
from permissions.rights import Right

from ....pages import attempt, needs, render_settings
from .. import reviews
from ..forms import DecisionForm, ReviewForm, SignForm
from .frame import put, status_of

PAGE, SIZE, SHOWN = "review_list", 100, 50
Decision = reviews.Decision
# ?show= → lines
_SHOWS = {
    "open": {"decision": Decision.OPEN},
    "risky": {},
    "keep": {"decision": Decision.KEEP},
    "revoke": {"decision": Decision.REVOKE},
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.MEMBERS)
def review_list(request: HttpRequest) -> HttpResponse:
    """Reviews of the set; posting begins one."""
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = reviews.begin(request.ledger, by=request.actor, **form.cleaned_data)
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("已记下当前的全部授权，请逐行复核。"))
            return redirect("review_detail", request.ledger.code, made.pk)
    rows = list(reviews.listed(request.ledger)[:SHOWN])
    context = {
        "form": form,
        "rows": rows,
        "has_open": any(row.state == Review.State.OPEN for row in rows),
        "today": timezone.localdate(),
    }
    return render_settings(request, "access/life/reviews.html", PAGE, context, status_of(form))


def _review(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(
        Review.objects.select_related("ledger", "opened_by", "signed_by"), ledger=request.ledger, pk=pk
    )


@never_cache
@require_safe
@needs(Right.MEMBERS)
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A hundred lines of one review; ``?show=`` narrows, ``?after=`` pages; a signed one shows all lines for printing with ``?all=1``."""
    return _page(request, _review(request, pk))


def _page(request: HttpRequest, review: Review, form: SignForm | None = None) -> HttpResponse:
    show, after = request.GET.get("show", ""), request.GET.get("after", "")
    lines = review.lines.select_related("decided_by").filter(**_SHOWS.get(show, {}))
    if show == "risky":
        lines = lines.exclude(risks="")
    if after.isdecimal() and len(after) < 19:
        lines = lines.filter(pk__gt=int(after))
    everything = request.GET.get("all") == "1" and review.state != Review.State.OPEN
    rows = list(lines if everything else lines[: SIZE + 1])
    more = not everything and len(rows) > SIZE
    counts = reviews.progress(review)
    context = {
        "review": review,
        "lines": rows if everything else rows[:SIZE],
        "next": rows[SIZE - 1].pk if more else None,
        "show": show,
        "tabs": _tabs(request, review, show, counts),
        "counts": counts,
        "is_open": review.state == Review.State.OPEN,
        "is_alone": reviews.is_alone(review, request.actor),
        "is_late": review.state == Review.State.OPEN and review.due_on < timezone.localdate(),
        "everything": everything,
        "form": form or SignForm(),
    }
    return render_settings(request, "access/life/review.html", PAGE, context, status_of(form) if form else 200)


def _tabs(request: HttpRequest, review: Review, show: str, counts: dict) -> list[dict]:
    here = reverse("review_detail", args=[request.ledger.code, review.pk])
    labels = (
        ("", _("全部"), counts["total"]),
        ("open", _("未复核"), counts["open"]),
        ("risky", _("有提示"), None),
        ("keep", _("保留"), counts["keep"]),
        ("revoke", _("收回"), counts["revoke"]),
    )
    return [
        {"label": label, "url": f"{here}?show={key}" if key else here, "active": key == show, "count": count}
        for key, label, count in labels
    ]


@require_POST
@needs(Right.MEMBERS)
def review_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep or take back the ticked lines; one line by htmx comes back as its row."""
    review = _review(request, pk)
    # A row's button names its line; htmx sends the ticks of the form along, which are not meant then.
    ticked = request.POST.get("lines", "") or " ".join(request.POST.getlist("line"))
    form = DecisionForm({"decision": request.POST.get("decision", ""), "lines": ticked})
    back = redirect("review_detail", review.ledger.code, review.pk)
    if not form.is_valid():
        messages.error(request, _("请先选择行。"))
        return back
    wanted, decision = form.cleaned_data["lines"], form.cleaned_data["decision"]
    if request.htmx and len(wanted) == 1:
        reviews.decide(review, wanted, decision, by=request.actor)
        line = get_object_or_404(review.lines.select_related("decided_by"), pk=wanted[0])
        context = {
            "line": line,
            "review": review,
            "is_open": True,
            "is_alone": reviews.is_alone(review, request.actor),
            "counts": reviews.progress(review),
            "swap": True,
        }
        return render(request, "access/life/review_line.html", context)
    count = 0

    def act() -> None:
        nonlocal count
        count = reviews.decide(review, wanted, decision, by=request.actor)
        if count < len(wanted):
            messages.warning(
                request, _("%(count)s 行没有改变：与您本人有关，或已经执行。") % {"count": len(wanted) - count}
            )

    attempt(request, act, _("已记录。"))
    return back


@require_POST
@needs(Right.MEMBERS)
def review_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the next portion."""
    review = _review(request, pk)
    left = 0

    def act() -> None:
        nonlocal left
        left = reviews.carry_out(review, by=request.actor)
        if left:
            messages.info(request, _("还有 %(count)s 行，请再点一次。") % {"count": left})

    attempt(request, act, _("已执行收回。"))
    return redirect("review_detail", review.ledger.code, review.pk)


@require_POST
@needs(Right.MEMBERS)
def review_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """End the review with a statement."""
    review = _review(request, pk)
    form = SignForm(request.POST)
    if form.is_valid():
        try:
            reviews.sign(review, statement=form.cleaned_data["statement"], by=request.actor)
        except BusinessError as problem:
            put(form, problem)
        else:
            messages.success(request, _("复核已签署。"))
            return redirect("review_detail", review.ledger.code, review.pk)
    return _page(request, review, form)


@require_POST
@needs(Right.MEMBERS)
def review_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    review = _review(request, pk)
    attempt(request, lambda: reviews.cancel(review, by=request.actor), _("复核已取消；已收回的权限不会恢复。"))
    return redirect("review_list", review.ledger.code)
