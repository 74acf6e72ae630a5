"""For looking. Groups change through the API, so that members and streams hear of it."""

from django.contrib import admin
from django.http import HttpRequest

from lms.groups.models import Group


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin[Group]):
    list_display = ("name", "kind", "join_policy", "is_active", "created_by", "created_at")
    list_filter = (
        "kind",
        "join_policy",
        ("conversation__closed_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("conversation", "created_by")
    search_fields = ("conversation__title", "description")
    show_full_result_count = False

    @admin.display(ordering="conversation__title")
    def name(self, group: Group) -> str:
        return group.name

    @admin.display(boolean=True)
    def is_active(self, group: Group) -> bool:
        return group.is_active

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
