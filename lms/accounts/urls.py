"""Sign-in, people and tickets. Several documents' names lead to the same door."""

from django.urls import path

from lms.accounts.views import login, mfa, passwords, users

urlpatterns = [
    path("auth/register/", login.RegisterView.as_view(), name="register"),
    path("users/register/", login.RegisterView.as_view(), name="user-register"),
    path("auth/login/", login.LoginView.as_view(), name="login"),
    path("auth/login/mfa/", mfa.MFALoginView.as_view(), name="login-mfa"),
    path("auth/refresh/", login.RefreshView.as_view(), name="refresh"),
    path("auth/token/refresh/", login.RefreshView.as_view(), name="token-refresh"),
    path("auth/logout/", login.LogoutView.as_view(), name="logout"),
    path("auth/logout-all/", users.LogoutAllView.as_view(), name="logout-all"),
    path("auth/forgot-password/", passwords.ForgotPasswordView.as_view(), name="forgot-password"),
    path("auth/reset-password/", passwords.ResetPasswordView.as_view(), name="reset-password"),
    path("auth/verify-email/", passwords.VerifyEmailView.as_view(), name="verify-email"),
    path("auth/confirm-email/", passwords.ConfirmEmailView.as_view(), name="confirm-email"),
    path("auth/mfa/enable/", mfa.EnableMFAView.as_view(), name="mfa-enable"),
    path("auth/mfa/verify/", mfa.VerifyMFAView.as_view(), name="mfa-verify"),
    path("auth/mfa/login/", mfa.MFALoginView.as_view(), name="mfa-login"),
    path("auth/mfa/email-code/", mfa.MFAEmailCodeView.as_view(), name="mfa-email-code"),
    path("auth/mfa/disable/", mfa.DisableMFAView.as_view(), name="mfa-disable"),
    path("users/me/", users.MeView.as_view(), name="me"),
    path("users/me/password/", passwords.PasswordView.as_view(), name="password"),
    path("users/", users.UserListView.as_view(), name="user-list"),
    path("users/<str:user>/", users.UserDetailView.as_view(), name="user-detail"),
    path("realtime/tickets/", users.TicketView.as_view(), name="ticket"),
]
