"""The HTTP door of the catalogue: parse, call, answer."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.core.idempotency import idempotent
from lms.courses.models import Announcement, Category, Course
from lms.courses.selectors import categories, courses_matching, get_course
from lms.courses.serializers import (
    AnnouncementSerializer,
    CategorySerializer,
    CourseFilterSerializer,
    CourseInputSerializer,
    CourseSerializer,
    NewAnnouncementSerializer,
    NewCategorySerializer,
)
from lms.courses.services.announcements import post_announcement, read_announcements
from lms.courses.services.categories import create_category
from lms.courses.services.courses import create_course, delete_course, update_course
from lms.courses.services.publication import publish_course, unpublish_course


class CourseListView(GenericAPIView[Course]):
    serializer_class = CourseSerializer

    @extend_schema(
        parameters=[CourseFilterSerializer],
        responses=CourseSerializer(many=True),
        operation_id="courses_list",
    )
    def get(self, request: Request) -> Response:
        """Students see published courses and those they are in, instructors also their own."""
        query = CourseFilterSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(
            courses_matching(user=person_of(request), wanted=query.wanted())
        )
        return self.get_paginated_response(CourseSerializer(page, many=True).data)

    @extend_schema(request=CourseInputSerializer, responses={201: CourseSerializer})
    def post(self, request: Request) -> Response:
        body = CourseInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        course = create_course(
            actor=person_of(request),
            fields=body.fields_given(),
            instructor_id=body.validated_data.get("instructor_id"),
        )
        return Response(CourseSerializer(course).data, status=status.HTTP_201_CREATED)


class CourseDetailView(APIView):
    """A course by its id or its slug."""

    @extend_schema(responses=CourseSerializer)
    def get(self, request: Request, course: str) -> Response:
        return Response(CourseSerializer(get_course(user=person_of(request), course=course)).data)

    @extend_schema(request=CourseInputSerializer, responses=CourseSerializer)
    def put(self, request: Request, course: str) -> Response:
        """What is not given stays as it is."""
        return self._change(request, course)

    @extend_schema(request=CourseInputSerializer, responses=CourseSerializer)
    def patch(self, request: Request, course: str) -> Response:
        return self._change(request, course, partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, course: str) -> Response:
        """409 when people have taken it: archive it instead."""
        delete_course(actor=person_of(request), course=course)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, request: Request, course: str, **options: Any) -> Response:
        found = get_course(user=person_of(request), course=course)
        body = CourseInputSerializer(found, data=request.data, **options)
        body.is_valid(raise_exception=True)
        changed = update_course(
            actor=person_of(request), course=found.pk, fields=body.fields_given()
        )
        return Response(CourseSerializer(changed).data)


class CoursePublishView(APIView):
    @extend_schema(request=None, responses=CourseSerializer)
    def post(self, request: Request, course: str) -> Response:
        return Response(
            CourseSerializer(publish_course(actor=person_of(request), course=course)).data
        )


class CourseUnpublishView(APIView):
    @extend_schema(request=None, responses=CourseSerializer)
    def post(self, request: Request, course: str) -> Response:
        return Response(
            CourseSerializer(unpublish_course(actor=person_of(request), course=course)).data
        )


class CategoryListView(GenericAPIView[Category]):
    serializer_class = CategorySerializer

    @extend_schema(responses=CategorySerializer(many=True), operation_id="courses_categories_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(categories())
        return self.get_paginated_response(CategorySerializer(page, many=True).data)

    @extend_schema(request=NewCategorySerializer, responses={201: CategorySerializer})
    def post(self, request: Request) -> Response:
        body = NewCategorySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        category = create_category(
            actor=person_of(request),
            name=body.validated_data["name"],
            parent=body.validated_data.get("parent") or "",
        )
        return Response(CategorySerializer(category).data, status=status.HTTP_201_CREATED)


class AnnouncementListView(GenericAPIView[Announcement]):
    serializer_class = AnnouncementSerializer

    @extend_schema(
        responses=AnnouncementSerializer(many=True), operation_id="courses_announcements_list"
    )
    def get(self, request: Request, course: str) -> Response:
        """For the people of the course, newest first."""
        page = self.paginate_queryset(read_announcements(actor=person_of(request), course=course))
        return self.get_paginated_response(AnnouncementSerializer(page, many=True).data)

    @extend_schema(request=NewAnnouncementSerializer, responses={201: AnnouncementSerializer})
    @idempotent
    def post(self, request: Request, course: str) -> Response:
        body = NewAnnouncementSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        announcement = post_announcement(
            actor=person_of(request), course=course, **body.validated_data
        )
        return Response(AnnouncementSerializer(announcement).data, status=status.HTTP_201_CREATED)
