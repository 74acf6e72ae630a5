"""Who the tenant is: schemas, hosts, life cycle, and the one way to work inside one.

Knows nothing of learning or chat. A tenant is always named: in tasks, keys, topics, tokens
and logs. Absent means an error, never "public".
"""
