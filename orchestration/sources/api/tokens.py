"""Where tokens are kept: a durable file for vendors whose refresh token rotates, or one token that a person made.

Such a vendor gives a new pair at every refresh and ends the old refresh token as soon as the new one is used. So the new
pair is on the disk before anything uses it; until then the old refresh token still works, whatever was lost or killed in
between, and is simply used again. A lock around reading, refreshing and writing keeps two processes from refreshing with
one token, which would shut one of them out for good.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from orchestration.clock import Clock, from_text, to_text
from orchestration.locks import exclusive
from orchestration.sources.api.http import ApiError

MODE = 0o600

EARLY = timedelta(minutes=5)
"""A token is renewed this long before its end, so that it does not end under way."""


class Credentials(Protocol):
    """What signs requests."""

    def access_token(self) -> str:
        """A token that should be good now. Raises ApiError."""
        ...

    def renew(self, refused: str) -> None:
        """After the vendor refused that access token: see to another one. Raises ApiError when there is none."""
        ...


@dataclass(frozen=True)
class LongLivedToken:
    """A token made by hand, with a last day and no refresh. `name` is the source's, for messages."""

    name: str
    token: str = field(repr=False)

    def access_token(self) -> str:
        return self.token

    def renew(self, refused: str) -> None:
        raise ApiError(
            f"{self.name}: the long-lived token is refused: it has ended or was revoked; make a new one in the settings "
            "of the integration and put it in its place"
        )


@dataclass(frozen=True)
class Pair:
    """An access token, when it ends, and the refresh token for the next pair."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    ends_at: datetime


class RotatingTokens:
    """A pair of tokens in a file (mode 0600, JSON) that several processes may share.

    refresh : asks the vendor for the next pair with the refresh token it is given. It raises ApiError: a passing one when
    the vendor cannot be reached (the file stays as it is, a later run tries the same token again), a final one when the
    token is refused (its text says to consent anew).
    """

    def __init__(self, name: str, path: Path, clock: Clock, refresh: Callable[[str], Pair]) -> None:
        self.name = name
        self.path = path
        self._clock = clock
        self._refresh = refresh
        self._lock = path.with_name(f"{path.name}.lock")

    def __repr__(self) -> str:
        return f"RotatingTokens({self.name!r}, {self.path.name!r})"

    def access_token(self) -> str:
        """The access token of the file, after a refresh when it ends within five minutes.

        Raises
        ------
        ApiError
            there is no readable file, or the refresh failed.
        """
        pair = self._read()
        if self._is_good(pair):
            return pair.access_token
        with exclusive(self._lock):
            pair = self._read()
            if not self._is_good(pair):
                pair = self._next(pair)
            return pair.access_token

    def renew(self, refused: str) -> None:
        """A refresh, unless somebody else has put another access token in the place of the refused one. Raises ApiError."""
        with exclusive(self._lock):
            pair = self._read()
            if pair.access_token == refused:
                self._next(pair)

    def keep(self, pair: Pair) -> None:
        """Put a pair in the file: the first one, or that of a new consent."""
        with exclusive(self._lock):
            self._write(pair)

    def _is_good(self, pair: Pair) -> bool:
        return self._clock.now() < pair.ends_at - EARLY

    def _next(self, pair: Pair) -> Pair:
        new = self._refresh(pair.refresh_token)
        try:
            self._write(new)
        except OSError as error:
            raise self._error(
                f"the new pair cannot be written ({error.strerror}); make room or give the right to write and run again: "
                "the old pair is in place and good until the new one is used"
            ) from None
        return new

    def _read(self) -> Pair:
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            raise self._error("there is no such file; give consent and save the first pair") from None
        with os.fdopen(descriptor, encoding="utf-8") as file:
            if os.fstat(descriptor).st_mode & 0o077:
                raise self._error(f"others may read it; run chmod 600 {self.path.name}")
            text = file.read()
        try:
            document = json.loads(text)
            access, refresh = document["access_token"], document["refresh_token"]
            ends_at = from_text(document["ends_at"])
            if not (isinstance(access, str) and isinstance(refresh, str)):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            # an error of the parser would repeat the text, and so the tokens
            raise self._error("it is not what was written there; consent anew and save the new pair") from None
        return Pair(access, refresh, ends_at)

    def _write(self, pair: Pair) -> None:
        """Beside, to the disk, then in place: a kill leaves the old file or the new one, never a part."""
        document = {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "ends_at": to_text(pair.ends_at),
        }
        beside = self.path.with_name(f"{self.path.name}.new")
        # left behind by a kill; made anew so that its mode is ours
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(descriptor)
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _error(self, what: str) -> ApiError:
        return ApiError(f"{self.name}: the file of tokens {self.path}: {what}")
