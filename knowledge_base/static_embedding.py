"""The shipped embedding without torch: pieces, one int8 matrix, and the mean of a text's rows.

Reads the folder that SentenceTransformer reads, and gives the same vectors.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge_base.pieces import PieceCutter

_BATCH_TOKENS = 8_000
_BATCH_TEXTS = 1_024
_SMALLEST_NORM = 1e-12

Vectors = NDArray[np.float32]


class StaticModel:
    """Turns texts into unit vectors. `name` changes with every change of the weights."""

    def __init__(self, name: str, cutter: PieceCutter, rows: NDArray[np.int8], scales: Vectors) -> None:
        self.name = name
        self._cutter = cutter
        self._rows = rows
        self._scales = scales

    @property
    def dimensions(self) -> int:
        """The length of a whole vector; the first 128 numbers are a smaller vector of their own."""
        return int(self._rows.shape[1])

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the numbers of each text's pieces, without the unknown one."""
        return [self._cutter.cut(text) for text in texts]

    def rows_of(self, pieces: NDArray[np.integer[Any]]) -> Vectors:
        """Return the vectors of pieces, one row each."""
        rows: Vectors = self._rows[pieces] * self._scales[pieces, None]
        return rows

    def embed(self, texts: Sequence[str], dimensions: int = 256) -> Vectors:
        """One unit vector a text; a text without a known word gets zeros."""
        vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
        for start in range(0, len(texts), _BATCH_TEXTS):
            self._add_up(vectors[start : start + _BATCH_TEXTS], self.cut(texts[start : start + _BATCH_TEXTS]))
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        vectors /= np.maximum(norms, _SMALLEST_NORM)[:, None]
        return vectors

    def _add_up(self, vectors: Vectors, texts: list[list[int]]) -> None:
        """Write the sum of each text's rows; the mean has the same direction."""
        first = 0
        while first < len(texts):
            last, held = first, 0
            while last < len(texts) and (held == 0 or held + len(texts[last]) <= _BATCH_TOKENS):
                held += len(texts[last])
                last += 1
            lengths = np.fromiter((len(ids) for ids in texts[first:last]), dtype=np.int64, count=last - first)
            ids = np.fromiter((n for text in texts[first:last] for n in text), dtype=np.int64, count=held)
            filled = np.flatnonzero(lengths)
            if len(filled):
                rows = self._rows[ids, : vectors.shape[1]] * self._scales[ids, None]
                starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])[filled]
                vectors[first + filled] = np.add.reduceat(rows, starts, axis=0)
            first = last


def load_static_model(folder: Path) -> StaticModel:
    """Read tokenizer.json and model.safetensors from a folder."""
    tensors = _read_safetensors(folder / "model.safetensors")
    cutter = PieceCutter(folder / "tokenizer.json")
    return StaticModel(
        f"static-{_digest(folder)}", cutter, tensors["embeddings"], tensors["weights"].astype(np.float32)
    )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def _read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map the tensors of a safetensors file: eight bytes of length, a JSON header, then the numbers."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    types = {"I8": np.int8, "F32": np.float32, "F16": np.float16}
    tensors: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            dtype = np.dtype(types[entry["dtype"]])
            flat = np.frombuffer(data, dtype, (end - start) // dtype.itemsize, 8 + size + start)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors
