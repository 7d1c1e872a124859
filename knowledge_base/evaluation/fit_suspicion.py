"""Fits knowledge_base/suspicion.npz: which sentences of a document sound like orders to the assistant.

    .venv/bin/python -m knowledge_base.evaluation.fit_suspicion tests/attacks/attacks.jsonl tests/attacks/more.jsonl \
        --honest tests/paraphrases/zh-TW.jsonl tests/paraphrases/en.jsonl --unseen tests/attacks/unseen.jsonl

Orders are the attacks' texts, honest are the sentences of a city's documents and the honest paraphrases of them. The
threshold is set on a third of the documents that the fit does not see; then all is fitted together.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from knowledge_base.chunking import chunk_document
from knowledge_base.instructions import is_instruction
from knowledge_base.readers import read_file
from knowledge_base.suspicion import BUCKETS, WEIGHTS, SuspicionModel, read_features

# Questions that only ask for an opinion give no orders; encoded ones have no words to learn.
LEFT_OUT = frozenset({"politics", "legal_advice", "medical_advice", "other_people", "encoded", "hidden_unicode"})
# So many of a thousand honest sentences may be suspected.
FALSE_SHARE = 0.004
HELD_OUT = 3


def main() -> None:
    """Fit, print the figures, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", type=Path, nargs="+")
    parser.add_argument("--honest", type=Path, nargs="+", required=True)
    parser.add_argument("--unseen", type=Path, required=True)
    parser.add_argument("--documents", type=Path, default=Path("cities/kaohsiung/documents"))
    given = parser.parse_args()
    orders = [entry["text"] for path in given.attacks for entry in _read(path) if entry["kind"] not in LEFT_OUT]
    honest = _read_sentences(given.documents)
    honest += [(entry["document"], entry["text"]) for path in given.honest for entry in _read(path)]
    seen = [text for document, text in honest if zlib.crc32(document.encode()) % HELD_OUT]
    kept_back = [text for document, text in honest if not zlib.crc32(document.encode()) % HELD_OUT]
    trial = _fit(orders, seen)
    threshold = float(np.quantile([trial.rate(text) for text in kept_back], 1 - FALSE_SHARE))
    unseen = [entry for entry in _read(given.unseen) if entry["kind"] not in LEFT_OUT]
    by_patterns = sum(is_instruction(entry["text"], in_document=True) for entry in unseen)
    by_either = sum(
        is_instruction(entry["text"], in_document=True) or trial.rate(entry["text"]) > threshold for entry in unseen
    )
    print(f"honest sentences suspected, of those kept back: {FALSE_SHARE:.1%} of {len(kept_back)}")
    print(f"unseen orders found: {by_patterns} of {len(unseen)} by patterns, {by_either} with the model")
    final = _fit(orders, [text for _, text in honest])
    np.savez_compressed(WEIGHTS, weights=final.weights.astype(np.float16), threshold=np.float32(threshold))


def _fit(orders: list[str], honest: list[str]) -> SuspicionModel:
    texts = [*orders, *honest]
    labels = [1] * len(orders) + [0] * len(honest)
    fitted = LogisticRegression(C=10, max_iter=3_000, class_weight="balanced", fit_intercept=False)
    fitted.fit(_vectors(texts), labels)
    weights: NDArray[np.float32] = fitted.coef_[0].astype(np.float32)
    return SuspicionModel(weights, 0.0)


def _vectors(texts: list[str]) -> csr_matrix:
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        for bucket, value in read_features(text).items():
            rows.append(row)
            columns.append(bucket)
            values.append(value)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))


def _read_sentences(folder: Path) -> list[tuple[str, str]]:
    documents = [document for path in sorted(folder.rglob("*.md")) for document in read_file(path)]
    return [
        (document.id, line)
        for document in documents
        for passage in chunk_document(document)
        for line in passage.text.splitlines()
    ]


def _read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
