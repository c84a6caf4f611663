"""As much of JSON Schema as the schema of a profile uses."""

from __future__ import annotations

__all__ = ["violations"]

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

_SAYS_NOTHING = {"title", "description", "default", "$defs", "$schema"}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def violations(value: Any, schema: dict[str, Any], *, at: str = "") -> list[str]:
    """Return where and how a value is not as a schema has it.

    Raises
    ------
    ValueError
        If the schema has a keyword that is not known here.
    """
    return list(_violations(value, schema, schema, at))


def _violations(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    for keyword, rule in schema.items():
        match keyword:
            case "$ref":
                name = rule.removeprefix("#/$defs/")
                yield from _violations(value, root["$defs"][name], root, at)
            case "anyOf":
                if all(list(_violations(value, each, root, at)) for each in rule):
                    yield f"{at}: {value!r} is none of {len(rule)} alternatives"
            case "type":
                is_one = isinstance(value, _TYPES[rule])
                if not is_one or (isinstance(value, bool) and rule != "boolean"):
                    yield f"{at}: {value!r} is no {rule}"
            case "properties" | "additionalProperties" | "propertyNames" | "required":
                if isinstance(value, dict):
                    yield from _object_violations(value, schema, keyword, root, at)
            case "items":
                for index, item in enumerate(value if isinstance(value, list) else ()):
                    yield from _violations(item, rule, root, f"{at}[{index}]")
            case _:
                if not _is_kept(value, keyword, rule):
                    yield f"{at}: {value!r} is not {keyword} {rule!r}"


def _object_violations(
    value: dict[str, Any], schema: dict[str, Any], keyword: str, root: dict[str, Any], at: str
) -> Iterator[str]:
    rule = schema[keyword]
    match keyword:
        case "required":
            yield from (f"{at}: no {name}" for name in rule if name not in value)
        case "properties":
            for name in rule.keys() & value.keys():
                yield from _violations(value[name], rule[name], root, f"{at}.{name}")
        case "propertyNames":
            for name in value:
                yield from _violations(name, rule, root, f"{at}.{name}")
        case "additionalProperties":
            for name in value.keys() - schema.get("properties", {}).keys():
                if rule is False:
                    yield f"{at}: {name} is not foreseen"
                elif isinstance(rule, dict):
                    yield from _violations(value[name], rule, root, f"{at}.{name}")


def _is_kept(value: Any, keyword: str, rule: Any) -> bool:
    is_number = isinstance(value, int | float)
    match keyword:
        case "const":
            return bool(value == rule)
        case "enum":
            return value in rule
        case "minimum":
            return not is_number or value >= rule
        case "exclusiveMinimum":
            return not is_number or value > rule
        case "minItems":
            return not isinstance(value, list) or len(value) >= rule
        case "pattern":
            return not isinstance(value, str) or re.search(rule, value) is not None
        case "format":
            return rule != "date-time" or datetime.fromisoformat(value).tzinfo is not None
        case _ if keyword in _SAYS_NOTHING:
            return True
    raise ValueError(f"the keyword {keyword} is not known here")
