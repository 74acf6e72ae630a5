"""The catalogue: categories, courses, their publication and their announcements.

Not here: who is enrolled (`lms.enrollments`) and what it costs them (`lms.payments`). People of a
course are the members of its audience; whatever they must hear is an entry of the stream
`course:<id>`.
"""
