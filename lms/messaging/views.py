"""The HTTP door of conversations and messages: parse, call, answer."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.signed_in import person_of
from lms.core.idempotency import idempotent
from lms.messaging.models import Conversation
from lms.messaging.pages import PageQuerySerializer, history_page
from lms.messaging.selectors import (
    get_conversation,
    get_message,
    reactions_of,
    render_messages,
    unread_counts,
)
from lms.messaging.serializers import (
    ConversationQuerySerializer,
    ConversationSerializer,
    MessagePageSerializer,
    MessageQuerySerializer,
    NewConversationSerializer,
    NewMessageSerializer,
    NewReactionSerializer,
    ReadAnswerSerializer,
    ReadSerializer,
)
from lms.messaging.services.addressing import send_to_recipient, start_direct
from lms.messaging.services.editing import delete_message, edit_message
from lms.messaging.services.reactions import add_reaction, remove_reaction
from lms.messaging.services.reading import mark_read
from lms.messaging.services.sending import Sent, post_message
from lms.messaging.shapes import (
    DraftSerializer,
    MessageChangeSerializer,
    MessageSerializer,
    ReactionSerializer,
)
from lms.messaging.summaries import conversations_listed_for, summarize

SENT = {201: MessageSerializer, 200: MessageSerializer}


class MessageListView(APIView):
    @extend_schema(
        parameters=[MessageQuerySerializer],
        responses=MessagePageSerializer,
        operation_id="messages_list",
    )
    def get(self, request: Request) -> Response:
        """A conversation's history, newest first."""
        query = MessageQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        return Response(history_page(person_of(request), request, wanted["conversation"], wanted))

    @extend_schema(request=NewMessageSerializer, responses=SENT)
    @idempotent
    def post(self, request: Request) -> Response:
        """201; 200 with the first message when its client_id was sent before."""
        body = NewMessageSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if "conversation" in given:
            sent = post_message(
                actor=person_of(request), conversation_id=given["conversation"], **body.draft()
            )
        else:
            sent = send_to_recipient(
                actor=person_of(request),
                recipient_id=given["recipient_id"],
                message_type=given["message_type"],
                **body.draft(),
            )
        return _sent(request, sent)


class MessageDetailView(APIView):
    @extend_schema(responses=MessageSerializer)
    def get(self, request: Request, message_id: uuid.UUID) -> Response:
        return Response(_message(request, message_id))

    @extend_schema(request=MessageChangeSerializer, responses=MessageSerializer)
    def patch(self, request: Request, message_id: uuid.UUID) -> Response:
        """One's own message only."""
        body = MessageChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        edit_message(actor=person_of(request), message_id=message_id, **body.validated_data)
        return Response(_message(request, message_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, message_id: uuid.UUID) -> Response:
        """One's own, or any as a moderator. Its place in the history stays, empty."""
        delete_message(actor=person_of(request), message_id=message_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MessageReactionsView(APIView):
    @extend_schema(responses=ReactionSerializer(many=True), operation_id="messages_reactions_list")
    def get(self, request: Request, message_id: uuid.UUID) -> Response:
        """Not paginated: a message has at most 20 different reactions."""
        get_message(user=person_of(request), message_id=message_id)
        return Response(_reactions(message_id))

    @extend_schema(request=NewReactionSerializer, responses=ReactionSerializer(many=True))
    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        """201 when it is new, 200 when it was there; with all reactions of the message."""
        body = NewReactionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        added = add_reaction(
            actor=person_of(request), message_id=message_id, emoji=body.validated_data["emoji"]
        )
        code = status.HTTP_200_OK if added is None else status.HTTP_201_CREATED
        return Response(_reactions(message_id), status=code)

    @extend_schema(
        parameters=[OpenApiParameter("emoji", str, required=True)], responses={204: None}
    )
    def delete(self, request: Request, message_id: uuid.UUID) -> Response:
        """Takes one's own reaction back; 204 also if there was none."""
        query = NewReactionSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        remove_reaction(
            actor=person_of(request), message_id=message_id, emoji=query.validated_data["emoji"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConversationListView(GenericAPIView[Conversation]):
    serializer_class = ConversationSerializer

    @extend_schema(
        parameters=[ConversationQuerySerializer], responses=ConversationSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """All one can read, the one with the newest message first."""
        query = ConversationQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        listed = conversations_listed_for(person_of(request), **query.validated_data)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(summarize(person_of(request), page or []))

    @extend_schema(
        request=NewConversationSerializer,
        responses={201: ConversationSerializer, 200: ConversationSerializer},
    )
    def post(self, request: Request) -> Response:
        """The direct conversation with a person, begun if there is none yet."""
        body = NewConversationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        conversation = start_direct(
            actor=person_of(request), recipient=body.validated_data["recipient_id"]
        )
        return Response(
            summarize(person_of(request), [conversation])[0], status=status.HTTP_201_CREATED
        )


class ConversationDetailView(APIView):
    @extend_schema(responses=ConversationSerializer)
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = get_conversation(user=person_of(request), conversation_id=conversation_id)
        return Response(summarize(person_of(request), [conversation])[0])


class ConversationMessagesView(APIView):
    @extend_schema(
        parameters=[PageQuerySerializer],
        responses=MessagePageSerializer,
        operation_id="conversations_messages_list",
    )
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """The history, newest first."""
        query = PageQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(
            history_page(person_of(request), request, conversation_id, query.validated_data)
        )

    @extend_schema(request=DraftSerializer, responses=SENT)
    @idempotent
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """201; 200 with the first message when its client_id was sent before."""
        body = DraftSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = post_message(
            actor=person_of(request), conversation_id=conversation_id, **body.draft()
        )
        return _sent(request, sent)


class ConversationReadView(APIView):
    @extend_schema(request=ReadSerializer, responses=ReadAnswerSerializer)
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Everything up to the offset is read; the marker never goes back."""
        body = ReadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        offset = mark_read(
            actor=person_of(request),
            conversation_id=conversation_id,
            offset=body.validated_data["offset"],
        )
        unread = unread_counts(person_of(request), [conversation_id])[conversation_id]
        return Response({"offset": offset, "unread_count": unread})


def _sent(request: Request, sent: Sent) -> Response:
    code = status.HTTP_200_OK if sent.duplicate else status.HTTP_201_CREATED
    return Response(_message(request, sent.message_id), status=code)


def _message(request: Request, message_id: uuid.UUID) -> dict[str, Any]:
    message = get_message(user=person_of(request), message_id=message_id)
    return render_messages([message])[0]


def _reactions(message_id: uuid.UUID) -> list[dict[str, Any]]:
    return reactions_of([message_id]).get(message_id, [])
