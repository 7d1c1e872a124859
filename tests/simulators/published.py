"""The platforms' published specifications, where they lie beside the project: every request can be held against them."""

import json
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

LINE_SPEC = Path("../shared/specs/line/messaging-api.yml")
LINE_LIMITS = Path("../shared/specs/line/limits.yml")
TELEGRAM_SPEC = Path("../shared/specs/telegram/api.json")
LINE_REQUESTS = {
    "/v2/bot/message/reply": "ReplyMessageRequest",
    "/v2/bot/message/push": "PushMessageRequest",
    "/v2/bot/message/multicast": "MulticastRequest",
    "/v2/bot/richmenu": "RichMenuRequest",
    "/v2/bot/richmenu/alias": "CreateRichMenuAliasRequest",
    "/v2/bot/chat/loading/start": "ShowLoadingAnimationRequest",
}


def judge_line(calls):
    """Return what is wrong with the requests by LINE's OpenAPI; nothing where it is not beside the project."""
    if not LINE_SPEC.is_file():
        return []
    judged = [
        (LINE_REQUESTS[call.path], call.body) for call in calls if call.method == "POST" and call.path in LINE_REQUESTS
    ]
    return [fault for name, body in judged for fault in faults_of(read_line_schemas(), name, body, name)]


def judge_telegram(calls):
    """Return what is wrong with the names of the parameters by Telegram's API."""
    if not TELEGRAM_SPEC.is_file():
        return []
    faults = []
    for method, parameters, _ in calls:
        fields = {field["name"]: field["required"] for field in read_telegram_methods()[method].get("fields", [])}
        faults += [f"{method}: {name} is no parameter" for name in parameters.keys() - fields.keys()]
        faults += [
            f"{method}: {name} is missing" for name, needed in fields.items() if needed and name not in parameters
        ]
    return faults


@cache
def read_line_schemas():
    """Return the components of LINE's OpenAPI as JSON Schema, with the limits that stand in LINE's prose put in."""
    schemas = yaml.safe_load(LINE_SPEC.read_text(encoding="utf-8"))["components"]["schemas"]
    for limit in yaml.safe_load(LINE_LIMITS.read_text(encoding="utf-8")):
        schema = schemas.get(limit["schema"])
        if schema is None or limit.get("count") == "grapheme":
            continue
        holder = next((part for part in [*schema.get("allOf", []), schema] if "properties" in part), schema)
        if "property" in limit:
            holder.setdefault("properties", {}).setdefault(limit["property"], {}).update(limit["rules"])
        else:
            holder.setdefault("required", []).extend(limit["rules"].get("required", []))
    return _pick_by_discriminator(schemas)


def _pick_by_discriminator(schemas):
    """OpenAPI's discriminator as plain JSON Schema: an object of type X also fits the schema that X maps to."""
    for schema in schemas.values():
        discriminator = schema.get("discriminator")
        if not discriminator:
            continue
        schema.setdefault("required", []).append(discriminator["propertyName"])
        schema["properties"][discriminator["propertyName"]] = {"enum": list(discriminator["mapping"])}
        schema["x-kinds"] = {kind: reference.rsplit("/", 1)[-1] for kind, reference in discriminator["mapping"].items()}
    return schemas


@cache
def read_telegram_methods():
    return json.loads(TELEGRAM_SPEC.read_text(encoding="utf-8"))["methods"]


def faults_of(schemas, name, value, where=""):
    """Yield what is wrong with a value by a schema and, for each part of it, by the schema of its kind."""
    schema = schemas[name]
    if kinds := schema.get("x-kinds"):
        kind = value.get(schema["discriminator"]["propertyName"]) if isinstance(value, dict) else None
        if kind not in kinds:
            yield f"{where}: no {name} of type {kind!r}"
            return
        yield from faults_of(schemas, kinds[kind], value, f"{where}<{kind}>")
        return
    properties, required, bases = {}, set(), [schema]
    while bases:
        base = bases.pop()
        bases += [
            schemas[part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part for part in base.get("allOf", [])
        ]
        properties |= {key: rule for key, rule in base.get("properties", {}).items() if key not in properties}
        required |= set(base.get("required", []))
    for missing in required - value.keys():
        yield f"{where}.{missing} is missing"
    for key, given in value.items():
        if key not in properties:
            yield f"{where}.{key} is no property of {name}"
            continue
        yield from _faults_of_property(schemas, properties[key], given, f"{where}.{key}")


def _faults_of_property(schemas, rule, given, where):
    if "$ref" in rule:
        target = rule["$ref"].rsplit("/", 1)[-1]
        if schemas[target].get("type") == "object" or "allOf" in schemas[target] or "x-kinds" in schemas[target]:
            yield from faults_of(schemas, target, given, where)
            return
        rule = schemas[target]
    if rule.get("type") == "array":
        own = {key: value for key, value in rule.items() if key != "items"}
        yield from (f"{where}: {error.message}" for error in Draft202012Validator(own).iter_errors(given))
        for place, item in enumerate(given):
            yield from _faults_of_property(schemas, rule["items"], item, f"{where}[{place}]")
        return
    plain = {key: value for key, value in rule.items() if key not in ("nullable", "example", "format")}
    yield from (f"{where}: {error.message}" for error in Draft202012Validator(plain).iter_errors(given))
