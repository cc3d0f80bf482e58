"""Properties are not timed: the first example may load a table, and the machine may be busy with other tests."""

from hypothesis import settings

settings.register_profile(
    "rules", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None, database=None
)
settings.load_profile("rules")
