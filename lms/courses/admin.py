"""For looking and small corrections. What has rules (publishing, members) goes through the API."""

from django.contrib import admin
from django.http import HttpRequest

from lms.courses.models import Announcement, Category, Course


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    list_display = ("name", "slug", "parent")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    # A category that moved below itself would take its courses out of the tree.
    readonly_fields = ("slug", "parent", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin[Course]):
    list_display = ("title", "code", "status", "level", "instructor", "created_at")
    list_filter = ("status", "level")
    list_select_related = ("instructor",)
    search_fields = ("title", "code", "slug")
    readonly_fields = (
        "slug",
        "status",
        "published_at",
        "price_cents",
        "currency",
        "instructor",
        "audience",
        "created_at",
        "updated_at",
    )
    autocomplete_fields = ("category",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Course | None = None) -> bool:
        return False


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin[Announcement]):
    """Read only: what was told cannot be untold."""

    list_display = ("title", "course", "author", "created_at", "notified_at")
    list_select_related = ("course", "author")
    search_fields = ("title",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return False
