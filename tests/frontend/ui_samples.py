"""Sample data for the templates: a person, sets, navigation, forms with every kind of widget."""

import datetime
from types import SimpleNamespace

from django import forms
from django.http import QueryDict

TONES = ["", "primary", "success", "warning", "danger", "info"]


class Ledger(SimpleNamespace):
    def get_absolute_url(self) -> str:
        return f"/l/{self.code}/"


class Person(SimpleNamespace):
    is_authenticated = True

    def __str__(self) -> str:
        return self.name

    def get_username(self) -> str:
        return self.username


class CustomerForm(forms.Form):
    name = forms.CharField(label="客户名称", help_text="营业执照上的全称")
    number = forms.CharField(label="编号", disabled=True, required=False, initial="KH000127")
    category = forms.ChoiceField(label="分类", choices=[("1", "直销"), ("2", "经销")])
    grade = forms.ChoiceField(label="等级", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False)
    tags = forms.MultipleChoiceField(
        label="标签", choices=[("1", "重点"), ("2", "外贸")], widget=forms.CheckboxSelectMultiple, required=False
    )
    limit = forms.DecimalField(label="信用额度", required=False)
    remark = forms.CharField(label="备注", widget=forms.Textarea, required=False)
    is_open = forms.BooleanField(label="允许开票", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ContactForm(forms.Form):
    name = forms.CharField(label="联系人")
    mobile = forms.CharField(label="手机", required=False)


class LoginForm(forms.Form):
    username = forms.CharField(label="用户名")
    password = forms.CharField(label="密码", widget=forms.PasswordInput)


class UploadForm(forms.Form):
    file = forms.FileField(label="文件")


ContactFormSet = forms.formset_factory(ContactForm, extra=0, can_delete=True, max_num=4)


def frame(**more) -> dict:
    """Context of a page in the frame: person, two sets, navigation."""
    entries = [
        ("概览", "home", ""),
        ("客户", "users", ""),
        ("导入", "file-import", ""),
        ("审批", "check", ""),
        ("字段", "columns-3", "设置"),
    ]
    ledgers = [Ledger(code="HZ01", name="杭州客户账套"), Ledger(code="SH02", name="上海客户账套")]
    return {
        "request": SimpleNamespace(user=Person(username="sales1", name="陈晓明"), ledger=ledgers[0], GET=QueryDict("")),
        "ledgers": ledgers,
        "nav": [
            {
                "label": label,
                "url": "#",
                "icon": icon,
                "group": group,
                "active": label == "客户",
                "badge": 12 if label == "审批" else 0,
            }
            for label, icon, group in entries
        ],
        "csrf_token": "token-of-the-page",
    } | more


def gallery() -> dict:
    """Context of gallery.html."""
    return frame(
        tones=TONES,
        at=datetime.datetime(2026, 3, 15, 9, 30, tzinfo=datetime.UTC),
        crumbs=[{"label": "客户", "url": "#"}],
        tabs=[{"label": "概况", "url": "#", "active": True}, {"label": "联系人", "url": "#", "count": 4}],
        steps=[
            {"label": "上传", "state": "done", "url": "#"},
            {"label": "检查", "state": "current"},
            {"label": "导入", "state": "todo"},
        ],
        items=[
            {"label": "复制", "url": "/copy/", "icon": "copy"},
            {"divider": True},
            {
                "label": "停用",
                "url": "/off/",
                "icon": "ban",
                "post": True,
                "confirm": "停用后不能开单。",
                "danger": True,
            },
        ],
        form=CustomerForm({"name": "", "limit": "五万"}),
        upload=UploadForm(),
    )
