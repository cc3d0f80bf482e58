"""Fetching is scoping: the one way in which a page of the import gets a batch. Somebody else's import is a 404."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from permissions.rights import Right

from ...models import ImportBatch
from .. import finishing


def importer(view: Callable) -> Callable:
    """Only for who may import; with a pk in the address the view gets the batch, settled, or a 404."""

    @wraps(view)
    @never_cache
    def inner(request: HttpRequest, pk: int | None = None, **kwargs) -> HttpResponse:
        request.actor.require(Right.IMPORT)
        if pk is None:
            return view(request, **kwargs)
        visible = ImportBatch.objects.visible_to(request.actor).select_related(
            "ledger", "job", "created_by", "change_batch"
        )
        batch = get_object_or_404(visible, pk=pk)
        finishing.settle(batch)
        return view(request, batch, **kwargs)

    return inner


def to(name: str, batch: ImportBatch) -> HttpResponse:
    return redirect(name, batch.ledger.code, batch.pk)
