"""Training of the shipped bilingual embedding and translation table.

One entry: ``python -m knowledge_base.training --data DIR --output DIR``.
"""
