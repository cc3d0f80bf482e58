import django.db.models.deletion
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0006_depth_of_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="changebatch",
            name="customers_removed",
            field=models.PositiveIntegerField(default=0, verbose_name="删除"),
        ),
        migrations.AlterField(
            model_name="changebatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("edit", "页面编辑"),
                    ("import", "导入"),
                    ("command", "命令"),
                    ("demo", "演示数据"),
                    ("undo", "撤销"),
                    ("renumber", "改号"),
                    ("settings", "设置变更"),
                    ("transfer", "移交"),
                    ("assign", "分配"),
                    ("remove", "删除"),
                ],
                max_length=12,
                verbose_name="类型",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="customers.changebatch",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["batch", "customer_id"], name="event_of_batch"),
        ),
        migrations.AddIndex(
            model_name="changebatch",
            index=models.Index(
                fields=["ledger", "at"], condition=models.Q(customers_removed__gt=0), name="batch_with_removals"
            ),
        ),
    ]
