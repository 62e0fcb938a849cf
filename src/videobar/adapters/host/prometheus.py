"""Prometheus text format, written by its own client library, which is loaded at the first request for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from videobar.room.system.monitoring import Family, Histogram, MetricsPage

if TYPE_CHECKING:
    from prometheus_client.core import Metric


class PrometheusText:
    """Implements `Exposition`."""

    async def page(self, figures: Sequence[Family | Histogram], media_process: int | None) -> MetricsPage:
        """The page, written in a thread: a long one would hold up others."""
        return await asyncio.to_thread(_page, figures, media_process)


class _Figures:
    """A collector of the library's over given figures."""

    def __init__(self, figures: Sequence[Family | Histogram]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """The figures in the library's words."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for figure in self._figures:
            if isinstance(figure, Histogram):
                histogram = HistogramMetricFamily(figure.name, figure.meaning, labels=figure.labels)
                bounds = [*map(str, figure.bounds), "+Inf"]
                for values, counts, total in figure.rows:
                    histogram.add_metric(values, list(zip(bounds, counts, strict=True)), total)
                yield histogram
                continue
            kind = CounterMetricFamily if figure.counter else GaugeMetricFamily
            family = kind(figure.name, figure.meaning, labels=figure.labels)
            for values, value in figure.rows:
                family.add_metric(values, value)
            yield family


def _page(figures: Sequence[Family | Histogram], media_process: int | None) -> MetricsPage:
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(figures))
    ProcessCollector(registry=registry)
    if media_process is not None:
        ProcessCollector(namespace="videobar_media", pid=lambda: media_process, registry=registry)
    return MetricsPage(CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry))
