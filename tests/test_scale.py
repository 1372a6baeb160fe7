"""`scripts/scale`: what its arithmetic says of ten thousand books."""

import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def scale(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import scale_report

    yield scale_report
    sys.modules.pop("scale_report")


def test_the_slowest_of_workers_builder_and_scheduler_sets_the_pace_after_planning(scale) -> None:  # type: ignore[no-untyped-def]
    real = {
        "audio_s": 3600,
        "tasks": 50,
        "workers_cpu_s": 20,
        "builder_cpu_s": 1,
        "scheduler_bytes": 1,
        "store_bytes": 1,
    }
    nothing = {"scheduler_cpu_s": 0.1, "workers_cpu_s": 0.1, "tasks": 100}
    far = scale.extrapolated(real, nothing, 0.36)
    assert far["tasks"] == 50 * 100_000
    assert far["planning_core_hours"] == pytest.approx(10)
    two, many = far["hours_on"]["2"], far["hours_on"]["512"]
    assert two == pytest.approx(10 / 2 + 20 * 100_000 / 2 / 3600)
    assert many == pytest.approx(10 / 8 + 1 * 100_000 / 3600), "the one building process"
    assert far["overhead_share"] == pytest.approx(0.002 / 0.4)
