import threading
from contextlib import suppress

from django.db import connection, transaction

from lms.streams import announce
from lms.streams.entries import new_entry
from lms.streams.selectors import entries_after, get_heads, get_position
from lms.streams.services import append, append_many, trim_streams
from tenants.context import in_tenant

STREAM = "conversation:1"


def test_offsets_count_from_one_and_entries_are_read_back_in_order(alpha):
    for text in ("one", "two", "three"):
        append(stream=STREAM, type="message.sent", payload={"content": text})

    entries = entries_after(STREAM, 1, limit=10)

    assert [(e.offset, e.payload) for e in entries] == [
        (2, '{"content":"two"}'),
        (3, '{"content":"three"}'),
    ]
    assert {e.epoch for e in entries} == {get_position(STREAM).epoch}
    assert get_position(STREAM).offset == 3


def test_a_batch_over_several_streams_keeps_its_order_in_each(
    alpha, django_assert_num_queries, pipelined
):
    append(stream="a:1", type="x", payload={})
    append(stream="b:1", type="x", payload={})
    batch = [new_entry(name, "x", {"n": n}) for n, name in enumerate(("b:1", "a:1", "b:1"))]

    pipelined.clear()
    with django_assert_num_queries(1):  # the entries
        appended = append_many(batch)
    assert len(pipelined) == 1  # the heads

    assert [(e.stream, e.offset) for e in appended] == [("b:1", 2), ("a:1", 2), ("b:1", 3)]


def test_a_stream_nobody_wrote_to_has_an_epoch_that_stays(alpha):
    position = get_position("user:9")

    assert (position.offset, position.floor) == (0, 0)
    assert get_position("user:9") == position
    assert get_heads(["user:9", "user:8"]) == {"user:9": position}


def test_listeners_hear_after_the_commit_and_never_after_a_rollback(
    alpha, django_capture_on_commit_callbacks
):
    heard = []
    listener = lambda schema, entries: heard.append((schema, [e.offset for e in entries]))  # noqa: E731
    announce.register(listener)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            append(stream=STREAM, type="x", payload={})
            with suppress(ZeroDivisionError), transaction.atomic():
                append(stream=STREAM, type="x", payload={})
                raise ZeroDivisionError
            assert heard == []
    finally:
        announce.unregister(listener)

    assert heard == [(alpha, [1])]
    assert get_position(STREAM).offset == 1


def _write(schema, barrier, seen):
    with in_tenant(schema):
        barrier.wait()
        for _ in range(25):
            with transaction.atomic():
                seen.append(append(stream=STREAM, type="x", payload={}).offset)
        connection.close()


def test_concurrent_writers_leave_no_gap_and_no_double(alpha_committed):
    barrier = threading.Barrier(8)
    seen: list[int] = []
    threads = [
        threading.Thread(target=_write, args=(alpha_committed, barrier, seen)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == list(range(1, 201))
    assert [e.offset for e in entries_after(STREAM, 0, limit=500)] == list(range(1, 201))


def test_trimming_keeps_the_newest_and_moves_the_floor(alpha, settings):
    settings.STREAM_RETENTION_ENTRIES = 3
    append_many([new_entry(STREAM, "x", {"n": n}) for n in range(10)])

    assert trim_streams() == 7

    position = get_position(STREAM)
    assert (position.offset, position.floor) == (10, 7)
    assert [e.offset for e in entries_after(STREAM, 0, limit=50)] == [8, 9, 10]
    assert trim_streams() == 0
