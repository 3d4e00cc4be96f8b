"""Language: an instruction in Chinese or English becomes a typed request."""
