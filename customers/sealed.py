"""Conditions of a list that may not stand in an address, as an opaque token.

What lives here: which search texts are private, and their sealing for one user of one set. What does not: what a condition
means (``listing``). Addresses stay in browser histories and in the logs of proxies; a token says nothing to either.
"""

import json
import re

from django.utils.translation import gettext as _

from erp_site.shared import crypto
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

# Seven digits and more with nothing but signs between them: a telephone, a bank account, an identity card.
_NUMBER_OF_A_PERSON = re.compile(r"(?<![0-9A-Za-z])\+?(?:[0-9][\s()（）.-]*){7,}[Xx]?(?![0-9A-Za-z])")


def is_private(text: str) -> bool:
    """Whether a search text looks like a telephone, a bank account, an identity card or an e-mail address."""
    return "@" in text or bool(_NUMBER_OF_A_PERSON.search(text))


def seal(params: dict[str, str], actor: Actor) -> str:
    """A token for the address line; only the same user can use it, in the same set."""
    return crypto.encrypt(json.dumps(params, ensure_ascii=False), _context(actor))


def unseal(token: str, actor: Actor) -> dict[str, str]:
    """The conditions of a token. Raises BusinessError for one that is cut short or was made for somebody else."""
    try:
        return json.loads(crypto.decrypt(token, _context(actor)))
    except (crypto.UnreadableValue, ValueError) as broken:
        raise BusinessError(
            _("这个查询链接不完整，或是由其他人生成的。"), code="list.token", remedy=_("请重新输入查询条件。")
        ) from broken


def _context(actor: Actor) -> str:
    return f"list.{actor.ledger_id}.{actor.user_id}"
