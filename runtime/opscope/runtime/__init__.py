"""TensorFlow 1's graph language on NumPy and CuPy."""
