"""The estimator among scikit-learn's tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sklearn.exceptions
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

import qprompt
from conftest import MODEL
from qprompt.sklearn import PromptClassifier


@pytest.fixture(scope="module")
def estimator(model: qprompt.Model) -> PromptClassifier:
    return PromptClassifier(model, epochs=2)


def test_it_learns_what_fit_learns(
    estimator: PromptClassifier, model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    fitted = clone(estimator).fit(paths, labels)
    prompt = qprompt.fit(model, paths, labels, epochs=2)
    assert fitted.prompt_.to_bytes() == prompt.to_bytes()
    assert list(fitted.classes_) == sorted(set(labels))
    assert list(fitted.predict(paths)) == prompt.classifier().predict(paths)
    assert fitted.score(paths, labels) == np.mean(fitted.predict(paths) == np.array(labels))
    assert fitted.predict_proba(paths[:3]).shape == (3, 20)


def test_labels_may_be_numbers(
    estimator: PromptClassifier, paths: list[Path], labels: list[str]
) -> None:
    numbers = np.unique(labels, return_inverse=True)[1] * 10
    fitted = clone(estimator).fit(paths, numbers)
    assert set(fitted.predict(paths)) <= set(numbers)


def test_cloning_shares_the_model_and_keeps_parameters(estimator: PromptClassifier) -> None:
    copy = clone(estimator.set_params(epochs=2, settings={"views": 2}))
    estimator.set_params(settings=None)
    assert copy.model is estimator.model
    assert copy.get_params()["epochs"] == 2 and copy.get_params()["settings"] == {"views": 2}


def test_a_name_of_a_model_is_loaded(paths: list[Path], labels: list[str]) -> None:
    fitted = PromptClassifier(str(MODEL), epochs=1).fit(paths, labels)
    assert fitted.score(paths, labels) > 0.3


def test_cross_validation_over_paths_and_arrays(
    estimator: PromptClassifier, paths: list[Path], labels: list[str]
) -> None:
    scores = cross_val_score(estimator, paths, labels, cv=2)
    assert scores.shape == (2,) and (scores > 0.3).all()
    few = [i for i, label in enumerate(labels) if label in ("white cross", "yellow moon")]
    arrays = np.stack([np.asarray(Image.open(paths[i]).convert("RGB")) for i in few])
    of_arrays = cross_val_score(estimator, arrays, [labels[i] for i in few], cv=2)
    of_paths = cross_val_score(estimator, [paths[i] for i in few], [labels[i] for i in few], cv=2)
    assert np.array_equal(of_arrays, of_paths)


def test_pipelines_and_searches(
    estimator: PromptClassifier, paths: list[Path], labels: list[str]
) -> None:
    opened = FunctionTransformer(lambda images: [Image.open(image) for image in images])
    pipeline: Pipeline = make_pipeline(opened, estimator)
    assert pipeline.fit(paths, labels).score(paths, labels) > 0.3
    search = GridSearchCV(estimator, {"bits": [1, 2]}, cv=2).fit(paths, labels)
    assert search.best_params_["bits"] in (1, 2)


def test_what_is_not_fitted_says_so(estimator: PromptClassifier, paths: list[Path]) -> None:
    for ask in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(sklearn.exceptions.NotFittedError):
            getattr(clone(estimator), ask)(paths)
    with pytest.raises(ValueError, match="expected a qprompt.Model"):
        PromptClassifier().fit(paths, [])


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_mixin_order,
    ],
)
def test_scikit_learns_own_checks(check: object) -> None:
    """Those that do not fit tables of numbers, which pictures are not."""
    assert callable(check)
    check("PromptClassifier", PromptClassifier())
