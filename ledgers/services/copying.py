"""What a draft begins with: the configuration of another set, or of a template.

What lives here: laying a document into a draft. What does not: the document (``configuration``), and its coming true, which is part of the
activation (``creating``), so that a draft holds nothing but choices.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from ..models import Ledger
from . import configuration, creating
from .configuration import Sections
from .locking import changeable


@transaction.atomic
def lay_into(draft: Ledger, content: Sections, *, by: User | None, **choices: str) -> None:
    """Make a document the beginning of a draft: what the wizard's forms show at once, the rest when it is activated.

    ``choices`` are remembered beside it (which template it was). BusinessError when the set is no draft any more, and for an item that could
    not come true, so that nobody learns of it at the activation.
    """
    current = changeable(draft)
    if current.state != Ledger.State.DRAFT:
        raise BusinessError(_("只能复制到草稿账套。"), code="ledger.not_draft")
    configuration.rehearse(draft, content, by=by)
    shown = {key: items for key, items in content.items() if configuration.section(key).in_draft}
    configuration.apply(draft, shown, by=by)
    later = {key: items for key, items in content.items() if key not in shown}
    creating.keep_document(draft, {**creating.document_of(draft), **later}, **choices)


def copy_configuration(source: Ledger, draft: Ledger, *, by: User | None = None) -> None:
    """Bring the configuration of ``source``, without its data, into a draft."""
    lay_into(draft, configuration.read(source), by=by, copied_from=source.code)
