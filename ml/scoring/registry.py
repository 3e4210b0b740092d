"""Where learned models are kept: `<folder>/<model_version>/{model.skops,card.json}`; `worth.skops` too where the label is expected revenue.

Never pickle: reading a pickle runs whatever is in it. skops reads only the types listed here. A version is written
beside its place and renamed, so a reader never sees half of one; a version that exists is left as it is.

skops is imported by what stores or reads a model: it imports all of scikit-learn, which takes as long as what a process that only
learns imports besides.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from ml.scoring.choice import Chosen
from ml.scoring.worth import Worth

TRUSTED_TYPES: tuple[str, ...] = (
    "functools.partial",
    "ml.scoring.learners.BoostedTrees",
    "ml.scoring.learners.LogisticScorecard",
    "ml.scoring.learners.StagedScorecard",
    "ml.scoring.model.signed_log",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""Types beyond those that skops itself trusts: our learners and what scikit-learn keeps inside its own."""

CHAMPION = "champion.jsonl"
"""Append-only: one line a decision; the last one says which model is the champion."""


class FeaturesChangedError(ValueError):
    """A stored model was asked to score leads with other features than it learned from; the message names them."""


def assert_same_features(card: dict[str, Any], present: list[dict[str, Any]]) -> None:
    """Raise FeaturesChangedError unless every feature of the model's card is present and still means the same.

    present: name and description of each feature, as in the card. Features that came later do not matter to it.
    """
    meanings = {feature["name"]: feature["description"] for feature in present}
    gone = [feature["name"] for feature in card["features"] if feature["name"] not in meanings]
    changed = [
        feature["name"]
        for feature in card["features"]
        if feature["name"] in meanings and meanings[feature["name"]] != feature["description"]
    ]
    if gone or changed:
        raise FeaturesChangedError(
            f"model {card['model_version']} cannot score these leads: its features changed (gone: "
            f"{', '.join(gone) or 'none'}; of another meaning: {', '.join(changed) or 'none'}); promote a model of the "
            "present features"
        )


def decisions(root: Path) -> list[dict[str, str]]:
    """Every decision about the champion, oldest first: model_version, by (`verdict`, `hand`, `rollback`), reason."""
    path = root / CHAMPION
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def stored(root: Path) -> list[dict[str, Any]]:
    """The cards of all stored models, by version."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(root.glob("[!_]*/card.json"))]


def find_model(root: Path, fingerprint: str) -> Chosen | None:
    """The stored model that learned from what has this fingerprint (`trained_on`); None when there is none."""
    for card in stored(root):
        if card.get("trained_on") == fingerprint:
            return load_model(card["model_version"], root)[0]
    return None


def note_verdict(root: Path, card: dict[str, Any]) -> None:
    """Write the card of a stored model anew, with the verdict that its comparison came to; replaced at once."""
    place = folder_of(root, card["model_version"]) / "card.json"
    beside = place.with_name(f"_card-{uuid.uuid4().hex}.json")
    beside.write_text(json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(place)


def champion(root: Path) -> str | None:
    """Version of the model that scores leads; None when none has been promoted."""
    made = decisions(root)
    return made[-1]["model_version"] if made else None


def promote(root: Path, model_version: str, *, by: str, reason: str) -> None:
    """Make a stored model the champion. Does nothing when it is; raises FileNotFoundError for an unknown version."""
    if not folder_of(root, model_version).is_dir():
        raise FileNotFoundError(f"no model {model_version} in {root}; `onefunnel score models` lists them")
    made = decisions(root)
    if made and made[-1]["model_version"] == model_version and made[-1]["by"] == by:
        return
    line = {"model_version": model_version, "by": by, "reason": reason}
    with (root / CHAMPION).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def roll_back(root: Path, reason: str) -> str:
    """Make the champion before the present one the champion again; returns its version. ValueError without one."""
    made = decisions(root)
    earlier = [line["model_version"] for line in made if line["model_version"] != (champion(root) or "")]
    if not earlier:
        raise ValueError("there is no earlier champion to go back to")
    promote(root, earlier[-1], by="rollback", reason=reason)
    return earlier[-1]


def settle(root: Path, card: dict[str, Any]) -> str:
    """Which model scores after a training: the new one (challenger), or the champion that stands; returns its version.

    A champion set by hand (or by a rollback) stands until somebody promotes another. Otherwise the verdict decides: a
    challenger that lost to the matrix, or that found no signal, does not replace a champion that did not.
    """
    made = decisions(root)
    if made and made[-1]["by"] != "verdict":
        return made[-1]["model_version"]
    if card["verdict"] in ("matrix", "no_signal") and made:
        return made[-1]["model_version"]
    promote(root, card["model_version"], by="verdict", reason=card["verdict"])
    return str(card["model_version"])


def folder_of(root: Path, model_version: str) -> Path:
    """Folder of a version; `@` and the hash stay readable in the name."""
    return root / model_version


def save_model(model: Chosen, card: dict[str, Any], root: Path) -> Path:
    """Store a model and its card (which must hold `model_version`); returns the folder."""
    import skops.io

    target = folder_of(root, card["model_version"])
    if target.exists():
        return target
    beside = root / f"_tmp-{uuid.uuid4().hex}"
    beside.mkdir(parents=True)
    try:
        skops.io.dump(model.calibrated, beside / "model.skops")
        if model.worth is not None:
            skops.io.dump(model.worth.pipeline, beside / "worth.skops")
        text = json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False)
        (beside / "card.json").write_text(text + "\n", encoding="utf-8")
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return target


def load_model(model_version: str, root: Path) -> tuple[Chosen, dict[str, Any]]:
    """Read a stored model and card. Raises FileNotFoundError for an unknown version and TypeError for a file that
    holds types outside the list."""
    source = folder_of(root, model_version)
    if not source.is_dir():
        raise FileNotFoundError(f"no model {model_version} in {root}; score leads first")
    card = json.loads((source / "card.json").read_text(encoding="utf-8"))
    said = card.get("worth")
    worth = None if said is None else Worth.stored(_read(source / "worth.skops"), said)
    return Chosen.stored(_read(source / "model.skops"), card, worth), card


def _read(file: Path) -> Any:
    import skops.io

    untrusted = sorted(set(skops.io.get_untrusted_types(file=file)) - set(TRUSTED_TYPES))
    if untrusted:
        raise TypeError(f"{file} holds {', '.join(untrusted)}; only scikit-learn's types and our learners are read")
    return skops.io.load(file, trusted=list(TRUSTED_TYPES))
