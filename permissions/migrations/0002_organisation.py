import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def positions_from_texts(apps, schema_editor):
    """Every text that users had as their position becomes a row, and they point to it."""
    User, Position = apps.get_model("permissions", "User"), apps.get_model("permissions", "Position")
    texts = User.objects.exclude(position_text="").order_by("position_text").values_list("position_text", flat=True)
    for index, text in enumerate(texts.distinct(), 1):
        position = Position.objects.create(code=f"ZW{index:03d}", name=text)
        User.objects.filter(position_text=text).update(position=position)
    if schema_editor.connection.vendor == "postgresql":
        # Checks that wait for the end of the transaction would forbid altering the table below.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ('permissions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Position',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, unique=True, verbose_name='职位编码')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='职位名称')),
                ('rank', models.PositiveSmallIntegerField(default=9, verbose_name='级别')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
            ],
            options={
                'verbose_name': '职位',
                'verbose_name_plural': '职位',
                'ordering': ['rank', 'code'],
            },
        ),
        migrations.AddField(
            model_name='department',
            name='head',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='heads_of', to=settings.AUTH_USER_MODEL, verbose_name='部门负责人'),
        ),
        migrations.AddField(
            model_name='user',
            name='left_on',
            field=models.DateField(blank=True, null=True, verbose_name='离职日期'),
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, unique=True, verbose_name='公司编码')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='公司名称')),
                ('uscc', models.CharField(blank=True, max_length=18, verbose_name='统一社会信用代码')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='permissions.company', verbose_name='上级公司')),
            ],
            options={
                'verbose_name': '公司',
                'verbose_name_plural': '公司',
                'ordering': ['code'],
            },
        ),
        migrations.AddField(
            model_name='department',
            name='company',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='departments', to='permissions.company', verbose_name='所属公司'),
        ),
        migrations.RenameField(model_name='user', old_name='position', new_name='position_text'),
        migrations.AddField(
            model_name='user',
            name='position',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='users', to='permissions.position', verbose_name='职位'),
        ),
        migrations.RunPython(positions_from_texts, migrations.RunPython.noop),
        migrations.RemoveField(model_name='user', name='position_text'),
    ]
