
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_fields_and_numbers'),
        ('jobs', '0001_initial'),
        ('ledgers', '0005_reopen_right'),
        ('permissions', '0003_sales_region_scope'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Renumbering',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('params', models.JSONField(default=dict, verbose_name='范围')),
                ('reason', models.CharField(max_length=200, verbose_name='原因')),
                ('state', models.CharField(choices=[('preparing', '正在准备'), ('ready', '待确认'), ('running', '正在改号'), ('done', '已完成'), ('cancelled', '已取消'), ('failed', '未能准备')], default='preparing', max_length=10, verbose_name='状态')),
                ('counts', models.JSONField(default=dict, verbose_name='计数')),
                ('problems', models.JSONField(default=list, verbose_name='未能编号的客户')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='错误')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='时间')),
            ],
            options={
                'verbose_name': '改号',
                'verbose_name_plural': '改号',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='RenumberingChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.PositiveIntegerField()),
                ('rows', models.JSONField(default=list)),
                ('is_done', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['renumbering', 'index'],
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('leaver', '离职交接'), ('move', '人员调动'), ('department', '部门合并')], max_length=12, verbose_name='类型')),
                ('state', models.CharField(choices=[('running', '执行中'), ('done', '已完成'), ('stopped', '已停止'), ('failed', '失败')], default='running', max_length=10, verbose_name='状态')),
                ('categories', models.JSONField(default=list, verbose_name='客户分类')),
                ('provinces', models.JSONField(default=list, verbose_name='省份')),
                ('reason', models.CharField(max_length=200, verbose_name='原因')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='客户数')),
                ('moved', models.PositiveIntegerField(default=0, verbose_name='已移交')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='未移交')),
                ('faults', models.JSONField(default=list)),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='提交时间')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='完成时间')),
            ],
            options={
                'verbose_name': '客户移交',
                'verbose_name_plural': '客户移交',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='category',
            name='former_codes',
            field=models.JSONField(blank=True, default=list, verbose_name='曾用编码'),
        ),
        migrations.AddField(
            model_name='category',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.category', verbose_name='已并入'),
        ),
        migrations.AddField(
            model_name='customfield',
            name='formula_kind',
            field=models.CharField(blank=True, editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='customfield',
            name='is_indexed',
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AddField(
            model_name='customfield',
            name='worked_to',
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='tag',
            name='colour',
            field=models.CharField(blank=True, max_length=10, verbose_name='颜色'),
        ),
        migrations.AddField(
            model_name='tag',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.tag', verbose_name='已并入'),
        ),
        migrations.AlterField(
            model_name='customfield',
            name='state',
            field=models.CharField(choices=[('active', '启用'), ('disabled', '停用'), ('converting', '正在转换类型'), ('deleted', '已删除')], default='active', max_length=10, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='customvalue',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='own_values', to='customers.customer'),
        ),
        migrations.AlterField(
            model_name='numberingrule',
            name='reset',
            field=models.CharField(choices=[('never', '不重置'), ('year', '每年'), ('month', '每月'), ('day', '每日'), ('prefix', '按前缀'), ('parts', '按所选段')], default='never', max_length=10, verbose_name='流水号重置'),
        ),
        migrations.AddIndex(
            model_name='block',
            index=models.Index(fields=['ledger', 'process', 'customer'], name='block_of_ledger'),
        ),
        migrations.AddIndex(
            model_name='customvalue',
            index=models.Index(fields=['customer', 'field'], name='custom_value_customer'),
        ),
        migrations.AddIndex(
            model_name='licence',
            index=models.Index(condition=models.Q(('ends_on__isnull', False)), fields=['ledger', 'ends_on', 'customer'], name='licence_ending'),
        ),
        migrations.AddField(
            model_name='renumbering',
            name='batch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.changebatch'),
        ),
        migrations.AddField(
            model_name='renumbering',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='renumbering',
            name='job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='renumbering',
            name='ledger',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renumberings', to='ledgers.ledger'),
        ),
        migrations.AddField(
            model_name='numberreservation',
            name='renumbering',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reservations', to='customers.renumbering'),
        ),
        migrations.AddField(
            model_name='renumberingchunk',
            name='renumbering',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='customers.renumbering'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='batch',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfer', to='customers.changebatch'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='办理人'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='from_department',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='permissions.department', verbose_name='原部门'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='from_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='移交人'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job', verbose_name='后台任务'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='ledger',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='ledgers.ledger'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='to_department',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='permissions.department', verbose_name='新部门'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='to_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='接收人'),
        ),
        migrations.AddConstraint(
            model_name='renumberingchunk',
            constraint=models.UniqueConstraint(models.F('renumbering'), models.F('index'), name='renumbering_chunk_once'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['ledger', '-id'], name='transfer_of_ledger'),
        ),
    ]
