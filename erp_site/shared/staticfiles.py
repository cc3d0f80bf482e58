"""Static files under hashed names, JavaScript modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Our scripts import each other as modules; without this flag the imports would keep the unhashed names."""

    support_js_module_import_aggregation = True
