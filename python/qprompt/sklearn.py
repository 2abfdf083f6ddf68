"""Prompts as scikit-learn's estimators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np

from qprompt._images import Images, listed
from qprompt._optional import needed
from qprompt.learning import fit
from qprompt._paths import PathLike
from qprompt.model import Model, load

needed("sklearn", "sklearn", "qprompt.sklearn")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

if TYPE_CHECKING:
    import numpy.typing as npt


class PromptClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of images that learns a prompt: `qprompt.fit` with scikit-learn's manners.

    It works with `clone`, in pipelines, in `cross_val_score` and `GridSearchCV`.

    Parameters
    ----------
    model
        A `qprompt.Model`, shared by all clones; or what `qprompt.load` takes.
    method, bits, preset, shots, epochs, lr, seed, validation_share
        As `qprompt.fit` has them; None: what is recommended. `shots` 0 takes all images.
    settings
        Further settings of `qprompt.fit` by name.
    progress
        Whether bars are shown.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted: the columns of `predict_proba`.
    prompt_ : qprompt.Prompt
        What was learned; `prompt_.save` keeps it.
    classifier_ : qprompt.Classifier
        That at work.
    """

    def __init__(
        self,
        model: Union[Model, PathLike, None] = None,
        *,
        method: Optional[str] = None,
        bits: Union[int, str, None] = None,
        preset: Optional[str] = None,
        shots: Optional[int] = None,
        epochs: Optional[int] = None,
        lr: Optional[float] = None,
        seed: int = 1,
        validation_share: float = 0.2,
        settings: Optional[dict[str, Any]] = None,
        progress: Optional[bool] = False,
    ) -> None:
        self.model = model
        self.method = method
        self.bits = bits
        self.preset = preset
        self.shots = shots
        self.epochs = epochs
        self.lr = lr
        self.seed = seed
        self.validation_share = validation_share
        self.settings = settings
        self.progress = progress

    def fit(self, X: Images, y: Iterable[Any]) -> PromptClassifier:
        """Learn from images (whatever `qprompt.Model.encode_image` takes) and their labels.

        Labels that are no texts are read to the text tower as `str` writes them.
        """
        if self.model is None:
            raise ValueError("PromptClassifier: no model, expected a qprompt.Model or its name")
        images, labels = listed(X), np.asarray(list(y))
        self.classes_, positions = np.unique(labels, return_inverse=True)
        model = self.model if isinstance(self.model, Model) else load(self.model)
        self.prompt_ = fit(
            model,
            images,
            positions,
            class_names=[str(name) for name in self.classes_],
            method=self.method,
            bits=self.bits,
            preset=self.preset,
            seed=self.seed,
            validation_share=self.validation_share,
            progress=self.progress,
            **{"shots": self.shots, "epochs": self.epochs, "lr": self.lr, **(self.settings or {})},
        )
        self.classifier_ = self.prompt_.classifier()
        return self

    def predict(self, X: Images) -> npt.NDArray[Any]:
        """The label of each image."""
        best = self.decision_function(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Images) -> npt.NDArray[np.float64]:
        """Probabilities [images, classes], in the order of `classes_`."""
        check_is_fitted(self)
        return self.classifier_.predict_proba(X, progress=self.progress)

    def decision_function(self, X: Images) -> npt.NDArray[np.float32]:
        """Logits [images, classes]."""
        check_is_fitted(self)
        return self.classifier_.decision_function(X, progress=self.progress)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        return tags
