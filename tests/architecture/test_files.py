"""What a clone contains: files one can read in one go, and nothing of anybody's machine."""

import re

from tests.architecture.sources import every_file, name_of

MAX_LINES = 500
# A longer file says here why.
LONGER = {
    "tests/realtime/test_rfc6455.py": "the standard's cases, one table",
}
# Written in pieces, so that this file is no find of its own.
HOSTS = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "uv" + ".pkg")
MACHINE = re.compile("(^|[\\s\"'=(:])/(wo" + "rk|ro" + "ot|home/[a-z]+|tmp/[a-z])(/|\\b)")
# Where a path of the machine is the subject: scratch folders in containers and tests.
MAY_NAME_PATHS = ("Dockerfile", "docker-compose.yml", "deploy/", ".ci/", "tests/", "benchmarks/")
TEXT = (".py", ".md", ".txt", ".toml", ".yml", ".yaml", ".cfg", ".ini", ".html", ".css", ".js", "")


def _text_files():
    for path in every_file():
        if path.suffix in TEXT:
            yield name_of(path), path.read_text(errors="replace")


def test_no_file_is_too_long_to_read_in_one_go():
    long = {
        name: text.count("\n")
        for name, text in _text_files()
        if name.endswith(".py") and text.count("\n") > MAX_LINES and name not in LONGER
    }

    assert long == {}


def test_no_file_names_a_package_registry():
    found = [name for name, text in _text_files() if any(host in text for host in HOSTS)]

    assert found == []


def test_no_file_names_a_path_of_somebodys_machine():
    found = [
        f"{name}: {match.group().strip()}"
        for name, text in _text_files()
        if not name.startswith(MAY_NAME_PATHS)
        for match in [MACHINE.search(text)]
        if match
    ]

    assert found == []


def test_no_private_key_or_live_secret_is_kept():
    marks = (
        "-----BEGIN " + "PRIVATE",
        "-----BEGIN RSA " + "PRIVATE",
        "sk_" + "live_",
        "AKIA" + "I",
    )
    found = [name for name, text in _text_files() if any(mark in text for mark in marks)]

    assert found == []
