from lms.accounts.models import User


def can_manage_people(user: User) -> bool:
    return user.is_tenant_admin
