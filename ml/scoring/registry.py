"""Where learned models are kept: `<folder>/<model_version>/{model.skops,card.json}`.

Never pickle: reading a pickle runs whatever is in it. skops reads only the types listed here. A version is written
beside its place and renamed, so a reader never sees half of one; a version that exists is left as it is.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import skops.io
from sklearn.pipeline import Pipeline

TRUSTED_TYPES: tuple[str, ...] = ()
"""Types beyond those that skops itself trusts. Empty: the scorecard needs none."""


def folder_of(root: Path, model_version: str) -> Path:
    """Folder of a version; `@` and the hash stay readable in the name."""
    return root / model_version


def save_model(model: Pipeline, card: dict[str, Any], root: Path) -> Path:
    """Store a model and its card (which must hold `model_version`); returns the folder."""
    target = folder_of(root, card["model_version"])
    if target.exists():
        return target
    beside = root / f"_tmp-{uuid.uuid4().hex}"
    beside.mkdir(parents=True)
    try:
        skops.io.dump(model, beside / "model.skops")
        text = json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False)
        (beside / "card.json").write_text(text + "\n", encoding="utf-8")
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return target


def load_model(model_version: str, root: Path) -> tuple[Pipeline, dict[str, Any]]:
    """Read a stored model and card. Raises FileNotFoundError for an unknown version and TypeError for a file that
    holds types outside the list."""
    source = folder_of(root, model_version)
    if not source.is_dir():
        raise FileNotFoundError(f"no model {model_version} in {root}; score leads first")
    untrusted = sorted(set(skops.io.get_untrusted_types(file=source / "model.skops")) - set(TRUSTED_TYPES))
    if untrusted:
        raise TypeError(f"{source / 'model.skops'} holds {', '.join(untrusted)}; only scikit-learn's types are read")
    model = skops.io.load(source / "model.skops", trusted=list(TRUSTED_TYPES))
    return model, json.loads((source / "card.json").read_text(encoding="utf-8"))
