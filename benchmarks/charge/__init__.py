"""Comparison of the charged and the real cost of edits, by a search for the most expensive ones."""
