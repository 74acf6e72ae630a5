from django.urls import path

from lms.forum import views

app_name = "forum"
urlpatterns = [
    path("forums/", views.ForumListView.as_view(), name="forum-list"),
    path("forums/<uuid:forum_id>/", views.ForumDetailView.as_view(), name="forum-detail"),
    path(
        "forums/<uuid:forum_id>/moderators/",
        views.ModeratorListView.as_view(),
        name="moderator-list",
    ),
    path(
        "forums/<uuid:forum_id>/moderators/<uuid:user_id>/",
        views.ModeratorDetailView.as_view(),
        name="moderator-detail",
    ),
    path("posts/", views.PostListView.as_view(), name="post-list"),
    path("posts/<uuid:post_id>/", views.PostDetailView.as_view(), name="post-detail"),
]
