"""Enrolments on the wire: one superset of what the documents show."""

from typing import Any

from rest_framework import serializers

from lms.enrollments.models import Enrollment


class EnrollmentSerializer(serializers.ModelSerializer[Enrollment]):
    user = serializers.UUIDField(source="user_id", read_only=True)
    user_id = serializers.UUIDField(read_only=True)
    student_id = serializers.UUIDField(source="user_id", read_only=True)
    student_name = serializers.CharField(source="user.full_name", read_only=True)
    course = serializers.UUIDField(source="course_id", read_only=True)
    course_id = serializers.UUIDField(read_only=True)
    course_title = serializers.CharField(source="course.title", read_only=True)
    course_slug = serializers.CharField(source="course.slug", read_only=True)
    is_active = serializers.BooleanField(read_only=True)

    class Meta:
        model = Enrollment
        fields = (
            "id",
            "user",
            "user_id",
            "student_id",
            "student_name",
            "course",
            "course_id",
            "course_title",
            "course_slug",
            "status",
            "is_active",
            "enrolled_at",
            "started_at",
            "completed_at",
            "dropped_at",
            "updated_at",
        )


class NewEnrollmentSerializer(serializers.Serializer[Any]):
    """The course by id or slug, under either name."""

    course = serializers.CharField(max_length=255, required=False)
    course_id = serializers.CharField(max_length=255, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        reference = attrs.get("course") or attrs.get("course_id")
        if not reference:
            raise serializers.ValidationError({"course": ["This field is required."]})
        return {"course": reference}


class EnrollmentFilterSerializer(serializers.Serializer[Any]):
    course = serializers.CharField(
        required=False, max_length=255, help_text="Everyone's, for who runs the course."
    )
    status = serializers.ChoiceField(choices=Enrollment.Status.choices, required=False)
