"""Sockets in, publications out: the live half of Stoa.

What it promises (each has a test that names it, in `tests/realtime/`):

G1  An acknowledgement means committed. Never acked and absent, whatever is killed.
G2  One total order per stream: offsets 1, 2, 3 … without a gap, the same for every reader.
G3  While connected, a session gets every offset after the one it joined at exactly once and
    in order. Reconnecting with (epoch, offset) it goes on without loss or repeat, or is told
    `recovered: false` and fetches history. Never a partial recovery.
G4  Sending is idempotent: the same `client_id` by the same sender to the same stream is one
    message, and the second ack carries the first's id and offset with `duplicate: true`.
G5  Losing the bus delays pushes by at most 5 s and loses none; sends go on.
G6  No session gets a byte of another tenant.
G7  Logout, password change, ban, loss of membership, deactivation, suspension and an expired
    token end the sockets or subscriptions concerned on every node within 1 s, 5 s without bus.
G8  A reader that does not read costs at most 1 MiB and is aborted within 35 s.
G9  A slow handler never blocks the pings, sends and pushes of its own or another socket.

The layers, each knowing only those below it:

doors         routing, consumer, authentication, authorization
conversation  session, handlers, protocols/
engine        node, hub, ingest, presence, broker
domains' side log, publisher, bridge
wire          server, connection, keeper, handshake, frames
words         protocol, topics, cursor (pure: no I/O, no Django)
"""
