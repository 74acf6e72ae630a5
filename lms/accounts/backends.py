"""Django's own doors (the admin) ask here; logging in goes through services/login.py only."""

import uuid

from django.contrib.auth.backends import BaseBackend

from lms.accounts.models import User


class RoleBackend(BaseBackend):
    def get_user(self, user_id: uuid.UUID) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
