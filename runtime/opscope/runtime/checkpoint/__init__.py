"""Checkpoints: TensorFlow's V2 files read and written, its V1 files read."""
