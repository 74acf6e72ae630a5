from django.urls import path

from lms.groups import views

app_name = "groups"
urlpatterns = [
    path("groups/", views.GroupListView.as_view(), name="group-list"),
    path("groups/<uuid:group_id>/", views.GroupDetailView.as_view(), name="group-detail"),
    path("groups/<uuid:group_id>/leave/", views.GroupLeaveView.as_view(), name="group-leave"),
    path("members/", views.GroupMemberListView.as_view(), name="member-list"),
    path("members/<uuid:member_id>/", views.GroupMemberDetailView.as_view(), name="member-detail"),
]
