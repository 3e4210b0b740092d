"""The pages about vendors: what they say that a message says is in the code, and every vendor has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.connectors import STREAMS
from orchestration.settings import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
PAGES = [DOCS / "sources.md", *sorted((DOCS / "sources").glob("*.md"))]
CODE = ("orchestration/*.py", "orchestration/sources/api/*.py", "orchestration/landing/*.py")


@pytest.fixture(scope="module")
def code() -> str:
    """The text of the code that speaks, with string literals that go on in the next line in one piece."""
    texts = [path.read_text(encoding="utf-8") for pattern in CODE for path in sorted(PROJECT_ROOT.glob(pattern))]
    whole = re.sub(r"\"\s*\n\s*f?\"", "", "\n".join(texts))
    return whole.replace("{self.tries}", "6")


def test_every_vendor_has_a_page_that_names_all_its_streams_and_its_honest_status() -> None:
    assert {path.stem for path in PAGES[1:]} == set(STREAMS)
    for path in PAGES[1:]:
        text = path.read_text(encoding="utf-8")
        missing = [stream.name for stream in STREAMS[path.stem] if stream.name not in text]
        assert missing == [], path.name
        assert "never against a live account" in text
        for heading in ("## What to create, and the rights it needs", "**Restatements.**", "**Limits kept.**"):
            assert heading in text, path.name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_quotes_of_messages_is_what_the_code_says(path: Path, code: str) -> None:
    quoted: list[str] = []
    is_of_messages = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("| it says |"):
            is_of_messages = True
        elif not line.startswith("|"):
            is_of_messages = False
        elif is_of_messages and not line.startswith("|---"):
            quoted += re.findall(r"`([^`]+)`", line.split("|")[1])
    assert len(quoted) >= 7
    assert [text for text in quoted if text not in code] == []
