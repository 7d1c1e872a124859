"""Train the embedding and the translation table: ``python -m knowledge_base.training --data DIR --output DIR``."""

from __future__ import annotations

import argparse
import logging
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from knowledge_base.training.alignment import Alignment, WordSplitter, align_words
from knowledge_base.training.batches import QUESTIONS, BatchMaker
from knowledge_base.training.embedding import Recipe, train_embedding
from knowledge_base.training.encoding import encode_rows, make_compositions
from knowledge_base.training.held_out import export_tasks
from knowledge_base.training.model_folder import write_model
from knowledge_base.training.texts import (
    Texts,
    choose_aligned_rows,
    read_texts,
    sample_for_vocabulary,
    unpack_texts,
)
from knowledge_base.training.translation import Pruning, make_table, write_table
from knowledge_base.training.vocabulary import learn_tokenizer

logger = logging.getLogger("knowledge_base.training")

VOCABULARY_SIZE = 53_500


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m knowledge_base.training", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the training texts: a folder of .tsv files, or of the archive"
    )
    parser.add_argument("--output", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--held-out", type=Path, help="write the held-out benchmark tasks to this folder")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    started = time.monotonic()
    with unpack_texts(arguments.data) as folder:
        texts = read_texts(folder)
    if arguments.held_out:
        export_tasks(texts, arguments.held_out, arguments.seed)
    train(texts, arguments.output, replace(Recipe(), steps=arguments.steps, seed=arguments.seed))
    logger.info("finished in %.0f minutes", (time.monotonic() - started) / 60)


def train(texts: Texts, output: Path, recipe: Recipe) -> None:
    """Tokenizer, embedding, model folder, translation table."""
    headwords = sorted({chinese for chinese, _ in texts.training["cedict_pairs"]})
    sample = sample_for_vocabulary(texts, random.Random(recipe.seed))
    tokenizer = learn_tokenizer(sample, headwords, VOCABULARY_SIZE)
    logger.info("tokenizer: %d pieces", tokenizer.get_vocab_size())
    matrix = _train_matrix(texts, tokenizer, recipe)
    write_model(output, tokenizer, matrix)
    alignment = _align(texts, tokenizer, recipe)
    table = make_table(alignment, tokenizer, matrix, Pruning())
    write_table(output / "translation_table.npz", table)
    logger.info("table: %d stems, %d Chinese words", len(table.into_chinese), len(table.into_english))


def _train_matrix(texts: Texts, tokenizer: Tokenizer, recipe: Recipe) -> np.ndarray:
    encoded = encode_rows(tokenizer, texts.training)
    logger.info("texts: %d, tokens: %d", len(encoded.starts) - 1, len(encoded.tokens))
    questions = [
        [np.array(e.ids, dtype=np.int32) for e in tokenizer.encode_batch(list(words), add_special_tokens=False)]
        for words in QUESTIONS
    ]
    batches = BatchMaker(encoded, questions, recipe.batch_size, recipe.seed)
    return train_embedding(batches, make_compositions(tokenizer), recipe)


def _align(texts: Texts, tokenizer: Tokenizer, recipe: Recipe) -> Alignment:
    rows, counted = choose_aligned_rows(texts, random.Random(recipe.seed))
    return align_words(WordSplitter(tokenizer), rows, counted)


if __name__ == "__main__":
    main()
