import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path, kaohsiung_data):
    def run_askbay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ,
            "ASKBAY_DATA": str(kaohsiung_data),
            "ASKBAY_LANGUAGE": "en",
            "COLUMNS": "200",
            **environment,
        }
        command = [sys.executable, "-m", "app.cli", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=env, check=False, encoding="utf-8"
        )

    return run_askbay


def test_ask_shows_the_answer_with_its_source(run):
    done = run("ask", "How much is the Cijin ferry?")
    assert done.returncode == 0, done.stderr
    assert "NT$40" in done.stdout
    assert "https://" in done.stdout


def test_ask_as_json_has_the_form_of_the_api(run):
    answer = json.loads(run("ask", "旗津渡輪票價多少？", "--json").stdout)
    assert answer["status"] == "answered"
    assert answer["citations"][0]["url"].startswith("https://")


def test_search_tells_why_a_passage_ranked(run):
    done = run("search", "旗津渡輪票價", "--limit", "2")
    assert "bm25" in done.stdout
    assert "svc-027@zh-TW" in done.stdout


def test_doctor_says_what_is_there_and_what_is_off(run):
    done = run("doctor", ASKBAY_PORT="0")
    assert done.returncode == 0, done.stdout
    assert "226 documents" in done.stdout


def test_ingest_takes_the_good_files_and_gives_each_bad_one_a_line(run, tmp_path):
    good = tmp_path / "good.md"
    good.write_text("# 新公告\n\n明天休息。", encoding="utf-8")
    empty = tmp_path / "empty.md"
    empty.touch()
    done = run("ingest", str(empty), str(good), ASKBAY_DATA=str(tmp_path / "var"))
    assert done.returncode == 1
    assert "good.md: 1 taken in (1 new" in done.stderr
    assert "empty.md: the file is empty" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_prints_one_json_object_last(run, tmp_path):
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        '{"id": "1", "lang": "en", "question": "How much is the Cijin ferry?", "must_mention": [["NT$40", "40元"]], "kind": "amount"}\n'
        '{"id": "2", "lang": "zh-TW", "question": "今天股票漲還是跌？", "must_mention": [], "kind": "off-topic"}\n',
        encoding="utf-8",
    )
    summary = json.loads(run("evaluate", "--questions", str(questions), "--json").stdout.splitlines()[-1])
    assert summary["questions"] == 2
    assert summary["accuracy"] == 1.0
    assert summary["wrongly_answered_share"] == 0.0
    assert summary["failures"] == []


def test_a_wrong_setting_city_database_or_question_file_gets_one_line(run, tmp_path):
    for done in (
        run("ask", "x", ASKBAY_PORT="many"),
        run("ask", "x", ASKBAY_CITY="atlantis"),
        run("doctor", ASKBAY_DATA="/dev/null/x"),
        run("ask", "x", ASKBAY_DATABASE="postgresql+asyncpg://nobody:secret@127.0.0.1:1/none"),
        run("evaluate", "--questions", str(tmp_path / "none.jsonl")),
    ):
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "secret" not in done.stderr


def test_asking_imports_neither_torch_nor_a_vendors_bot_library(kaohsiung_data):
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom app.cli import app\n"
        "result = CliRunner().invoke(app, ['ask', '旗津渡輪票價多少？', '--json'])\n"
        "assert result.exit_code == 0, result.output\n"
        "print([m for m in ('torch', 'sentence_transformers', 'linebot', 'telegram', 'langchain') if m in sys.modules])\n"
    )
    env = {**os.environ, "ASKBAY_DATA": str(kaohsiung_data)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_port_that_is_taken_is_named_with_what_to_do(run, address):
    port = address.rsplit(":", 1)[1]
    done = run("serve", "--port", port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "--port" in done.stderr


def test_no_module_reads_outside_the_project():
    for folder in ("app", "bot", "cities", "knowledge_base", "prompts", "scheduler", "storage"):
        for path in Path(folder).rglob("*.py"):
            assert "../shared" not in path.read_text(encoding="utf-8"), path


def test_evaluate_compares_two_configurations(run, tmp_path):
    questions = tmp_path / "q.jsonl"
    lines = [
        {
            "id": "1",
            "lang": "zh-TW",
            "question": "旗津渡輪大人票價多少？",
            "kind": "amount",
            "must_mention": ["40"],
            "answer_fact_ids": ["svc-036"],
        },
        {"id": "2", "lang": "en", "question": "Who won the 1998 world cup?", "kind": "off-topic"},
    ]
    questions.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    done = run("evaluate", "--questions", str(questions), "--compare", "language_model=", "--json")
    found = json.loads(done.stdout.splitlines()[-1])
    for figures in (found, found["compared"], found["by_language"]["zh-TW"], found["compared"]["by_language"]["zh-TW"]):
        assert figures["faithfulness"] == 1.0
        assert {"citation_precision", "citation_recall", "abstention_recall", "written_share"} <= figures.keys()
    assert found["abstention_recall"] == 1.0
    table = run("evaluate", "--questions", str(questions), "--compare", "ASKBAY_LANGUAGE_MODEL=")
    assert "Difference" in table.stdout


def test_a_second_configuration_that_is_no_setting_is_told_in_a_line(run):
    done = run("evaluate", "--questions", "cities/kaohsiung/questions.jsonl", "--compare", "colour=blue")
    assert done.returncode == 2
    assert "cannot be read: colour" in done.stderr


def test_what_the_model_cost_is_told_also_where_there_is_none(run):
    assert "has not been used" in run("model", "usage").stdout
    assert json.loads(run("model", "usage", "--json").stdout) == []
    assert "Nothing was held back" in run("model", "dropped").stdout


def test_a_model_that_cannot_be_used_is_told_with_what_to_do(run):
    done = run("ask", "旗津渡輪？", ASKBAY_LANGUAGE_MODEL="openai:gpt-x", OPENAI_API_KEY="")
    assert done.returncode == 2
    assert "ASKBAY_LANGUAGE_MODEL" in done.stderr
    done = run("ask", "旗津渡輪？", ASKBAY_LANGUAGE_MODEL="nobody:model")
    assert done.returncode == 2


def test_a_setting_that_is_no_json_is_told_in_a_line(run):
    done = run("ask", "旗津渡輪？", ASKBAY_LANGUAGE_MODEL_PRICES="cheap")
    assert done.returncode == 2
    assert "language_model_prices" in done.stderr
    assert "Traceback" not in done.stderr
