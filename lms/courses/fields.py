"""How the documents' spellings are read: synonyms, references, metadata of bounded size."""

import json
import re
from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lms.core.money import CURRENCY
from lms.courses.models import Course

LEVELS = {
    **{level: level for level in Course.Level.values},
    "novice": "beginner",
    "basic": "beginner",
    "elementary": "beginner",
    "easy": "beginner",
    "medium": "intermediate",
    "expert": "advanced",
    "hard": "advanced",
}
STATUSES = {**{status: status for status in Course.Status.values}, "unpublished": "draft"}
MAX_METADATA = 16 * 1024
# What PostgreSQL's jsonb refuses: NUL, and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@extend_schema_field(OpenApiTypes.STR)
class SynonymField(serializers.ChoiceField):
    """Any case and the known synonyms in, the canonical word out."""

    # DRF's own message repeats the input, which may be text that no answer can carry.
    default_error_messages = {"invalid_choice": "This is not one of the known words."}

    def __init__(self, meanings: Mapping[str, str], **kwargs: Any) -> None:
        self.meanings = meanings
        super().__init__(choices=sorted(set(meanings.values())), **kwargs)

    def to_internal_value(self, data: Any) -> str:
        word = data.strip().lower() if isinstance(data, str) else data
        if word == "" and self.allow_blank:
            return ""
        if not isinstance(word, str) or word not in self.meanings:
            self.fail("invalid_choice")
        return self.meanings[word]


@extend_schema_field(OpenApiTypes.STR)
class ReferenceField(serializers.CharField):
    """An id, a slug or a name; a number is taken as the name it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, **kwargs)


@extend_schema_field(OpenApiTypes.STR)
class CurrencyField(serializers.CharField):
    """An ISO 4217 code in any case."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).upper()
        if not CURRENCY.match(code):
            raise serializers.ValidationError("Use a code of three letters, such as USD.")
        return code


@extend_schema_field(OpenApiTypes.OBJECT)
class MetadataField(serializers.DictField):
    """A JSON object that PostgreSQL can hold, at most 16 KiB."""

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        value: dict[Any, Any] = super().to_internal_value(data)
        text = json.dumps(value, ensure_ascii=False)
        if len(text) > MAX_METADATA:
            raise serializers.ValidationError("At most 16 KiB.")
        if any(_UNSTORABLE.search(part) for part in _strings(value)):
            raise serializers.ValidationError("Null characters and lone surrogates cannot be kept.")
        return value


def _strings(value: Any) -> list[str]:
    """Every text in it, keys too. Not recursive: input may be nested deep."""
    found, left = [], [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            left.extend((*item.keys(), *item.values()))
        elif isinstance(item, list):
            left.extend(item)
    return found
