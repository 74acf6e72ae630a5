from django.urls import path

from lms.messaging import views

app_name = "messaging"
urlpatterns = [
    path("messages/", views.MessageListView.as_view(), name="message-list"),
    path("messages/<uuid:message_id>/", views.MessageDetailView.as_view(), name="message-detail"),
    path(
        "messages/<uuid:message_id>/reactions/",
        views.MessageReactionsView.as_view(),
        name="message-reactions",
    ),
    path("conversations/", views.ConversationListView.as_view(), name="conversation-list"),
    path(
        "conversations/<uuid:conversation_id>/",
        views.ConversationDetailView.as_view(),
        name="conversation-detail",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages/",
        views.ConversationMessagesView.as_view(),
        name="conversation-messages",
    ),
    path(
        "conversations/<uuid:conversation_id>/read/",
        views.ConversationReadView.as_view(),
        name="conversation-read",
    ),
]
