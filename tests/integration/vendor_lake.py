"""What the vendors of a configuration tell, into its lake, without a build."""

import dagster as dg
import pytest

from orchestration.clock import FixedClock
from orchestration.settings import Settings


def pull(settings: Settings, clock: FixedClock) -> None:
    """All streams of the configuration into the lake, by the run's own assets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEFUNNEL_NO_CODE_LOCATION", "1")
        from orchestration.definitions import build_definitions
    definitions = build_definitions(settings, clock=clock)
    lake = [key for key in definitions.resolve_asset_graph().get_all_asset_keys() if key.path[0] == "lake"]
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, asset_selection=lake).success
