"""`courses/categories/` comes before `courses/<course>/`: no course has that slug."""

from django.urls import path

from lms.courses import views

app_name = "courses"
urlpatterns = [
    path("courses/", views.CourseListView.as_view(), name="course-list"),
    path("courses/categories/", views.CategoryListView.as_view(), name="category-list"),
    path("courses/<str:course>/", views.CourseDetailView.as_view(), name="course-detail"),
    path("courses/<str:course>/publish/", views.CoursePublishView.as_view(), name="course-publish"),
    path(
        "courses/<str:course>/unpublish/",
        views.CourseUnpublishView.as_view(),
        name="course-unpublish",
    ),
    path(
        "courses/<str:course>/announcements/",
        views.AnnouncementListView.as_view(),
        name="announcement-list",
    ),
]
