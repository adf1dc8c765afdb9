"""Training: votes in, neighbours of each video out. numpy lives here alone, in a process of its own.

The process ends after each training, so its memory is given back, and neither the worker nor the API ever
load numpy for it.
"""

from .models import Factors, ModelKind, Trained, TrainingSet
from .process import TrainingFailed, train_apart

__all__ = ["Factors", "ModelKind", "Trained", "TrainingFailed", "TrainingSet", "train_apart"]
