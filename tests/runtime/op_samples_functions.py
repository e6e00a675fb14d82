"""Samples of what conditions of functions need beside their branches."""

import numpy as np
from op_samples import floats, ints, sample

sample("ToBool", np.float32(0))
sample("ToBool", np.float32(2.5))
sample("ToBool", floats(2, 3))
sample("ToBool", ints())
