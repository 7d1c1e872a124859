"""Claims: what a sentence states that can be checked, and whether the passages it cites state it too."""
