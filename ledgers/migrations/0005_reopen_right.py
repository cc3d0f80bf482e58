"""Reopening periods became a right of its own: roles that could reopen until now keep it, finance gets it."""

from django.db import migrations


def give(apps, schema_editor):
    role_model = apps.get_model("permissions", "Role")
    changed = []
    for role in role_model.objects.all():
        if "reopen" not in role.rights and ("configure" in role.rights or role.code == "finance"):
            role.rights = [*role.rights, "reopen"]
            changed.append(role)
    role_model.objects.bulk_update(changed, ["rights"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0004_code_rule"), ("permissions", "0002_organisation")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
