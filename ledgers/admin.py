"""Account sets, roles and memberships in the administration pages.

What lives here: looking at sets and their log, and who has which role. What does not: editing a set or its life cycle, which has
pages of its own; memberships are given and taken by the set's verbs, so the rules (never without a 账套主管) hold here as well.
"""

from django import forms
from django.contrib import admin
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from erp_site.jobs.admin import ReadOnlyAdmin
from erp_site.shared.errors import BusinessError
from permissions.logs import changes
from permissions.models import FieldRule, Membership, RightChange, Role, RowScope
from permissions.rights import Right

from .access import keeping
from .models import CodeRule, Ledger, LedgerEvent
from .services import coding, members
from .services.locking import changeable
from .services.logbook import note


@admin.register(Ledger)
class LedgerAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "state", "kind", "company", "manager", "base_currency", "fiscal_year", "is_sandbox"]
    list_filter = ["state", "kind", "is_sandbox"]
    list_select_related = ["manager"]
    search_fields = ["code", "name", "company"]
    fields = [
        "code",
        "name",
        "kind",
        "state",
        "company",
        "department",
        "description",
        "manager",
        "base_currency",
        "calendar",
        "fiscal_year",
        "start_month",
        "is_sandbox",
        "created_at",
        "created_by",
        "activated_at",
    ]


class CodeRuleForm(forms.ModelForm):
    def clean_pattern(self) -> str:
        try:
            coding.check_pattern(self.cleaned_data["pattern"])
        except BusinessError as problem:
            raise forms.ValidationError(problem.message, code=problem.code) from problem
        return self.cleaned_data["pattern"]


@admin.register(CodeRule)
class CodeRuleAdmin(admin.ModelAdmin):
    """One row for the whole installation; without one, codes are free."""

    form = CodeRuleForm

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not CodeRule.objects.exists()


@admin.register(LedgerEvent)
class LedgerEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "ledger", "kind", "detail", "reason", "by"]
    list_filter = ["kind", "ledger"]
    list_select_related = ["ledger", "by"]


class RoleForm(forms.ModelForm):
    """Rights as boxes to tick; the column holds a list of names."""

    rights = forms.MultipleChoiceField(
        label=_("功能权限"), choices=Right.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Role
        fields = ["name", "rights", "sensitive_level"]


class RowScopeInline(admin.TabularInline):
    model = RowScope
    extra = 0


class FieldRuleInline(admin.TabularInline):
    model = FieldRule
    extra = 0


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):
    """Roles come from the templates when a set begins; here their rights, scopes and field rules are changed."""

    form = RoleForm
    list_display = ["ledger", "code", "name", "rights_text", "sensitive_level"]
    list_display_links = ["name"]
    list_filter = ["ledger"]
    list_select_related = ["ledger"]
    search_fields = ["code", "name"]
    fields = ["ledger", "code", "name", "rights", "sensitive_level"]
    readonly_fields = ["ledger", "code"]
    inlines = [RowScopeInline, FieldRuleInline]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """Nothing of an archived set changes."""
        archived = obj is not None and obj.ledger.state == Ledger.State.ARCHIVED
        return super().has_change_permission(request, obj) and not archived

    def has_delete_permission(self, request, obj=None):
        return False

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """What is saved here is weighed like a change on the set's own page: never without a manager, nobody raises himself."""
        role = Role.objects.filter(pk=object_id).first() if object_id and object_id.isdecimal() else None
        if request.method != "POST" or role is None or not self.has_change_permission(request, role):
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            ledger = changeable(role.ledger)
            with keeping.watched(ledger, by=request.user):
                return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """With a line in the set's log: what a role gives is a setting like any other."""
        ledger = changeable(obj.ledger)
        obj.was = _contents(Role.objects.get(pk=obj.pk))
        super().save_model(request, obj, form, change)
        note(ledger, LedgerEvent.Kind.SETTINGS, by=request.user, detail=_("角色「%(role)s」") % {"role": obj.name})

    def save_related(self, request, form, formsets, change):
        """And one in the log of rights, when scopes and field rules are saved too."""
        super().save_related(request, form, formsets, change)
        role = form.instance
        about = {"role": role, "detail": str(role), "before": role.was, "after": _contents(role)}
        changes.note(role.ledger_id, RightChange.Kind.ROLE_CHANGED, by=request.user, **about)


def _contents(role: Role) -> dict:
    """What a role gives, as JSON."""
    scopes = RowScope.objects.filter(role=role).order_by("pk")
    return {
        "name": role.name,
        "rights": list(role.rights),
        "denied": list(role.denied),
        "sensitive_level": role.sensitive_level,
        "scopes": [[each.kind, each.values, each.is_denied] for each in scopes],
        "fields": dict(FieldRule.objects.filter(role=role).order_by("field").values_list("field", "level")),
    }


class RoleField(forms.ModelChoiceField):
    """Roles of different sets have the same names, so the set is named as well."""

    def label_from_instance(self, role: Role) -> str:
        return f"{role.ledger.code} · {role.name}"


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "ledger", "role", "starts_on", "ends_on"]
    list_filter = ["ledger", "role__code"]
    list_select_related = ["user", "ledger", "role"]
    search_fields = ["user__username", "user__display_name"]
    autocomplete_fields = ["user"]
    fields = ["user", "role", "starts_on", "ends_on"]
    actions = None  # the built-in bulk removal would pass the verbs by

    def has_change_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "role":
            return RoleField(Role.objects.select_related("ledger").order_by("ledger__code", "code"), label=_("角色"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        role = obj.role
        made = members.add_member(
            role.ledger, obj.user, role.code, by=request.user, starts_on=obj.starts_on, ends_on=obj.ends_on
        )
        obj.pk, obj.ledger = made.pk, made.ledger

    def delete_model(self, request, obj):
        members.remove_member(obj, by=request.user)
