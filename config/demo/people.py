"""Doc 003's people: one administrator, three instructors, twelve learners in each school."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from lms.accounts.models import User

PASSWORD = "password123"  # noqa: S105 - doc 003 publishes it; production refuses to seed


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str

    def email(self, domain: str) -> str:
        if self.role == User.Role.ADMIN:
            return f"admin@{domain}"
        return f"{self.name.lower().replace(' ', '.')}@{domain}"


INSTRUCTORS = ("John Smith", "Sarah Johnson", "Michael Chen")
LEARNERS = (
    "Alice Williams",
    "Bob Martinez",
    "Carol Davis",
    "David Okafor",
    "Emma Wilson",
    "Farid Rahimi",
    "Grace Nakamura",
    "Henry Kowalski",
    "Isabel Moreno",
    "Jack Thompson",
    "Kavita Patel",
    "Liam Murphy",
)
ACCOUNTS = 1 + len(INSTRUCTORS) + len(LEARNERS)


def seed_people(*, domain: str, admin_name: str, password_hash: str) -> dict[str, User]:
    """All of the school's people by their places: `A`, `I0` to `I2`, `L0` to `L11`."""
    people = {"A": Person(admin_name, User.Role.ADMIN)}
    for number, name in enumerate(INSTRUCTORS):
        people[f"I{number}"] = Person(name, User.Role.INSTRUCTOR)
    for number, name in enumerate(LEARNERS):
        people[f"L{number}"] = Person(name, User.Role.STUDENT)
    users = {
        place: _user(person, person.email(domain), password_hash)
        for place, person in people.items()
    }
    User.objects.bulk_create(users.values())
    return users


def seed_operator(*, email: str, password_hash: str) -> None:
    """The platform's superuser. Call in the public schema."""
    if not User.objects.filter(email__iexact=email).exists():
        _user(Person("Platform Administrator", User.Role.ADMIN), email, password_hash).save()


def password_hash() -> str:
    """One hash for all: they share the password anyway, and hashing is slow on purpose."""
    return make_password(PASSWORD)


def _user(person: Person, email: str, password: str) -> User:
    first, _, last = person.name.partition(" ")
    return User(
        email=email,
        full_name=person.name,
        first_name=first,
        last_name=last,
        role=person.role,
        password=password,
        email_verified_at=timezone.now(),
    )
