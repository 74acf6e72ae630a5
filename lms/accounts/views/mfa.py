from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lms.accounts.serializers import (
    ChallengeAnswerSerializer,
    ChallengeTokenSerializer,
    CodeSerializer,
    DetailSerializer,
    DisableMFASerializer,
    EnrolmentSerializer,
    NothingSerializer,
    RecoveryCodesSerializer,
    TokensSerializer,
    tokens_body,
)
from lms.accounts.services.challenges import log_in_with_code, mail_code
from lms.accounts.services.mfa import confirm_mfa, disable_mfa, start_mfa
from lms.accounts.signed_in import person_of
from lms.accounts.views.doors import OpenView, current_family_id, valid

VERIFY_ANSWER = PolymorphicProxySerializer(
    component_name="MFAVerifyAnswer",
    serializers=[RecoveryCodesSerializer, TokensSerializer],
    resource_type_field_name=None,
)


class EnableMFAView(APIView):
    @extend_schema(request=NothingSerializer, responses=EnrolmentSerializer)
    def post(self, request: Request) -> Response:
        enrolment = start_mfa(user=person_of(request))
        return Response(EnrolmentSerializer(enrolment).data)


class VerifyMFAView(APIView):
    """Two jobs under one name (docs 001 and 004): see the request's description."""

    permission_classes = (AllowAny,)

    @extend_schema(request=CodeSerializer, responses=VERIFY_ANSWER)
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and request.data.get("challenge_token"):
            answer = valid(ChallengeAnswerSerializer, request.data)
            return Response(tokens_body(log_in_with_code(**answer)))
        user = person_of(request)
        code = valid(CodeSerializer, request.data)["code"]
        codes = confirm_mfa(user=user, keep=current_family_id(request), code=code)
        return Response({"recovery_codes": codes})


class DisableMFAView(APIView):
    @extend_schema(request=DisableMFASerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        fields = valid(DisableMFASerializer, request.data)
        disable_mfa(user=person_of(request), keep=current_family_id(request), **fields)
        return Response(status=204)


class MFALoginView(OpenView):
    @extend_schema(request=ChallengeAnswerSerializer, responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        fields = valid(ChallengeAnswerSerializer, request.data)
        return Response(tokens_body(log_in_with_code(**fields)))


class MFAEmailCodeView(OpenView):
    @extend_schema(request=ChallengeTokenSerializer, responses=DetailSerializer)
    def post(self, request: Request) -> Response:
        mail_code(**valid(ChallengeTokenSerializer, request.data))
        return Response({"detail": "A code is on its way to your address."})
