"""What all classifiers of leads have in common: what they promise scikit-learn and what they ask of the outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target


class BinaryLeadClassifier(ClassifierMixin, BaseEstimator):
    """Two classes, empty values allowed, and no promise to score well on any data that is thrown at it."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True
        tags.input_tags.allow_nan = True
        return tags


def binary_classes(y: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The two classes of y in order, and which rows hold the second. Raises ValueError unless there are exactly two."""
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError("y holds one class only; won and not won leads are needed to learn probabilities")
    return classes, np.asarray(y == classes[1])
