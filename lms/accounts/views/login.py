from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lms.accounts.serializers import (
    ChallengeSerializer,
    DetailSerializer,
    LoginSerializer,
    LogoutSerializer,
    NewPersonSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokensSerializer,
    registration_body,
    tokens_body,
)
from lms.accounts.services.challenges import Challenge
from lms.accounts.services.families import Tokens
from lms.accounts.services.login import log_in
from lms.accounts.services.logout import log_out
from lms.accounts.services.refresh import refresh_login
from lms.accounts.services.registration import register
from lms.accounts.views.doors import OpenView, valid
from tenants.resolution import bearer_tokens

LOGIN_ANSWER = PolymorphicProxySerializer(
    component_name="LoginAnswer",
    serializers=[TokensSerializer, ChallengeSerializer],
    resource_type_field_name=None,
)
CHECK_YOUR_MAIL = "We have sent a mail to this address. Follow its link to go on."


def login_response(outcome: Tokens | Challenge) -> Response:
    if isinstance(outcome, Tokens):
        return Response(tokens_body(outcome))
    challenge = {
        "mfa_required": True,
        "challenge_token": outcome.token,
        "expires_in_seconds": outcome.expires_in_seconds,
        "message": "MFA verification required",
    }
    return Response(challenge)


class RegisterView(OpenView):
    @extend_schema(
        request=NewPersonSerializer,
        responses={
            201: RegistrationSerializer,
            202: OpenApiResponse(DetailSerializer, "The school confirms addresses first."),
        },
    )
    def post(self, request: Request) -> Response:
        profile = valid(NewPersonSerializer, request.data)
        email, password = profile.pop("email"), profile.pop("password")
        tokens = register(email=email, password=password, profile=profile)
        if tokens is None:
            return Response({"detail": CHECK_YOUR_MAIL}, status=202)
        return Response(registration_body(tokens), status=201)


class LoginView(OpenView):
    @extend_schema(request=LoginSerializer, responses=LOGIN_ANSWER)
    def post(self, request: Request) -> Response:
        return login_response(log_in(**valid(LoginSerializer, request.data)))


class RefreshView(OpenView):
    @extend_schema(request=RefreshSerializer, responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        fields = valid(RefreshSerializer, request.data)
        token = fields.get("refresh_token") or fields["refresh"]
        return Response(tokens_body(refresh_login(token=token)))


class LogoutView(OpenView):
    """Either token will do, so that a client whose access token has expired can sign out too."""

    @extend_schema(request=LogoutSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        fields = valid(LogoutSerializer, request.data)
        access = bearer_tokens([request.headers.get("Authorization", "")])
        log_out(
            access_token=access[0] if access else "",
            refresh_token=fields.get("refresh_token") or fields.get("refresh") or "",
        )
        return Response(status=204)
