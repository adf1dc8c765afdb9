"""Reading weights in the format safetensors: a length, a header in JSON, and the numbers behind it."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]


def parse_safetensors(content: bytes) -> Weights:
    """Return all tensors by name, as 32-bit floats; those of whole numbers are left out."""
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = msgspec.json.decode(content[8 : 8 + length])
    begin = 8 + length
    weights: Weights = {}
    for name, tensor in header.items():
        if tensor.get("dtype") in {"F32", "F16"}:
            kind = np.float32 if tensor["dtype"] == "F32" else np.float16
            first, last = tensor["data_offsets"]
            flat = np.frombuffer(content[begin + first : begin + last], kind)
            weights[name] = flat.reshape(tensor["shape"]).astype(np.float32)
    return weights
