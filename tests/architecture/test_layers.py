"""Who may import whom: the contracts of .importlinter hold."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.architecture.sources import ROOT

FLOORS = {
    "django": (5, 2, 19),
    "django-tenants": (4, 0, 1),
    "uvicorn": (0, 54, 0),
    "daphne": (4, 2, 3),
    "pyjwt": (2, 15, 0),
}


def test_every_import_contract_is_kept():
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_no_dependency_is_below_its_safe_version(package):
    """Below these, measured or published faults come back (docs/tenancy.md)."""
    found = tuple(int(part) for part in version(package).split(".")[:3])

    assert found >= FLOORS[package]
