"""What cannot run here is at least read: the image, the compose file, the proxy, the locks."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import find_spec

import pytest
import yaml
from django.core.management import get_commands
from packaging.requirements import Requirement

from tests.stack.conftest import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()


def test_the_services_are_those_of_the_contract():
    assert set(SERVICES) == {
        "postgres", "valkey", "migrate", "web", "worker", "beat", "proxy"
    }  # fmt: skip
    assert SERVICES["proxy"]["ports"] == ["9090:9090"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_every_command_of_the_image_exists(name):
    words = SERVICES[name]["command"]

    match words:
        case ["python", "manage.py", command]:
            assert command in get_commands()
        case ["python", "-m", module]:
            assert find_spec(module) is not None
        case ["celery", *options]:
            said = subprocess.run(
                [sys.executable, "-m", "celery", *options, "--help"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert said.returncode == 0, said.stderr
        case _:
            pytest.fail(f"nobody knows {words}")


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_serves_before_the_schemas_are_migrated(name):
    assert SERVICES[name]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


def test_the_compose_environment_is_what_the_application_reads():
    from config import env

    given = SERVICES["web"]["environment"]
    filled = {name: re.sub(r"\$\{\w+:\?[^}]*\}", "x" * 40, value) for name, value in given.items()}

    loaded = env.load(filled)

    assert loaded.environment == "production"
    assert loaded.trusted_proxies == 1
    assert loaded.database_url == f"postgres://stoa:{'x' * 40}@postgres:5432/stoa"


def test_secrets_are_asked_for_not_written_down():
    required = {"SECRET_KEY", "JWT_SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}

    for name in required:
        assert SERVICES["web"]["environment"][name] == f"${{{name}:?set it in .env}}"


def test_files_that_compose_mounts_are_here():
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]

    assert sorted(mounted) == ["./deploy/nginx.conf", "./deploy/postgres-init.sh"]
    assert all((ROOT / path).is_file() for path in mounted)


def test_the_image_installs_by_hash_and_does_not_run_as_root():
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.index("USER stoa") < DOCKERFILE.index("CMD [")
    for folder in re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE):
        assert (ROOT / folder).is_dir()


def test_the_proxy_replaces_what_a_client_says_about_itself():
    for header, value in {
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$scheme",
        "X-Forwarded-Host": '""',
        "Forwarded": '""',
        "Upgrade": "$http_upgrade",
    }.items():
        assert f"proxy_set_header {header} {value};" in NGINX
    # In a location it would drop all those of the level above.
    assert "proxy_set_header" not in NGINX[NGINX.index("server {") :]
    assert "$proxy_add_x_forwarded_for" not in NGINX


@pytest.mark.parametrize("name", ["base", "dev", "test"])
def test_every_locked_dependency_has_a_hash_and_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()

    assert "://" not in text
    assert "--index" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[\w.\-\[\]]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_locks_agree_with_each_other():
    pins = {
        name: set(
            re.findall(
                r"^\S+==\S+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE
            )
        )
        for name in ("base", "dev", "test")
    }

    assert pins["base"] < pins["dev"] < pins["test"]


def test_make_alone_lists_every_habit():
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    listed = set(re.findall(r"^make (\S+)", said, re.MULTILINE))
    assert listed >= {
        "help", "run", "test", "sure", "bench", "migrate", "tenant", "shell", "lock", "clean"
    }  # fmt: skip


def test_what_is_installed_is_not_older_than_what_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    for requirement in map(Requirement, wanted):
        installed = metadata.version(requirement.name)
        assert requirement.specifier.contains(installed), f"{requirement} but {installed}"
