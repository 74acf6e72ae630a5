"""Which address a request came from, when clients may write what they like."""

import pytest

from lms.core.request_facts import client_ip


@pytest.mark.parametrize(
    ("_case", "proxies", "peer", "forwarded", "expected"),
    [
        ("no proxy is trusted", 0, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("one proxy: what it saw", 1, "10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("one proxy: hops before it are made up", 1, "10.0.0.1", "1.1.1.1, 192.0.2.7", "192.0.2.7"),
        ("two proxies", 2, "10.0.0.1", "1.1.1.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("fewer hops than proxies", 2, "10.0.0.1", "192.0.2.7", "10.0.0.1"),
        ("a hop that is no address", 1, "10.0.0.1", "'; DROP TABLE", None),
        ("a Unix socket", 0, "", "", None),
        ("no peer at all", 0, None, "", None),
        ("IPv6 in another spelling", 0, "2001:DB8:0::1", "", "2001:db8::1"),
        ("IPv4 inside IPv6", 0, "::ffff:192.0.2.1", "", "192.0.2.1"),
    ],
)
def test_only_the_trusted_proxys_hop_counts(_case, proxies, peer, forwarded, expected, settings):
    settings.TRUSTED_PROXIES = proxies

    assert client_ip(peer, forwarded) == expected
