"""Static files under hashed names, JavaScript modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Our scripts import each other as modules; without this flag the imports would keep the unhashed names."""

    support_js_module_import_aggregation = True
    # Ours only: scripts that packages bring along mention modules that are no files.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
