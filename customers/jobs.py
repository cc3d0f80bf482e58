"""Background work of customers: handlers, and the modules that register kinds of mass edit (imported here so that workers know them)."""

from erp_site.jobs.registry import job

from .access import jobs as access  # noqa: F401
from .assigning import jobs as assigning  # noqa: F401
from .categorising import kinds  # noqa: F401
from .handover import transfers  # noqa: F401
from .numbers import jobs as numbers  # noqa: F401
from .own import converting as own_converting
from .own import indexing as own_indexing
from .own import sweeping  # noqa: F401
from .rulebook import recomputing  # noqa: F401
from .services import mass_edits
from .undoing import jobs as undoing  # noqa: F401

job(mass_edits.JOB)(mass_edits.run)
job(own_indexing.JOB)(own_indexing.run)
job(own_converting.JOB)(own_converting.run)
