from lms.core.errors import Conflict, PermissionDenied


class ForumCreationNotAllowed(PermissionDenied):
    code, message = "forum_creation_not_allowed", "Only instructors and admins create forums."


class OwnerStays(Conflict):
    code, message = "owner_stays", "The owner of a forum cannot be taken off it."
