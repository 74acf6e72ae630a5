"""Courses on the wire: one superset of what the documents show, aliases read and written."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from rest_framework import serializers

from lms.core.money import from_minor
from lms.courses.fields import (
    LEVELS,
    STATUSES,
    CurrencyField,
    MetadataField,
    ReferenceField,
    SynonymField,
)
from lms.courses.models import Announcement, Category, Course
from lms.courses.selectors import CourseFilter
from lms.courses.services.courses import CourseFields


class CategorySerializer(serializers.ModelSerializer[Category]):
    # The stubs take `parent` for the serializer's own attribute; DRF keeps fields apart from it.
    parent = serializers.UUIDField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, read_only=True
    )

    class Meta:
        model = Category
        fields = ("id", "name", "slug", "parent", "created_at")


class NewCategorySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    parent = ReferenceField(  # type: ignore[assignment]  # as above
        required=False, allow_null=True, allow_blank=True
    )


class CourseSerializer(serializers.ModelSerializer[Course]):
    """`difficulty_level`, `current_price`, `thumbnail` … are the same values under the names of
    the different documents."""

    category = serializers.CharField(
        source="category.name", default=None, allow_null=True, read_only=True
    )
    category_id = serializers.UUIDField(allow_null=True, read_only=True)
    level = serializers.SerializerMethodField()
    difficulty_level = serializers.SerializerMethodField(method_name="get_level")
    is_published = serializers.BooleanField(read_only=True)
    price = serializers.SerializerMethodField()
    current_price = serializers.SerializerMethodField(method_name="get_price")
    completion_hours = serializers.SerializerMethodField()
    estimated_duration_minutes = serializers.IntegerField(
        source="duration_minutes", allow_null=True, read_only=True
    )
    thumbnail = serializers.CharField(source="thumbnail_url", read_only=True)
    instructor = serializers.UUIDField(source="instructor_id", read_only=True)
    instructor_id = serializers.UUIDField(read_only=True)
    instructor_name = serializers.CharField(source="instructor.full_name", read_only=True)

    class Meta:
        model = Course
        fields = (
            "id",
            "title",
            "slug",
            "code",
            "description",
            "short_description",
            "category",
            "category_id",
            "level",
            "difficulty_level",
            "status",
            "is_published",
            "price",
            "current_price",
            "currency",
            "completion_hours",
            "estimated_duration_minutes",
            "thumbnail",
            "thumbnail_url",
            "instructor",
            "instructor_id",
            "instructor_name",
            "metadata",
            "published_at",
            "created_at",
            "updated_at",
        )

    def get_level(self, course: Course) -> str | None:
        return course.level or None

    def get_price(self, course: Course) -> str:
        return from_minor(course.price_cents, course.currency)

    def get_completion_hours(self, course: Course) -> float | None:
        if course.duration_minutes is None:
            return None
        hours, rest = divmod(course.duration_minutes, 60)
        return round(course.duration_minutes / 60, 2) if rest else hours


class CourseInputSerializer(serializers.Serializer[Any]):
    """Where a value may come under several names, the one that differs from the course's own
    counts: a client may send back what it read with the name it knows changed."""

    title = serializers.CharField(max_length=255)
    code = serializers.CharField(max_length=50, required=False, allow_blank=True, allow_null=True)
    description = serializers.CharField(
        max_length=100_000, required=False, allow_blank=True, allow_null=True
    )
    short_description = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    category = ReferenceField(required=False, allow_null=True, allow_blank=True)
    category_id = ReferenceField(required=False, allow_null=True, allow_blank=True)
    level = SynonymField(LEVELS, required=False, allow_null=True, allow_blank=True)
    difficulty_level = SynonymField(LEVELS, required=False, allow_null=True, allow_blank=True)
    status = SynonymField(STATUSES, required=False)
    is_published = serializers.BooleanField(required=False)
    price = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=Decimal(0), required=False, allow_null=True
    )
    currency = CurrencyField(required=False)
    completion_hours = serializers.DecimalField(
        max_digits=9, decimal_places=4, min_value=Decimal(0), required=False, allow_null=True
    )
    estimated_duration_minutes = serializers.IntegerField(
        min_value=0, max_value=6_000_000, required=False, allow_null=True
    )
    thumbnail = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    thumbnail_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    instructor_id = serializers.UUIDField(required=False)
    metadata = MetadataField(required=False, allow_null=True)

    def fields_given(self) -> CourseFields:
        """The canonical fields; raises ValidationError when two names contradict each other."""
        data = self._meant()
        given: dict[str, Any] = {
            name: default if data[name] is None else data[name]
            for name, default in _SIMPLE.items()
            if name in data
        }
        for name, aliases in _ALIASES.items():
            values = {
                alias: convert(data[alias]) for alias, convert in aliases.items() if alias in data
            }
            if values:
                given[name] = self._choose(name, values)
        return cast(CourseFields, given)

    def validate_instructor_id(self, value: uuid.UUID) -> uuid.UUID:
        if self.instance is not None and value != self.instance.instructor_id:
            raise serializers.ValidationError("A course keeps its instructor.")
        return value

    def _meant(self) -> dict[str, Any]:
        """Without a "not published" that says nothing: it must not bring an archived one back."""
        data = dict(self.validated_data)
        if self.instance is not None and not self.instance.is_published:
            data = {k: v for k, v in data.items() if (k, v) != ("is_published", False)}
        return data

    def _choose(self, name: str, values: dict[str, Any]) -> Any:
        spellings = _spellings(self.instance, name)
        changes = {alias: value for alias, value in values.items() if _key(value) not in spellings}
        if len({_key(value) for value in changes.values()}) > 1:
            raise serializers.ValidationError(
                {list(changes)[-1]: ["This contradicts another field of the request."]}
            )
        return next(iter((changes or values).values()))


def _text(value: str | None) -> str:
    return value or ""


def _key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _spellings(course: Course | None, name: str) -> set[Any]:
    """Every way in which a request may say what the course has already."""
    if course is None:
        return set()
    if name == "category":
        category = course.category
        if category is None:
            return {""}
        return {str(category.pk), category.slug, category.name.lower()}
    return {_key(getattr(course, name))}


def _minutes(hours: Decimal | None) -> int | None:
    return None if hours is None else round(hours * 60)


def _same(value: Any) -> Any:
    return value


def _published(flag: bool) -> str:  # noqa: FBT001 - the documents' flag is the argument
    return Course.Status.PUBLISHED.value if flag else Course.Status.DRAFT.value


# What null means for each field that comes under one name.
_SIMPLE: dict[str, Any] = {
    "title": "",
    "code": "",
    "description": "",
    "short_description": "",
    "price": Decimal(0),
    "currency": "USD",
    "metadata": {},
}
_ALIASES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "category": {"category": _text, "category_id": _text},
    "level": {"level": _text, "difficulty_level": _text},
    "status": {"status": _same, "is_published": _published},
    "duration_minutes": {"estimated_duration_minutes": _same, "completion_hours": _minutes},
    "thumbnail_url": {"thumbnail_url": _text, "thumbnail": _text},
}


class CourseFilterSerializer(serializers.Serializer[Any]):
    status = SynonymField(STATUSES, required=False, allow_blank=True)
    level = SynonymField(LEVELS, required=False, allow_blank=True)
    search = serializers.CharField(required=False, allow_blank=True, max_length=200)
    scope = serializers.ChoiceField(
        choices=["mine", "catalog", "all"], required=False, allow_blank=True
    )

    def wanted(self) -> CourseFilter:
        return CourseFilter(**self.validated_data)


class AnnouncementSerializer(serializers.ModelSerializer[Announcement]):
    course = serializers.UUIDField(source="course_id", read_only=True)
    author = serializers.SerializerMethodField()

    class Meta:
        model = Announcement
        fields = ("id", "course", "author", "title", "body", "created_at", "updated_at")

    def get_author(self, announcement: Announcement) -> dict[str, str]:
        author = announcement.author
        return {"id": str(author.pk), "name": author.full_name, "avatar": author.avatar_url}


class NewAnnouncementSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=10_000)
