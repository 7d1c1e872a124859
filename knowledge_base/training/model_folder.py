"""The model folder: what SentenceTransformer and the torch-free run time both read.

The weights are int8 with one scale a row, under the names of model2vec ("embeddings" and "weights"), which the plain
StaticEmbedding module of sentence-transformers multiplies out when it loads.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

_MODULES = [
    {
        "idx": 0, "name": "0", "path": "",
        "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
    },
    {
        "idx": 1, "name": "1", "path": "1_Normalize",
        "type": "sentence_transformers.base.modules.normalize.Normalize",
    },
]  # fmt: skip
_SETTINGS = {
    "model_type": "SentenceTransformer",
    "prompts": {"query": "", "document": ""},
    "default_prompt_name": None,
    "similarity_fn_name": "cosine",
}
_NORMALIZE = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}


def quantise(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Each row as int8 and its scale."""
    scales = np.abs(matrix).max(axis=1) / 127.0
    rows = np.rint(matrix / np.maximum(scales, 1e-12)[:, None])
    return rows.astype(np.int8), scales.astype(np.float32)


def write_model(folder: Path, tokenizer: Tokenizer, matrix: NDArray[np.float32]) -> None:
    """Write tokenizer, weights and module list."""
    (folder / "1_Normalize").mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    matrix = matrix.copy()
    matrix[0] = 0.0  # the unknown piece says nothing
    rows, scales = quantise(matrix)
    save_file({"embeddings": rows, "weights": scales}, str(folder / "model.safetensors"))
    _write_json(folder / "modules.json", _MODULES)
    _write_json(folder / "config_sentence_transformers.json", _SETTINGS)
    _write_json(folder / "1_Normalize" / "config.json", _NORMALIZE)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
