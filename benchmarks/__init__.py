"""Our steps against TensorFlow's, and watched steps against plain ones: `make bench`."""
