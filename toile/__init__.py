"""toile: from a sentence to a dressed, moving avatar, in real centimetres."""

__version__ = "0.1.0"
