from django.contrib import admin

from monitor.metrics.models import Source


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django itself takes no parameter here
    list_display = ("key", "room")
    readonly_fields = ("key",)

    def has_add_permission(self, request: object) -> bool:
        return False
