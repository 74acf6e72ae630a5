"""The pages. `doors` are those that need no school: the platform's own host has them too."""

from django.urls import path

from lms.web.views import about, chat, courses, doors, notifications, people, profile

door_patterns = [
    path("login/", doors.login, name="login"),
    path("login/mfa/", doors.login_mfa, name="login-mfa"),
    path("logout/", doors.logout, name="logout"),
    path("forgot-password/", doors.forgot_password, name="forgot-password"),
    path("reset-password/", doors.reset_password_page, name="reset-password"),
    path("confirm-email/", doors.confirm_email_page, name="confirm-email"),
    # Browsers ask for it on pages that name no icon, such as the answers of the API.
    path("favicon.ico", doors.favicon, name="favicon"),
]

app_name = "web"
urlpatterns = [
    *door_patterns,
    path("register/", doors.register_page, name="register"),
    path("", chat.home, name="home"),
    path("conversations/", chat.conversation_list, name="conversations"),
    path("c/<uuid:conversation_id>/", chat.conversation, name="conversation"),
    # As notifications name them.
    path("conversations/<uuid:conversation_id>/", chat.moved),
    path("groups/<uuid:conversation_id>/", chat.moved),
    path("c/<uuid:conversation_id>/history/", chat.older_messages, name="history"),
    path("c/<uuid:conversation_id>/about/", about.about, name="about"),
    path("c/<uuid:conversation_id>/members/", about.add, name="add-member"),
    path("c/<uuid:conversation_id>/join/", about.join, name="join"),
    path("c/<uuid:conversation_id>/leave/", about.leave, name="leave"),
    path("groups/", about.groups, name="groups"),
    path("groups/new/", chat.new_group, name="new-group"),
    path("forums/new/", chat.new_forum, name="new-forum"),
    path("courses/", courses.courses, name="courses"),
    path("courses/<str:course>/", courses.course, name="course"),
    path("courses/<str:course>/enroll/", courses.enroll, name="enroll"),
    path("courses/<str:course>/announcements/", courses.announce, name="announce"),
    path("people/", people.people, name="people"),
    path("people/<uuid:user_id>/message/", people.message, name="message"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/unread/", notifications.unread, name="notifications-unread"),
    path("notifications/read/", notifications.read_all, name="notifications-read"),
    path(
        "notifications/<uuid:notification_id>/read/", notifications.read, name="notification-read"
    ),
    path("profile/", profile.profile, name="profile"),
    path("profile/name/", profile.name, name="profile-name"),
    path("profile/password/", profile.password, name="profile-password"),
    path("profile/mfa/start/", profile.mfa_start, name="mfa-start"),
    path("profile/mfa/confirm/", profile.mfa_confirm, name="mfa-confirm"),
    path("profile/mfa/disable/", profile.mfa_disable, name="mfa-disable"),
]
