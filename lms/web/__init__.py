"""The web client of `/`: pages, forms and static modules.

It renders lists and forms on the server, through the selectors and services that the API uses,
and opens the same sockets as any other client. No domain imports it.
"""
