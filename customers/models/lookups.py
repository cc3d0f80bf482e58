"""Categories and tags of a set."""

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


class Tag(models.Model):
    """A label of the set; a customer has any number of them."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, related_name="tags")
    name = models.CharField(_("标签"), max_length=30)

    class Meta:
        verbose_name = verbose_name_plural = _("标签")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("ledger", Lower("name"), name="tag_name", violation_error_message=_("标签已存在"))
        ]

    def __str__(self):
        return self.name
