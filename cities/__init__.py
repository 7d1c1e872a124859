"""One folder a city, all data: who it is, what it said, what its names are. A second city needs no change of code."""

from pathlib import Path

CITIES = Path(__file__).parent
