"""Another embedding model or a reranker is a setting; switching indexes anew, and a wrong name is told in a line."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from app.settings import Settings
from app.wiring import open_askbay
from knowledge_base import ingest
from knowledge_base.embedding import SHIPPED_MODEL, SentenceTransformerEmbeddings, StaticEmbeddings
from knowledge_base.reranker import CrossEncoderReranker
from knowledge_base.search import find_passages
from tests.integration.test_ingest import DOCUMENT, TODAY, HashedEmbeddings, take_in, texts

BUS = replace(DOCUMENT, id="bus", language="en", title="Bus fares", text="A bus ride costs NT$12 for adults.")
LIBRARY = replace(DOCUMENT, id="books", language="en", title="Library hours", text="The library is closed on Mondays.")
QUESTION = "大人搭公共汽車要付多少"

pytestmark = pytest.mark.filterwarnings("default")


def make_settings(tmp_path, city, **options):
    return Settings(data=tmp_path / "var", city=str(city), _env_file=None, **options)


async def test_a_question_finds_a_document_in_the_other_language_by_the_shipped_model_or_a_named_one(
    tmp_path, empty_city, now
):
    names = set()
    for model in ("shipped", str(SHIPPED_MODEL), ""):
        async with open_askbay(make_settings(tmp_path, empty_city, embedding_model=model), now) as house:
            await house.bring_up_to_date()
            await take_in(house, house.library, BUS, LIBRARY)
            assert house.library.lexical.passage_count == 2
            assert texts(house.library, QUESTION)[0] == BUS.text
            names.add(house.library.embeddings.name)
    assert len(names) == 2


async def test_a_switch_cut_off_in_the_middle_never_mixes_two_models_and_is_finished_at_the_next_start(
    tmp_path, empty_city, now, monkeypatch
):
    shipped = make_settings(tmp_path, empty_city)
    async with open_askbay(shipped, now) as house:
        await house.bring_up_to_date()
        await take_in(house, house.library, BUS, DOCUMENT)
    monkeypatch.setattr("app.wiring.load_embeddings", lambda _: HashedEmbeddings())
    monkeypatch.setattr(ingest, "BATCH_DOCUMENTS", 1)
    index = ingest._index

    def index_one_and_crash(library, tasks):
        if library.lexical.passage_count:
            raise KeyboardInterrupt
        index(library, tasks)

    monkeypatch.setattr(ingest, "_index", index_one_and_crash)
    with pytest.raises(KeyboardInterrupt):
        async with open_askbay(shipped, now) as house:
            await house.bring_up_to_date()
    passages, vectors, _ = house.library.lexical.read_vectors()
    assert (len(passages), vectors.shape[1]) == (1, HashedEmbeddings.dimensions)
    monkeypatch.setattr(ingest, "_index", index)
    async with open_askbay(shipped, now) as house:
        await house.bring_up_to_date()
        passages, vectors, _ = house.library.lexical.read_vectors()
        assert (len(passages), vectors.shape[1]) == (2, HashedEmbeddings.dimensions)


def test_an_e5_model_gets_its_prompts_and_others_none(tmp_path):
    for name, prompts in (("tiny-e5-small", ("query: ", "passage: ")), ("tiny", ("", ""))):
        shutil.copytree(SHIPPED_MODEL, tmp_path / name)
        embeddings = SentenceTransformerEmbeddings(str(tmp_path / name))
        plain = StaticEmbeddings()
        assert np.allclose(embeddings.embed_query("bus"), plain.embed_query(f"{prompts[0]}bus"), atol=1e-2)
        assert np.allclose(embeddings.embed_passages(["bus"])[0], plain.embed_query(f"{prompts[1]}bus"), atol=1e-2)


def test_a_model_that_was_trained_anew_in_its_folder_is_another_model(tmp_path):
    shutil.copytree(SHIPPED_MODEL, tmp_path / "model")
    before = SentenceTransformerEmbeddings(str(tmp_path / "model")).name
    weights = tmp_path / "model" / "model.safetensors"
    os.utime(weights, ns=(1, 1))
    assert SentenceTransformerEmbeddings(str(tmp_path / "model")).name != before


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory):
    """A tiny cross-encoder of random weights, in a folder as the library saves one."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, set_seed

    folder = tmp_path_factory.mktemp("cross-encoder")
    characters = sorted({*DOCUMENT.text, *DOCUMENT.title, *"公車票價12元請問多少"})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    set_seed(3)
    config = BertConfig(
        vocab_size=len(characters) + 5, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, num_labels=1, max_position_embeddings=64, initializer_range=2.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


async def test_a_cross_encoder_has_the_last_word_on_the_order(tmp_path, empty_city, now, cross_encoder):
    prices = [replace(DOCUMENT, id=f"d{n}", title=f"公車{n}", text=f"公車票價{n}元。" * (n + 1)) for n in range(1, 6)]
    settings = make_settings(tmp_path, empty_city, reranker=str(cross_encoder))
    async with open_askbay(settings, now) as house:
        await house.bring_up_to_date()
        await take_in(house, house.library, *prices)
        found = find_passages(house.library, "公車票價多少", language="zh-TW", today=TODAY)
    texts = [f"{item.passage.title}\n{item.passage.text}" for item in found]
    ratings = CrossEncoderReranker(str(cross_encoder)).rate("公車票價多少", texts)
    assert len(set(ratings)) > 2
    assert ratings == sorted(ratings, reverse=True)


@pytest.mark.parametrize(
    ("variable", "name"), [("ASKBAY_EMBEDDING_MODEL", "nobody/nothing"), ("ASKBAY_RERANKER", "./no/such/folder")]
)
def test_a_model_that_cannot_be_had_is_told_in_one_line(tmp_path, variable, name):
    environment = {
        **os.environ, variable: name, "ASKBAY_DATA": str(tmp_path / "var"), "ASKBAY_LANGUAGE": "en",
        "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "cache"),
    }  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-m", "app.cli", "ask", "hello"], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert name in result.stderr
    assert "network" in result.stderr
