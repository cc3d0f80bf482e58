"""The pages of the import: ``starting`` up to the check, ``running`` from there to the result, ``files`` to download."""
