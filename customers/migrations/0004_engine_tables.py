"""Tables that each engine builds in its own way: the search index, and match keys without a rowid on SQLite."""

from django.db import migrations

# Every ASCII sign but quotes and space is part of a token (``customers.search.index`` stands them in).
SIGNS = "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~"

POSTGRESQL = """
CREATE TABLE customers_search (
    customer_id bigint PRIMARY KEY,
    grams integer[] NOT NULL
);
CREATE INDEX customers_search_grams ON customers_search USING gin (grams) WITH (fastupdate = on);
ALTER TABLE customers_matchkey ADD CONSTRAINT customers_matchkey_customer
    FOREIGN KEY (customer_id) REFERENCES customers_customer (id) ON DELETE CASCADE;
"""

SQLITE = f"""
CREATE VIRTUAL TABLE customers_search USING fts5 (
    grams, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '{SIGNS}'"
);
"""

MATCH_KEYS_SQLITE = """
DROP TABLE customers_matchkey;
CREATE TABLE customers_matchkey (
    key bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES customers_customer (id) ON DELETE CASCADE,
    PRIMARY KEY (key, customer_id)
) WITHOUT ROWID;
CREATE INDEX customers_matchkey_customer ON customers_matchkey (customer_id);
"""


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    schema_editor.execute(SQLITE)
    for statement in MATCH_KEYS_SQLITE.strip().split(";\n"):
        schema_editor.execute(statement.rstrip(";"))


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE customers_search")


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_initial")]
    operations = [migrations.RunPython(build, drop)]
