"""Tenants in JSON: shape, not rules."""

from typing import Any

from rest_framework import serializers

from tenants.models import Domain, EmailDomain, Tenant

DOMAINS_AT_MOST = 20


class FirstAdminSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    full_name = serializers.CharField(max_length=255)
    password = serializers.CharField(
        min_length=8, max_length=128, required=False, write_only=True, trim_whitespace=False
    )


class NewTenantSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=200)
    domains = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=DOMAINS_AT_MOST, required=False
    )
    email_domains = serializers.ListField(
        child=serializers.CharField(max_length=253), max_length=DOMAINS_AT_MOST, required=False
    )
    settings = serializers.DictField(required=False)
    admin = FirstAdminSerializer(required=False)


class TenantChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False)
    state = serializers.ChoiceField(
        [Tenant.State.READY, Tenant.State.SUSPENDED], required=False, help_text="Resume or suspend."
    )


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    domains: serializers.RelatedField[Domain, str, str] = serializers.SlugRelatedField(
        "domain", many=True, read_only=True
    )
    email_domains: serializers.RelatedField[EmailDomain, str, str] = serializers.SlugRelatedField(
        "domain", many=True, read_only=True
    )
    settings = serializers.DictField(read_only=True)

    class Meta:
        model = Tenant
        fields = (
            "id",
            "slug",
            "name",
            "schema_name",
            "state",
            "domains",
            "email_domains",
            "settings",
            "created_at",
            "updated_at",
            "suspended_at",
        )
        read_only_fields = fields
