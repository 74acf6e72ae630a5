"""Groups of people with a chat of their own.

A group is a name over one conversation and its audience: membership, roles and messages live
in `lms/messaging`. Its id is its conversation's id. Groups are read by their members; those
that anybody may join (`open`) are found by everybody, but not read before joining.

Who may create one: everybody, or with the tenant's setting `group_creation` = "staff" only
instructors and admins. Owners manage everything, moderators invite and remove plain members
and messages. A group always has an owner.
"""
