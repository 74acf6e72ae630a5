"""`/api/core/`: tenants for the platform's operators, settings for a tenant's administrators."""

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import selectors, services
from tenants.context import current_schema
from tenants.models import Tenant
from tenants.permissions import IsOperator, ReadsOrIsTenantAdmin
from tenants.serializers import NewTenantSerializer, TenantChangeSerializer, TenantSerializer


class TenantListView(GenericAPIView[Tenant]):
    permission_classes = (IsAuthenticated, IsOperator)
    serializer_class = TenantSerializer

    @extend_schema(operation_id="core_tenants_list", responses=TenantSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.tenants())
        return self.get_paginated_response(TenantSerializer(page, many=True).data)

    @extend_schema(request=NewTenantSerializer, responses={201: TenantSerializer})
    def post(self, request: Request) -> Response:
        form = NewTenantSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        tenant = services.create_tenant(new_tenant(form.validated_data), actor=request.user)
        return Response(TenantSerializer(selectors.get_tenant(tenant.pk)).data, status=201)


class TenantDetailView(APIView):
    permission_classes = (IsAuthenticated, IsOperator)

    @extend_schema(responses=TenantSerializer)
    def get(self, request: Request, tenant_id: uuid.UUID) -> Response:
        return Response(TenantSerializer(selectors.get_tenant(tenant_id)).data)

    @extend_schema(request=TenantChangeSerializer, responses=TenantSerializer)
    def patch(self, request: Request, tenant_id: uuid.UUID) -> Response:
        form = TenantChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        selectors.get_tenant(tenant_id)
        # A state that is refused takes the new name back with it.
        with transaction.atomic():
            change_tenant(tenant_id, form.validated_data, actor=request.user)
        return Response(TenantSerializer(selectors.get_tenant(tenant_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, tenant_id: uuid.UUID) -> Response:
        """Gone for everybody at once; rows and schema are kept, and so is the slug."""
        services.delete_tenant(tenant_id=tenant_id, actor=request.user)
        return Response(status=204)


class SettingsView(APIView):
    """The settings of the tenant one is in. PATCH merges, deep; null removes a key."""

    permission_classes = (IsAuthenticated, ReadsOrIsTenantAdmin)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(selectors.settings_of(current_schema()))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request) -> Response:
        changes = request.data if isinstance(request.data, dict) else {"settings": request.data}
        changed = services.update_settings(
            schema=current_schema(), changes=changes, actor=request.user
        )
        return Response(changed)


def change_tenant(tenant_id: uuid.UUID, changes: dict[str, Any], *, actor: Any) -> None:
    if "name" in changes:
        services.rename_tenant(tenant_id=tenant_id, name=changes["name"], actor=actor)
    if changes.get("state") == Tenant.State.SUSPENDED:
        services.suspend_tenant(tenant_id=tenant_id, actor=actor)
    elif changes.get("state") == Tenant.State.READY:
        services.resume_tenant(tenant_id=tenant_id, actor=actor)


def new_tenant(fields: dict[str, Any]) -> services.NewTenant:
    """Without hosts of its own a tenant lives under the base domain, by its slug."""
    admin = fields.get("admin")
    domains = fields.get("domains") or [f"{fields['slug']}.{settings.BASE_DOMAIN}"]
    return services.NewTenant(
        slug=fields["slug"],
        name=fields["name"],
        domains=tuple(domain.strip().lower() for domain in domains),
        email_domains=tuple(d.strip().lower() for d in fields.get("email_domains", ())),
        settings=dict(fields.get("settings", {})),
        admin=services.FirstAdmin(**admin) if admin else None,
    )
