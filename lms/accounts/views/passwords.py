from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.serializers import (
    ConfirmEmailSerializer,
    DetailSerializer,
    EmailSerializer,
    PasswordChangeSerializer,
    ResetSerializer,
)
from lms.accounts.services.passwords import (
    ask_for_confirmation,
    ask_for_reset,
    change_password,
    reset_password,
)
from lms.accounts.services.profile import confirm_email
from lms.accounts.signed_in import person_of
from lms.accounts.views.doors import OpenView, current_family_id, valid

IF_THERE_IS_ONE = "If there is an account with this address, a mail is on its way."


class PasswordView(APIView):
    @extend_schema(request=PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        fields = valid(PasswordChangeSerializer, request.data)
        change_password(user=person_of(request), keep=current_family_id(request), **fields)
        return Response(status=204)


class ForgotPasswordView(OpenView):
    @extend_schema(request=EmailSerializer, responses=DetailSerializer)
    def post(self, request: Request) -> Response:
        ask_for_reset(**valid(EmailSerializer, request.data))
        return Response({"detail": IF_THERE_IS_ONE})


class ResetPasswordView(OpenView):
    @extend_schema(request=ResetSerializer, responses=DetailSerializer)
    def post(self, request: Request) -> Response:
        reset_password(**valid(ResetSerializer, request.data))
        return Response({"detail": "The password is changed. Sign in with it."})


class VerifyEmailView(OpenView):
    """Asks for the mail; `confirm-email` takes the token that comes with it."""

    @extend_schema(request=EmailSerializer, responses=DetailSerializer)
    def post(self, request: Request) -> Response:
        ask_for_confirmation(**valid(EmailSerializer, request.data))
        return Response({"detail": IF_THERE_IS_ONE})


class ConfirmEmailView(OpenView):
    @extend_schema(request=ConfirmEmailSerializer, responses=DetailSerializer)
    def post(self, request: Request) -> Response:
        confirm_email(**valid(ConfirmEmailSerializer, request.data))
        return Response({"detail": "The address is confirmed."})
