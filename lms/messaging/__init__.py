"""Conversations and their messages: one model for forums, groups, direct messages, AI sessions.

Membership lives here and nowhere else: an Audience is a set of people; a group, a course and
a forum each own one, and a conversation is read by the members of its own audience and of
those it is shared with. Every change is an entry of the stream `conversation:<id>`.
"""
