"""Export: files that other programs read, with a certificate of what was measured."""
