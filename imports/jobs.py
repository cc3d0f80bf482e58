"""Where the job layer finds this app's handlers; they stand beside what they do."""

from .exports import jobs as _exports  # noqa: F401
from .importing import jobs as _importing  # noqa: F401
from .organisation import jobs as _organisation  # noqa: F401
