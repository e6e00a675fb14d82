"""tf.strings: functions of text."""

from opscope.runtime.ops.strings import string_join as join
from opscope.runtime.ops.text import as_string, regex_replace, substr
from opscope.runtime.ops.text import string_length as length
from opscope.runtime.ops.text import string_strip as strip
from opscope.runtime.ops.text import string_to_number as to_number

__all__ = ["as_string", "join", "length", "regex_replace", "strip", "substr", "to_number"]
