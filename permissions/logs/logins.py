"""Who came in, who did not, who went.

What lives here: writing a line. What does not: how often somebody may try (``permissions.login_guard``). Nobody comes in unseen: without
its line a login fails.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from ..models import LoginRecord, User

Kind = LoginRecord.Kind


REFUSALS_EVERY = timedelta(minutes=1)


def note_refusal(typed: str, request: HttpRequest) -> None:
    """An attempt beyond the limits. Who hammers a locked account fills no table: one line per account and minute, one per address."""
    user = User.objects.filter(username=typed.strip()).first()
    address = request.META.get("REMOTE_ADDR", "")[:45]
    told = LoginRecord.objects.filter(kind=Kind.LOCKED, address=address, at__gt=timezone.now() - REFUSALS_EVERY)
    if not told.filter(user_id=user.pk if user else None).exists():
        note(Kind.LOCKED, user=user, request=request)


def note(kind: str, *, user: User | None = None, typed: str = "", request: HttpRequest | None = None) -> LoginRecord:
    """Write down a login, a failure, a refusal, a logout or a change of password.

    ``typed``: the name as it was typed, kept only when it is somebody's (it may be a password typed into the wrong box).
    """
    if user is None and typed:
        user = User.objects.filter(username=typed.strip()).first()
    meta = request.META if request else {}
    return LoginRecord.objects.create(
        kind=str(kind),
        user_id=user.pk if user else None,
        username=user.get_username() if user else "",
        address=meta.get("REMOTE_ADDR", "")[:45],
        agent=meta.get("HTTP_USER_AGENT", "")[:200],
        request_id=getattr(request, "request_id", ""),
    )
