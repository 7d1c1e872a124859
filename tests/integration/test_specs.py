"""Every request of a long chat, held against the platforms' published specifications where they lie beside the project."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from channels_house import copy_of, open_house, open_platforms
from jsonschema import Draft202012Validator
from simulators.line import make_user

CITIZEN, CHAT = make_user(3), 7003
LINE_SPEC = Path("../shared/specs/line/messaging-api.yml")
LINE_LIMITS = Path("../shared/specs/line/limits.yml")
TELEGRAM_SPEC = Path("../shared/specs/telegram/api.json")

LINE_STEPS = (
    "你好", "旗津渡輪票價多少？", "How much is the Cijin ferry?", "高雄捷運黃線哪一天通車？", "租金補助", "主題", "新創方案", "/subscribe",
    "找真人", "我的資料", "忘記我",
)  # fmt: skip
PRESSES = ("t+transport", "n:daily", "q:on", "o:transport", "c:language", "l:en", "c:help")


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


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC)) as opened,
    ):
        yield opened


@pytest.mark.skipif(not LINE_SPEC.is_file(), reason="LINE's specification is not beside the project")
async def test_every_request_to_line_fits_lines_own_specification(house):
    line = house.line
    await house.channels["line"].set_up()
    await line.follow(CITIZEN)
    for text in LINE_STEPS:
        await line.say(CITIZEN, text)
    for data in PRESSES:
        await line.press(CITIZEN, data)
    await line.wait_for(CITIZEN, 20)
    pushed = line.make_text(CITIZEN, "How much is the Cijin ferry?")
    line.expire_tokens()
    await line.deliver([pushed])
    await line.wait_for(CITIZEN, len(line.seen(CITIZEN)) + 1)
    schemas = read_line_schemas()
    names = {
        "/v2/bot/message/reply": "ReplyMessageRequest",
        "/v2/bot/message/push": "PushMessageRequest",
        "/v2/bot/richmenu": "RichMenuRequest",
        "/v2/bot/richmenu/alias": "CreateRichMenuAliasRequest",
        "/v2/bot/chat/loading/start": "ShowLoadingAnimationRequest",
    }
    judged = [(names[call.path], call.body) for call in line.calls if call.method == "POST" and call.path in names]
    assert {name for name, _ in judged} >= {"ReplyMessageRequest", "PushMessageRequest", "RichMenuRequest"}
    assert [fault for name, body in judged for fault in faults_of(schemas, name, body, name)] == []
    assert list(faults_of(schemas, "ReplyMessageRequest", {"replyToken": "x", "messages": [{"type": "text"}]}))


@pytest.mark.skipif(not TELEGRAM_SPEC.is_file(), reason="Telegram's specification is not beside the project")
async def test_every_call_of_telegram_has_the_parameters_it_documents(house):
    telegram = house.telegram
    await house.channels["telegram"].set_up()
    for count, text in enumerate(("/start", "旗津渡輪票價多少？", "高雄捷運黃線哪一天通車？", "/topics"), start=1):
        await telegram.say(CHAT, text)
        await telegram.wait_for(CHAT, count)
    methods = read_telegram_methods()
    assert len({method for method, _, _ in telegram.calls}) > 6
    for method, parameters, _ in telegram.calls:
        fields = {field["name"]: field["required"] for field in methods[method].get("fields", [])}
        assert parameters.keys() <= fields.keys(), method
        assert {name for name, required in fields.items() if required} <= parameters.keys(), method
