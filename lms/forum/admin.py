"""For looking. Forums change through the API, so that readers and streams hear of it."""

from django.contrib import admin
from django.http import HttpRequest

from lms.forum.models import Forum


@admin.register(Forum)
class ForumAdmin(admin.ModelAdmin[Forum]):
    list_display = ("title", "open_to_tenant", "is_active", "created_by", "created_at")
    list_filter = (
        "conversation__open_to_tenant",
        "conversation__posting",
        ("conversation__closed_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("conversation", "created_by")
    search_fields = ("conversation__title", "description")
    show_full_result_count = False

    @admin.display(ordering="conversation__title")
    def title(self, forum: Forum) -> str:
        return forum.title

    @admin.display(boolean=True)
    def open_to_tenant(self, forum: Forum) -> bool:
        return forum.conversation.open_to_tenant

    @admin.display(boolean=True)
    def is_active(self, forum: Forum) -> bool:
        return forum.is_active

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Forum | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Forum | None = None) -> bool:
        return False
