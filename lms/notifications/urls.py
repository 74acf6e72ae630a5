from django.urls import path

from lms.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.NotificationListView.as_view(), name="notification-list"),
    path("notifications/read-all/", views.ReadAllView.as_view(), name="notification-read-all"),
    path(
        "notifications/unread-count/",
        views.UnreadCountView.as_view(),
        name="notification-unread-count",
    ),
    path(
        "notifications/<str:notification_id>/",
        views.NotificationDetailView.as_view(),
        name="notification-detail",
    ),
]
