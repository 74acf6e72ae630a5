"""`.ci/run` accepts no test left out: the plugin that says so, run on small suites."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.conftest import ROOT

SUITE = """
import pytest

def test_one(): pass

{mark}
def test_two(): pass
"""


def run_suite(folder: Path, mark: str, *options: str) -> tuple[int, str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(SUITE.format(mark=mark))
    plain = ["-p", "no:django", "-p", "no:randomly", "-p", "no:cacheprovider"]
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, said.stdout


PLUGIN = ("-p", "tests.stack.complete")


@pytest.mark.parametrize(
    ("mark", "options", "line"),
    [
        ("@pytest.mark.skip", (), "skipped: test_it.py::test_two"),
        ("", ("-k", "one"), "deselected: test_it.py::test_two"),
        ("pytest.skip('none of it', allow_module_level=True)", (), "skipped: test_it.py"),
    ],
)
def test_a_run_that_leaves_a_test_out_fails_and_names_it(tmp_path, mark, options, line):
    code, said = run_suite(tmp_path, mark, *options, *PLUGIN)

    assert code != 0
    assert line in said.splitlines()


def test_without_the_plugin_the_same_run_passes(tmp_path):
    assert run_suite(tmp_path, "@pytest.mark.skip")[0] == 0


def test_a_run_of_all_tests_passes(tmp_path):
    code, said = run_suite(tmp_path, "", *PLUGIN)

    assert code == 0
    assert "left out" not in said
