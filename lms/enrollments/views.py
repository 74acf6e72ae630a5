"""The HTTP door of enrolments. POST to `enrollments/<x>/` means a course, the rest an enrolment."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.core.errors import InvalidField, NotFound
from lms.enrollments.models import Enrollment
from lms.enrollments.selectors import get_enrollment
from lms.enrollments.serializers import (
    EnrollmentFilterSerializer,
    EnrollmentSerializer,
    NewEnrollmentSerializer,
)
from lms.enrollments.services import (
    Enrolled,
    drop_enrollment,
    join_course,
    read_enrollments,
)

JOINED = {201: EnrollmentSerializer, 200: EnrollmentSerializer}


def _answer(enrolled: Enrolled) -> Response:
    code = status.HTTP_201_CREATED if enrolled.joined else status.HTTP_200_OK
    return Response(EnrollmentSerializer(enrolled.enrollment).data, status=code)


class EnrollmentListView(GenericAPIView[Enrollment]):
    serializer_class = EnrollmentSerializer

    @extend_schema(
        parameters=[EnrollmentFilterSerializer], responses=EnrollmentSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """One's own; with `course`, everyone's for the one who runs it."""
        query = EnrollmentFilterSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        enrollments = read_enrollments(
            actor=person_of(request), course=query.validated_data.get("course")
        )
        if "status" in query.validated_data:
            enrollments = enrollments.filter(status=query.validated_data["status"])
        page = self.paginate_queryset(enrollments)
        return self.get_paginated_response(EnrollmentSerializer(page, many=True).data)

    @extend_schema(request=NewEnrollmentSerializer, responses=JOINED)
    def post(self, request: Request) -> Response:
        """201 on joining, 200 when the person was in the course already."""
        body = NewEnrollmentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            enrolled = join_course(actor=person_of(request), course=body.validated_data["course"])
        except NotFound:
            raise InvalidField("course", "There is no such course.") from None
        return _answer(enrolled)


class MyEnrollmentsView(GenericAPIView[Enrollment]):
    serializer_class = EnrollmentSerializer

    @extend_schema(responses=EnrollmentSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(read_enrollments(actor=person_of(request)))
        return self.get_paginated_response(EnrollmentSerializer(page, many=True).data)


class CourseEnrollmentView(APIView):
    @extend_schema(request=None, responses=JOINED)
    def post(self, request: Request, course: str) -> Response:
        """Join the course: 201, or 200 when the person was in it already."""
        return _answer(join_course(actor=person_of(request), course=course))


class EnrollmentDetailView(APIView):
    @extend_schema(responses=EnrollmentSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """An enrolment by its id."""
        enrollment = get_enrollment(user=person_of(request), enrollment_id=reference)
        return Response(EnrollmentSerializer(enrollment).data)

    @extend_schema(request=None, responses=JOINED, operation_id="enrollments_join")
    def post(self, request: Request, reference: str) -> Response:
        """Join the course of this id or slug: 201, or 200 when in it already."""
        return _answer(join_course(actor=person_of(request), course=reference))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, reference: str) -> Response:
        """Drop the enrolment; its row stays."""
        drop_enrollment(actor=person_of(request), enrollment_id=reference)
        return Response(status=status.HTTP_204_NO_CONTENT)
