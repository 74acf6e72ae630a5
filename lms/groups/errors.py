from lms.core.errors import Conflict, PermissionDenied


class AlreadyMember(Conflict):
    code, message = "already_member", "This person is a member already."


class LastOwner(Conflict):
    code, message = "last_owner", "A group needs an owner: name another one first."


class GroupIsClosed(Conflict):
    code, message = "group_closed", "This group is closed."


class GroupCreationNotAllowed(PermissionDenied):
    code, message = "group_creation_not_allowed", "Only instructors and admins create groups here."
