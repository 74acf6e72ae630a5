from django.urls import path

from tenants import views

app_name = "core"
urlpatterns = [
    path("tenants/", views.TenantListView.as_view(), name="tenant-list"),
    path("tenants/<uuid:tenant_id>/", views.TenantDetailView.as_view(), name="tenant-detail"),
    path("settings/", views.SettingsView.as_view(), name="settings"),
]
