"""Literals come before `enrollments/<reference>/`: no course has such a slug."""

from django.urls import path

from lms.enrollments import views

app_name = "enrollments"
urlpatterns = [
    path("enrollments/", views.EnrollmentListView.as_view(), name="enrollment-list"),
    path("enrollments/my/", views.MyEnrollmentsView.as_view(), name="enrollment-my"),
    path(
        "enrollments/my-courses/", views.MyEnrollmentsView.as_view(), name="enrollment-my-courses"
    ),
    path(
        "enrollments/course/<str:course>/",
        views.CourseEnrollmentView.as_view(),
        name="course-enrollment",
    ),
    path(
        "enrollments/<str:reference>/",
        views.EnrollmentDetailView.as_view(),
        name="enrollment-detail",
    ),
]
