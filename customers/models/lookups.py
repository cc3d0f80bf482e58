"""Categories, sales regions and tags of a set."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """One node of the 客户分类 tree; a customer has one main category."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="categories")
    code = models.CharField(_("分类编码"), max_length=20)
    name = models.CharField(_("分类名称"), max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级分类")
    )
    position = models.PositiveIntegerField(_("顺序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)
    # What a customer of the category begins with, or must have, unless a category below says otherwise.
    numbering_rule = models.ForeignKey(
        "customers.NumberingRule", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("编码规则")
    )
    required_fields = models.JSONField(_("必填字段"), default=list, blank=True)
    review_months = models.PositiveSmallIntegerField(_("复核周期（月）"), null=True, blank=True)
    defaults = models.JSONField(_("默认值"), default=dict, blank=True)
    # Codes that it, or a category merged into it, had before: files that still use them find it.
    former_codes = models.JSONField(_("曾用编码"), default=list, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("已并入")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("客户分类")
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(
                "ledger", Lower("code"), name="category_code", violation_error_message=_("分类编码已存在")
            ),
        ]

    def __str__(self):
        return self.name


class SalesRegion(models.Model):
    """销售区域, the firm's own division of the map (华东 …): the provinces and cities that belong to it by themselves."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="sales_regions")
    code = models.CharField(_("区域编码"), max_length=20)
    name = models.CharField(_("区域名称"), max_length=40)
    # GB/T 2260 codes of two, four or six digits; the longest one that fits a customer's place decides.
    places = models.JSONField(_("包含的省市"), default=list, blank=True)
    position = models.PositiveIntegerField(_("顺序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("销售区域")
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(
                "ledger", Lower("code"), name="sales_region_code", violation_error_message=_("区域编码已存在")
            ),
        ]

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A label of the set; a customer has any number of them."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="tags")
    name = models.CharField(_("标签"), max_length=30)
    colour = models.CharField(_("颜色"), max_length=10, blank=True)
    # Its name stays known, so that files which still use it find the one that took it in.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("已并入")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("标签")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("ledger", Lower("name"), name="tag_name", violation_error_message=_("标签已存在"))
        ]

    def __str__(self):
        return self.name
