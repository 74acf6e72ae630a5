"""People of a tenant: accounts, passwords, tokens, second factors, roles.

Not here: who may do what in a course, forum or group; those apps decide from `User.role` and
their own memberships. Platform operators are users in the public schema.
"""
