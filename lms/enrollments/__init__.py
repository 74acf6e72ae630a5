"""Who takes which course: one row for ever per person and course, whatever becomes of it.

Enrolling puts the person into the course's audience and dropping takes them out, in the same
transaction, so that sockets, announcements and lists agree with the row.
"""
