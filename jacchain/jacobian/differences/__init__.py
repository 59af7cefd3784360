"""Derivatives from values alone: fixed schemes, and the adaptive engine whose every number has an error bar."""
