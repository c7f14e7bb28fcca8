"""Django's admin, for owners. Roles, activity and passwords change on the people page, where their rules are kept."""

from typing import Any

import allauth.account.admin  # noqa: F401  # registers what is taken back below
import django.contrib.auth.admin  # noqa: F401  # the same
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts import services
from accounts.models import Invitation, User, Workspace
from accounts.signals import user_changed

admin.site.unregister(EmailAddress)  # two places for one address would disagree
admin.site.unregister(Group)  # roles say who may do what


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    readonly_fields = ("created_at",)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Workspace | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "handle", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "handle", "email")
    fields = ("name", "handle", "email", "colour", "role", "is_active", "joined_at", "last_login")
    readonly_fields = ("role", "is_active", "joined_at", "last_login")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if "email" in form.changed_data:
            services.change_email(obj, obj.email)
        super().save_model(request, obj, form, change)
        user_changed.send(sender=User, user=obj)


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_by", "created_at", "expires_at", "revoked_at", "uses", "max_uses")
    fields = ("created_by", "created_at", "expires_at", "revoked_at", "uses", "max_uses")
    readonly_fields = ("created_by", "created_at", "uses")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False
