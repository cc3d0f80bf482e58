"""Files that come with a sent form: stored at once, so that a form which comes back with errors still has them.

What lives here: from an uploaded file to the token that stands in its place. What does not: which files are taken (``services.files``).
"""

from typing import Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from ..fields import Catalogue, Type
from ..services import files
from .widgets import UPLOAD


def take(
    posted: QueryDict, uploaded: MultiValueDict, catalogue: Catalogue, actor: Actor
) -> tuple[QueryDict, dict[str, str]]:
    """(the posted data with tokens of the files that came, field key → why its file was not taken)."""
    brought: dict[str, Any] = {
        each.key: uploaded[name]
        for each in catalogue.editable(actor)
        if each.type == Type.FILE and (name := f"{each.key}{UPLOAD}") in uploaded
    }
    if not brought:
        return posted, {}
    data, refused = posted.copy(), {}
    for key, upload in brought.items():
        try:
            data[key] = files.store(upload, ledger=catalogue.ledger, by=actor).token
        except BusinessError as problem:
            refused[key] = f"{problem.message}{problem.remedy}"
    return data, refused
