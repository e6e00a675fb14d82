"""One way in which opscope does not do what TensorFlow does with variants of samples."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """op_type, variant, message: regular expressions that must match from the start."""

    op_type: str
    variant: str
    message: str
    reason: str

    def covers(self, op_type: str, variant: str, message: str) -> bool:
        return bool(
            re.fullmatch(self.op_type, op_type)
            and re.match(self.variant, variant)
            and re.match(self.message, message)
        )


NAN = r".* \[special values of b?float"
