"""What a running mesh keeps an eye on."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from pathlib import Path

from certificates import certificate
from weft._kit.clock import SystemClock
from weft.platform.supervise import keep_certificate
from weft.serving.http.certificate import Certificate
from weft.telemetry.logs import Log


async def test_a_certificate_that_cannot_be_renewed_is_told_in_the_log_and_tried_again(tmp_path: Path) -> None:
    files, renewed = certificate(tmp_path / "old", "localhost"), certificate(tmp_path / "new", "localhost")
    stop, lines = asyncio.Event(), io.StringIO()
    keeping = asyncio.create_task(keep_certificate(Certificate(files), stop, Log(lines, SystemClock())))

    async def told(event: str) -> dict[str, object]:
        while True:
            for line in map(json.loads, lines.getvalue().splitlines()):
                if line["event"] == event:
                    return line
            await asyncio.sleep(0.02)

    shutil.copyfile(renewed.certificate, files.certificate)
    await asyncio.wait_for(told("certificate not renewed, the old one stays"), 20)
    shutil.copyfile(renewed.key, files.key)
    assert (await asyncio.wait_for(told("certificate renewed"), 20))["names"] == ["localhost"]
    stop.set()
    await keeping
