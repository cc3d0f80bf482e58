"""A form that is sent twice (double click, F5, a retry on a bad line) acts once.

What lives here: the token of a form and the record, in the sender's session, of what it led to. The session row is the lock: the second
request waits for the first one's transaction and then finds its result.
"""

import secrets
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest

_KEY = "sent_forms"
_KEPT = 30


def new_token() -> str:
    return secrets.token_urlsafe(16)


def once(request: HttpRequest, token: str, act: Callable[[], int | None]) -> int | None:
    """The id that ``act`` gives, or gave when this session sent the same token before; None (nothing saved) is not remembered.

    ``act`` runs in a transaction; what it raises undoes everything.
    """
    if not token:
        return act()
    with transaction.atomic():
        sent = _sent_forms(request)
        if token in sent:
            return sent[token]
        made = act()
        if made is not None:
            request.session[_KEY] = dict([*sent.items(), (token, made)][-_KEPT:])
            request.session.save()
        return made


def _sent_forms(request: HttpRequest) -> dict[str, int]:
    """What this session has sent, as stored now and locked: the copy in memory may be older than another request."""
    sessions = request.session.model.objects.select_for_update()
    stored = sessions.filter(session_key=request.session.session_key).first()
    return stored.get_decoded().get(_KEY, {}) if stored else {}
