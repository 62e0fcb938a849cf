"""The page is read back by the parser of Prometheus's own library."""

from __future__ import annotations

import os

from prometheus_client.parser import text_string_to_metric_families

from videobar.adapters.host.prometheus import PrometheusText
from videobar.room.system.monitoring import Family, Histogram


async def samples(figures, media_process=None):
    page = await PrometheusText().page(figures, media_process)
    assert page.media_type.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.content.decode())
        for sample in family.samples
    }


async def test_gauges_counters_and_histograms():
    strange = 'a "name"\\ of\ntwo lines'
    read = await samples(
        [
            Family("room_sessions", "Sessions.", [((), 3)]),
            Family("room_requests", "Requests.", [((strange, "200"), 7)], ("action", "status"), counter=True),
            Histogram("room_seconds", "Time.", ("action",), (0.1, 1.0), [(("a",), (1, 3, 4), 7.5)]),
        ]
    )
    assert read["room_sessions",] == 3
    assert read["room_requests_total", strange, "200"] == 7
    assert read["room_seconds_bucket", "a", "0.1"] == 1
    assert read["room_seconds_bucket", "a", "+Inf"] == 4
    assert read["room_seconds_count", "a"] == 4
    assert read["room_seconds_sum", "a"] == 7.5


async def test_the_processes_beside_it():
    read = await samples([], os.getpid())
    assert read["process_resident_memory_bytes",] > 10_000_000
    assert read["videobar_media_process_open_fds",] > 2
    assert ("videobar_media_process_open_fds",) not in await samples([])
