"""Files of own fields: given back as a download, whatever is in them."""

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from erp_site.shared.crypto import UnreadableValue
from permissions.logs import access
from permissions.rights import Right

from ..fields import Catalogue
from ..services import files


@never_cache
@require_safe
def file_download(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """The file of a token, as an attachment that no browser runs; 404 for whoever may not see a customer that holds it."""
    request.actor.require(Right.VIEW)
    file = files.visible(token, Catalogue.of(request.ledger), request.actor)
    if file is None:
        raise Http404
    try:
        content = files.content(file)
    except (FileNotFoundError, UnreadableValue) as lost:
        raise Http404 from lost
    access.note(request.actor, access.Kind.DOWNLOAD, detail=_("附件字段的文件"), request=request)
    response = StreamingHttpResponse(content, content_type=file.content_type)
    response["Content-Length"] = file.size
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
