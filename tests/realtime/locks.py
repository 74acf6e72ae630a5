"""A database that does not answer, for a while: a lock that somebody holds."""

import asyncio
import threading

from django.db import connection, transaction

from tenants.context import in_tenant


class TableLock:
    """Holds a table's lock in a transaction of its own."""

    def __init__(self, schema, table, mode):
        self.statement = f"LOCK TABLE {table} IN {mode} MODE"
        self.schema = schema
        self.done = asyncio.Event()

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        taken, self.release = loop.create_future(), threading.Event()

        def hold():
            with in_tenant(self.schema), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(self.statement)
                loop.call_soon_threadsafe(taken.set_result, None)
                self.release.wait(30)
            connection.close()

        self.holding = asyncio.create_task(asyncio.to_thread(hold))
        await taken

    async def __aexit__(self, *error):
        self.release.set()
        await self.holding
