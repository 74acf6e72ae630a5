"""The HTTP door of forums and posts: parse, call, answer."""

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.core.idempotency import idempotent
from lms.forum.models import Forum
from lms.forum.selectors import forums_visible_to, get_forum, get_post, moderators_of
from lms.forum.serializers import (
    ForumInputSerializer,
    ForumQuerySerializer,
    ForumSerializer,
    ModeratorSerializer,
    NewModeratorSerializer,
    NewPostSerializer,
    PostPageSerializer,
    PostQuerySerializer,
    PostSerializer,
    post_of,
)
from lms.forum.services.forums import close_forum, create_forum, update_forum
from lms.forum.services.moderators import add_moderator, remove_moderator
from lms.forum.services.posts import create_post, delete_post, edit_post
from lms.messaging.models import Member
from lms.messaging.pages import history_page
from lms.messaging.selectors import render_messages, unread_counts
from lms.messaging.shapes import MessageChangeSerializer


class ForumListView(GenericAPIView[Forum]):
    serializer_class = ForumSerializer

    @extend_schema(parameters=[ForumQuerySerializer], responses=ForumSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The forums one can read, newest first."""
        query = ForumQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(forums_visible_to(person_of(request), **query.validated_data))
        return self.get_paginated_response(_shown(request, page or []))

    @extend_schema(request=ForumInputSerializer, responses={201: ForumSerializer})
    def post(self, request: Request) -> Response:
        """Instructors and admins create forums, and own them."""
        body = ForumInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        forum = create_forum(actor=person_of(request), **body.validated_data)
        return Response(_shown(request, [forum])[0], status=status.HTTP_201_CREATED)


class ForumDetailView(APIView):
    @extend_schema(responses=ForumSerializer)
    def get(self, request: Request, forum_id: uuid.UUID) -> Response:
        forum = get_forum(user=person_of(request), forum_id=forum_id)
        return Response(_shown(request, [forum])[0])

    @extend_schema(request=ForumInputSerializer, responses=ForumSerializer)
    def patch(self, request: Request, forum_id: uuid.UUID) -> Response:
        """Its owner, its moderators and admins may."""
        body = ForumInputSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        forum = update_forum(
            actor=person_of(request), forum_id=forum_id, changes=body.validated_data
        )
        return Response(_shown(request, [forum])[0])

    @extend_schema(responses={204: None})
    def delete(self, request: Request, forum_id: uuid.UUID) -> Response:
        """Closes it: nobody writes any more, its readers go on reading."""
        close_forum(actor=person_of(request), forum_id=forum_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ModeratorListView(GenericAPIView[Member]):
    serializer_class = ModeratorSerializer

    @extend_schema(responses=ModeratorSerializer(many=True))
    def get(self, request: Request, forum_id: uuid.UUID) -> Response:
        forum = get_forum(user=person_of(request), forum_id=forum_id)
        page = self.paginate_queryset(moderators_of(forum))
        return self.get_paginated_response(ModeratorSerializer(page, many=True).data)

    @extend_schema(request=NewModeratorSerializer, responses={201: ModeratorSerializer})
    def post(self, request: Request, forum_id: uuid.UUID) -> Response:
        """The owner and admins name moderators."""
        body = NewModeratorSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = add_moderator(actor=person_of(request), forum_id=forum_id, **body.validated_data)
        return Response(ModeratorSerializer(member).data, status=status.HTTP_201_CREATED)


class ModeratorDetailView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, forum_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        remove_moderator(actor=person_of(request), forum_id=forum_id, user_id=user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PostListView(APIView):
    @extend_schema(
        parameters=[PostQuerySerializer], responses=PostPageSerializer, operation_id="posts_list"
    )
    def get(self, request: Request) -> Response:
        """A forum's posts, newest first."""
        query = PostQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        forum = get_forum(user=person_of(request), forum_id=query.validated_data["forum"])
        page = history_page(
            person_of(request), request, forum.conversation_id, query.validated_data
        )
        return Response({**page, "results": [post_of(message) for message in page["results"]]})

    @extend_schema(request=NewPostSerializer, responses={201: PostSerializer, 200: PostSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """201; 200 with the first post when its client_id was sent before."""
        body = NewPostSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = create_post(
            actor=person_of(request), forum_id=body.validated_data["forum"], **body.draft()
        )
        code = status.HTTP_200_OK if sent.duplicate else status.HTTP_201_CREATED
        return Response(_post(request, sent.message_id), status=code)


class PostDetailView(APIView):
    @extend_schema(responses=PostSerializer)
    def get(self, request: Request, post_id: uuid.UUID) -> Response:
        return Response(_post(request, post_id))

    @extend_schema(request=MessageChangeSerializer, responses=PostSerializer)
    def patch(self, request: Request, post_id: uuid.UUID) -> Response:
        """One's own post only."""
        body = MessageChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        edit_post(actor=person_of(request), post_id=post_id, **body.validated_data)
        return Response(_post(request, post_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, post_id: uuid.UUID) -> Response:
        """One's own, or any as a moderator. Its place stays, empty."""
        delete_post(actor=person_of(request), post_id=post_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(request: Request, forums: Sequence[Forum]) -> list[dict[str, Any]]:
    unread = unread_counts(person_of(request), [forum.pk for forum in forums])
    return list(ForumSerializer(forums, many=True, context={"unread": unread}).data)


def _post(request: Request, post_id: uuid.UUID) -> dict[str, Any]:
    return post_of(render_messages([get_post(user=person_of(request), post_id=post_id)])[0])
