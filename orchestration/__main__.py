"""`python -m orchestration` is `onefunnel`."""

from orchestration.cli import main

main()
