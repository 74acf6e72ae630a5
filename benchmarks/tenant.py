"""Seconds until a new school is ready: row, hosts and a schema with every table."""

import secrets
import time

from benchmarks.report import Goal, Report, median
from benchmarks.stage import Stage

TENANTS = 20
GOAL = Goal(at_most=1)


def run(_: Stage) -> Report:
    report = Report("tenant")
    taken = [_create() for _ in range(TENANTS)]
    report.add(f"creating a tenant, median of {TENANTS}", median(taken), "s", GOAL)
    report.add("creating a tenant, slowest", max(taken), "s", GOAL)
    return report


def _create() -> float:
    from tenants.services import NewTenant, create_tenant

    slug = f"bench-{secrets.token_hex(4)}"
    started = time.perf_counter()
    create_tenant(NewTenant(slug=slug, name="Benchmark school", domains=(f"{slug}.localhost",)))
    return time.perf_counter() - started
