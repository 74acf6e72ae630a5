"""The words on the wire: whatever comes in, a command or a BadFrame goes out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol import (
    BadFrame,
    Command,
    Publication,
    decode,
    encode_error,
    encode_push,
    encode_reply,
)
from realtime.topics import Topic, parse_topic

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


def refusal(text):
    with pytest.raises(BadFrame) as caught:
        decode(text)
    return caught.value


def test_a_command_is_read():
    assert decode('{"id": 7, "type": "message.send", "payload": {"content": "hé"}}') == Command(
        7, "message.send", {"content": "hé"}
    )


def test_id_and_payload_may_be_absent():
    assert decode('{"type": "ping"}') == Command(None, "ping", {})


@pytest.mark.parametrize(
    ("_case", "text", "code"),
    [
        ("nothing", "", "bad_json"),
        ("half an object", '{"type": "ping"', "bad_json"),
        ("a list", "[]", "bad_json"),
        ("NaN", '{"type": "ping", "payload": {"x": NaN}}', "bad_json"),
        ("Infinity", '{"type": "ping", "payload": {"x": -Infinity}}', "bad_json"),
        ("the same key twice", '{"type": "ping", "type": "ping"}', "bad_json"),
        ("the same key twice inside", '{"type": "ping", "payload": {"a": 1, "a": 2}}', "bad_json"),
        ("depth 10,000", "[" * 10_000 + "]" * 10_000, "bad_json"),
        ("depth 10,000 in objects", '{"type":' * 10_000, "bad_json"),
        (
            "a depth json can read",
            '{"type":"a","payload":{"x":' + "[" * 99 + "]" * 99 + "}}",
            "bad_json",
        ),
        ("a number of 60,000 digits", '{"id": ' + "9" * 60_000 + "}", "bad_json"),
        ("half a surrogate pair", '{"type": "x", "payload": {"content": "\\ud800"}}', "bad_json"),
        ("NUL in a value", '{"type": "x", "payload": {"content": "a\\u0000"}}', "bad_json"),
        ("NUL in a key", '{"type": "x", "payload": {"\\u0000": 1}}', "bad_json"),
        ("a raw NUL", '{"type": "x\x00"}', "bad_json"),
        ("an unknown field", '{"type": "ping", "extra": 1}', "invalid_field"),
        ("no type", '{"id": 1}', "invalid_field"),
        ("a type that is no string", '{"type": 1}', "invalid_field"),
        ("a payload that is no object", '{"type": "ping", "payload": []}', "invalid_field"),
        ("a boolean id", '{"id": true, "type": "ping"}', "invalid_field"),
        ("a float id", '{"id": 1.5, "type": "ping"}', "invalid_field"),
        ("an id of 65 characters", json.dumps({"id": "x" * 65, "type": "ping"}), "invalid_field"),
    ],
)
def test_what_is_not_a_command_is_refused_with_a_stable_code(_case, text, code):
    assert refusal(text).code == code


def test_a_binary_frame_is_refused():
    assert refusal(b"{}").code == "binary_frame"


def test_a_refusal_carries_the_commands_id_where_it_is_known():
    assert refusal('{"id": "a1", "payload": {}}').id == "a1"


def test_a_whole_surrogate_pair_is_text():
    assert decode('{"type": "x", "payload": {"c": "\\ud83d\\ude00"}}').payload == {"c": "😀"}


@given(st.text(max_size=200))
def test_any_text_is_a_command_or_a_bad_frame(text):
    try:
        assert isinstance(decode(text), Command)
    except BadFrame as error:
        assert error.code in {"bad_json", "invalid_field"}  # noqa: PT017 - either way is right


@given(st.dictionaries(st.sampled_from(["id", "type", "payload", "x"]), json_values))
def test_any_object_is_a_command_or_a_bad_frame(frame):
    try:
        assert isinstance(decode(json.dumps(frame)), Command)
    except BadFrame as error:
        assert error.code in {"bad_json", "invalid_field"}  # noqa: PT017 - either way is right


def test_pushes_replies_and_errors_are_what_the_document_says():
    push = encode_push(Publication("conversation:1", "message.sent", '{"a":"é"}', 118, "e"))
    typing = encode_push(Publication("conversation:1", "typing.started", "{}"))

    assert json.loads(push) == {
        "type": "message.sent",
        "topic": "conversation:1",
        "offset": 118,
        "payload": {"a": "é"},
    }
    assert json.loads(typing) == {
        "type": "typing.started",
        "topic": "conversation:1",
        "payload": {},
    }
    assert json.loads(encode_reply(7, {"x": 1})) == {"id": 7, "type": "reply", "payload": {"x": 1}}
    assert json.loads(encode_error("a", "rate_limited", "Slow down.", {"retry_after": 2.0})) == {
        "id": "a",
        "type": "error",
        "error": {"code": "rate_limited", "message": "Slow down.", "retry_after": 2.0},
    }
    assert "id" not in json.loads(encode_error(None, "bad_json", "No."))


@given(st.sampled_from(["conversation", "course", "user"]), st.uuids())
def test_a_topic_is_read_back(kind, id_):
    topic = parse_topic(f"{kind}:{id_}")

    assert isinstance(topic, Topic)
    assert str(topic) == f"{kind}:{id_}"


@pytest.mark.parametrize("text", ["", "conversation", "conversation:7", "room:" + "0" * 36])
def test_what_is_no_topic_is_none(text):
    assert parse_topic(text) is None
    assert parse_topic(f"conversation:{'0' * 8}-0000-0000-0000-{'0' * 12}\n") is None
