"""tf.random: random numbers, and the seeds they follow from."""

from opscope.runtime.ops.candidate_sampling import (
    all_candidate_sampler,
    fixed_unigram_candidate_sampler,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)
from opscope.runtime.ops.random import get_seed, truncated_normal
from opscope.runtime.ops.random import random_normal as normal
from opscope.runtime.ops.random import random_shuffle as shuffle
from opscope.runtime.ops.random import random_uniform as uniform
from opscope.runtime.ops.sampling import categorical, multinomial
from opscope.runtime.ops.sampling import random_gamma as gamma
from opscope.runtime.ops.sampling import random_poisson as poisson
from opscope.runtime.ops.stateless_random import stateless_random_normal as stateless_normal
from opscope.runtime.ops.stateless_random import stateless_random_uniform as stateless_uniform
from opscope.runtime.ops.stateless_random import stateless_truncated_normal
from opscope.runtime.scopes import set_random_seed

__all__ = [
    "all_candidate_sampler",
    "categorical",
    "fixed_unigram_candidate_sampler",
    "gamma",
    "get_seed",
    "learned_unigram_candidate_sampler",
    "log_uniform_candidate_sampler",
    "multinomial",
    "normal",
    "poisson",
    "set_random_seed",
    "shuffle",
    "stateless_normal",
    "stateless_truncated_normal",
    "stateless_uniform",
    "truncated_normal",
    "uniform",
    "uniform_candidate_sampler",
]
