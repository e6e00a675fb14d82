"""Sound: samples as WAV."""

import wave
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.summary_pb2 import Summary


def audio_proto(samples: npt.NDArray[Any], sample_rate: int) -> Summary.Audio:
    """Mono 16-bit WAV of samples between -1 and 1, clipped; `sample_rate` in Hz.

    The array has one axis longer than 1. A sample of NaN is silence.
    """
    mono = samples.squeeze() if samples.size != 1 else samples.reshape(1)
    if mono.ndim != 1:
        raise ValueError(f"sound has one channel here, [1, length]; this has shape {samples.shape}")
    clipped = np.nan_to_num(mono.astype(np.result_type(mono, np.float32)), nan=0.0).clip(-1, 1)
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(sample_rate)
        wav.writeframes((clipped * np.iinfo(np.int16).max).astype("<i2").tobytes())
    return Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(mono),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
