"""For looking. What is said changes through the services only, so that streams say so too.

Direct conversations are not shown: not even administrators read them.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from lms.messaging.models import Conversation, Member, Message


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "posting", "open_to_tenant", "closed_at", "created_at")
    list_filter = ("kind", "posting", "open_to_tenant", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("title",)
    exclude = ("shared_with", "direct_key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(kind=Conversation.Kind.DIRECT)


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    list_display = ("user", "conversation", "role", "joined_at")
    list_filter = ("role",)
    list_select_related = ("user", "audience__conversation")
    search_fields = ("user__full_name", "user__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        members = super().get_queryset(request)
        return members.exclude(audience__conversation__kind=Conversation.Kind.DIRECT)

    @admin.display(ordering="audience__conversation__title")
    def conversation(self, member: Member) -> str:
        """A course's audience has no conversation."""
        return str(getattr(member.audience, "conversation", "") or "-")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("conversation", "offset", "sender", "excerpt", "created_at", "deleted_at")
    list_filter = (
        "conversation__kind",
        ("deleted_at", admin.EmptyFieldListFilter),
        ("edited_at", admin.EmptyFieldListFilter),
        "created_at",
    )
    list_select_related = ("conversation", "sender")
    search_fields = ("sender__full_name",)
    # `reply_to` would load the message replied to for its name.
    exclude = ("digest", "reply_to")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        messages = super().get_queryset(request)
        return messages.exclude(conversation__kind=Conversation.Kind.DIRECT)

    @admin.display(description="content")
    def excerpt(self, message: Message) -> str:
        return "" if message.deleted_at else message.content[:80]
