"""Whatever is killed when: nothing acknowledged is lost, nothing is there twice, nothing bad gets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.rig import Rig

KILLS = 50


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    report = Rig(tmp_path / "mesh", seed).run(KILLS)
    assert report.kills == KILLS
    assert report.acknowledged > KILLS
    assert (report.lost, report.doubled, report.leaked, report.findings) == ([], [], [], [])
