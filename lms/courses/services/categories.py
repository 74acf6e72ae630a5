from django.db import IntegrityError, transaction

from lms.accounts.models import User
from lms.auditlog.services import record
from lms.core.errors import InvalidField
from lms.core.ids import parse_uuid, uuid7
from lms.core.permissions import require
from lms.courses.errors import CategoryExists
from lms.courses.models import Category
from lms.courses.permissions import can_create_category
from lms.courses.selectors import find_category
from lms.courses.slugs import category_slug


@transaction.atomic
def create_category(*, actor: User, name: str, parent: str = "") -> Category:
    """Raises CategoryExists, and InvalidField for a parent that is none."""
    require(can_create_category(actor))
    above = find_category(parent) if parent else None
    if parent and above is None:
        raise InvalidField("parent", "There is no such category.")
    if Category.objects.filter(parent=above, name__iexact=name).exists():
        raise CategoryExists
    category = _insert(name, above)
    if category is None:
        raise CategoryExists
    record(actor=actor, action="category.created", target=category)
    return category


def find_or_create_category(*, reference: str) -> Category | None:
    """What the reference names. A name that is new becomes a category; a new id cannot.

    Trusted: who may create a course may name its category.
    """
    found = find_category(reference)
    if found is not None or parse_uuid(reference) is not None:
        return found
    return _insert(reference, None) or find_category(reference)


def _insert(name: str, parent: Category | None) -> Category | None:
    """None if another of the same name was quicker. A slug that is taken gets the id's tail."""
    category = Category(id=uuid7(), name=name, parent=parent)
    tail = category.id.hex[-8:]
    slug = category_slug(name)
    if not slug or Category.objects.filter(slug=slug).exists():
        slug = f"{slug[:90] or 'category'}-{tail}"
    category.slug = slug
    try:
        with transaction.atomic():
            category.save(force_insert=True)
    except IntegrityError:
        return None
    return category
