"""The roof: settings, urls, home page, error pages."""

from django.apps import AppConfig


class ErpSiteConfig(AppConfig):
    name = "erp_site"
    verbose_name = "客户资料管理系统账套"
