"""What is kept of the uses of a language model, on both databases."""

from datetime import UTC, datetime

from storage.model_uses import ModelUse, find_dropped, save_model_uses, sum_model_uses

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DROPPED = [{"sentence": "票價90元。", "problems": [["money", "90元"]], "instead": ""}]


async def test_uses_are_summed_and_what_was_dropped_is_found(database):
    uses = [
        ModelUse("compose", "m", "compose_answer@1", "used", NOW, 100, 20, 0.5, 12.0, DROPPED),
        ModelUse("compose", "m", "compose_answer@1", "used", NOW, 50, 10, 0.25, 12.0),
        ModelUse("rewrite", "m", "rewrite_question@1", "timeout", NOW),
    ]
    async with database.begin() as connection:
        await save_model_uses(connection, "q1", uses)
        used, timeout = await sum_model_uses(connection, NOW)
        assert (used.uses, used.input_tokens, used.output_tokens, used.cost) == (2, 150, 30, 0.75)
        assert (timeout.outcome, timeout.uses) == ("timeout", 1)
        (found,) = await find_dropped(connection, limit=5)
    assert found.dropped == DROPPED
    assert found.question_id == "q1"
