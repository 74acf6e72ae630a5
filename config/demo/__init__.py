"""The two schools of the demo, acme and techu, as `manage.py seed_demo_data` makes them.

`content` says what is in them, the other modules put it there through the domains' services.
Later domains add a module here and a line in `school`.
"""
