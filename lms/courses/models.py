"""Categories, courses and announcements. Money is integer minor units with its currency."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Lower

from lms.core.models import TimeStamped, UUIDModel

SEARCHED = ("title", "code", "short_description")


def search_vector() -> SearchVector:
    """What a search looks through: the index and the query must spell it the same."""
    return SearchVector(*SEARCHED, config="simple")


class Category(UUIDModel):
    """A tree. The slug is the key by which clients know it and stays when the name changes."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "parent", name="category_name_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class Course(UUIDModel, TimeStamped):
    class Level(models.TextChoices):
        BEGINNER = "beginner"
        INTERMEDIATE = "intermediate"
        ADVANCED = "advanced"

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        ARCHIVED = "archived"

    title = models.CharField(max_length=255)
    slug = models.SlugField(max_length=255, unique=True)
    code = models.CharField(max_length=50, blank=True)
    description = models.TextField(blank=True)
    short_description = models.CharField(max_length=500, blank=True)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="courses"
    )
    level = models.CharField(max_length=12, choices=Level, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    price_cents = models.BigIntegerField(default=0)  # minor units of the currency
    currency = models.CharField(max_length=3, default="USD")
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    thumbnail_url = models.CharField(max_length=500, blank=True)
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="courses_taught",
        db_index=False,  # course_by_instructor begins with it
    )
    audience = models.OneToOneField(
        "messaging.Audience", on_delete=models.PROTECT, related_name="course"
    )
    metadata = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="course_status_known",
                condition=models.Q(status__in=["draft", "published", "archived"]),
            ),
            models.CheckConstraint(
                name="course_level_known",
                condition=models.Q(level__in=["", "beginner", "intermediate", "advanced"]),
            ),
            models.CheckConstraint(
                name="course_price_not_negative", condition=models.Q(price_cents__gte=0)
            ),
            models.CheckConstraint(
                name="course_currency_shape", condition=models.Q(currency__regex="^[A-Z]{3}$")
            ),
            models.CheckConstraint(
                name="course_published_has_date",
                condition=~models.Q(status="published") | models.Q(published_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="course_by_status"),
            models.Index(fields=["instructor", "-id"], name="course_by_instructor"),
            models.Index(fields=["level", "-id"], name="course_by_level"),
            GinIndex(search_vector(), name="course_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stream(self) -> str:
        return f"course:{self.id}"

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def is_free(self) -> bool:
        return self.price_cents == 0


class Announcement(UUIDModel, TimeStamped):
    """Told to everyone in the course. `notified_at` empty: inboxes still have to hear of it."""

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="announcements", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="announcements"
    )
    title = models.CharField(max_length=200)
    body = models.TextField(max_length=10_000)
    notified_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["course", "-id"], name="announcement_by_course"),
            models.Index(
                fields=["created_at"],
                name="announcement_waiting",
                condition=models.Q(notified_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title
