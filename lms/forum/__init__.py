"""Forums: conversations that are open to a whole school or shared with groups.

A forum is a title over one conversation; posts are its messages (`lms/messaging`). Its id is
its conversation's id. The conversation's own audience holds the forum's moderators; readers
are the members of the groups it is shared with, or everybody if it is shared with none.

Instructors and admins create forums. The creator owns the forum and names moderators, who
like admins change it, close it and remove posts.
"""
