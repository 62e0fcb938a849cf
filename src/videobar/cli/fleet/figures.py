"""Figures of a device in the terms of Prometheus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from videobar.cli.fleet.probing import LOGIN, Facts, Probe
from videobar.contract.calls import Conference
from videobar.contract.streams import MediaStatistics
from videobar.contract.system import SignallingServer, StatusRow, SystemInfo
from videobar.errors import VideobarError
from videobar.vocabulary import ConnectionState, SubsystemState

PREFIX = "videobar_"
UP = frozenset({SubsystemState.UP, SubsystemState.ALL_UP})
UNUSED = frozenset({SubsystemState.OFF, SubsystemState.UNKNOWN})


class DeviceCollector:
    """The figures of one probe; to be registered with a registry of its own."""

    def __init__(self, probe: Probe | None, age_s: float = 0.0, *, too_slow: bool = False) -> None:
        self._probe = probe
        self._age_s = age_s
        self._too_slow = too_slow

    def collect(self) -> Iterator[Metric]:
        """All metrics; those of what a device did not say are left out."""
        probe = self._probe
        good = probe is not None and probe.error is None
        yield _gauge("up", "Whether the device answered.", float(good))
        refused = probe is not None and isinstance(probe.error, LOGIN)
        yield _gauge("login_refused", "Whether the device refused the login.", float(refused))
        reason = "TooSlow" if self._too_slow else _reason(probe)
        problem = GaugeMetricFamily(
            PREFIX + "probe_problem", "Reason why the device did not answer.", labels=["reason"]
        )
        if reason:
            problem.add_metric([reason], 1.0)
        yield problem
        if probe is not None:
            yield _gauge("probe_duration_seconds", "Duration of asking the device.", probe.seconds)
            yield _gauge("probe_age_seconds", "Age of the figures.", self._age_s)
            yield from figures_of(probe.facts)


def _reason(probe: Probe | None) -> str:
    error = None if probe is None else probe.error
    return "" if error is None else error.code if isinstance(error, VideobarError) else type(error).__name__


def figures_of(facts: Facts) -> Iterator[Metric]:
    """The metrics of what a device said."""
    if facts.system is not None:
        yield from _of_system(facts.system)
    if facts.audio is not None:
        yield _gauge("muted", "Whether the microphones are muted.", float(facts.audio.muted))
        yield _gauge("volume_ratio", "Speaker volume, 0 to 1.", facts.audio.volume / 100)
        yield _gauge("microphones", "Microphones that are connected.", facts.audio.num_of_mics_connected)
    if facts.conferences is not None:
        yield from _of_calls(facts.conferences)
    if facts.parts is not None:
        yield _of_parts(facts.parts)
    if facts.registrars is not None:
        yield _of_registrars(facts.registrars)
    if facts.streams is not None:
        yield from _of_streams(facts.streams)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _of_system(system: SystemInfo) -> Iterator[Metric]:
    about = {
        "name": system.system_name,
        "model": str(system.model),
        "serial": system.serial_number,
        "software": system.software_version,
        "build": system.build,
        "hardware": system.hardware_version,
    }
    info = GaugeMetricFamily(PREFIX + "device_info", "Identity of the device.", labels=list(about))
    info.add_metric(list(about.values()), 1.0)
    yield info
    state = GaugeMetricFamily(PREFIX + "state", "State of the system.", labels=["state"])
    state.add_metric([str(system.state)], 1.0)
    yield state
    yield _gauge("uptime_seconds", "Time since the start.", system.uptime)
    yield _gauge("reboot_needed", "Whether a setting waits for a restart.", float(system.reboot_needed))
    yield _gauge("lan_up", "Whether the network interface is up.", float(system.lan_status.state == "LAN_UP"))


def _of_calls(conferences: Iterable[Conference]) -> Iterator[Metric]:
    connections = [one for conference in conferences for one in conference.connections]
    count = Counter(str(one.state) for one in connections)
    family = GaugeMetricFamily(
        PREFIX + "connections", "Far ends, by state of the connection.", labels=["state"]
    )
    for state in dict.fromkeys((*map(str, ConnectionState), *count)):
        family.add_metric([state], count[state])
    yield family
    lasting = [one.duration for one in connections if one.state == ConnectionState.CONNECTED]
    yield _gauge(
        "call_duration_seconds", "Time since the first far end was connected.", max(lasting, default=0)
    )


def _of_parts(rows: Iterable[StatusRow]) -> Metric:
    family = GaugeMetricFamily(
        PREFIX + "part_up", "Whether a part that is in use works (GET /rest/system/status).", labels=["part"]
    )
    for name, states in {row.name: row.state_list for row in rows}.items():
        if states and not set(states) <= UNUSED:
            family.add_metric([name.removeprefix("system.status.")], float(set(states) <= UP | UNUSED))
    return family


def _of_registrars(servers: Iterable[SignallingServer]) -> Metric:
    family = GaugeMetricFamily(
        PREFIX + "sip_registered", "Whether a SIP server knows the room.", labels=["server"]
    )
    known: dict[str, bool] = {}
    for server in servers:
        known[server.address] = known.get(server.address, False) or server.state.upper() == "UP"
    for address, registered in known.items():
        family.add_metric([address], float(registered))
    return family


def _of_streams(streams: Iterable[MediaStatistics]) -> Iterator[Metric]:
    """Of several streams of one kind and direction: rates added, the worst jitter and loss."""
    kinds: dict[tuple[str, str], list[MediaStatistics]] = defaultdict(list)
    for stream in streams:
        kinds[str(stream.media_type), str(stream.media_direction)].append(stream)
    labels = ["media", "direction"]
    rate = GaugeMetricFamily(PREFIX + "media_bytes_per_second", "Rate of the last seconds.", labels=labels)
    jitter = GaugeMetricFamily(
        PREFIX + "media_jitter_seconds", "Interarrival jitter (RFC 3550).", labels=labels
    )
    loss = GaugeMetricFamily(
        PREFIX + "media_loss_ratio", "Packets lost since the begin of the call.", labels=labels
    )
    for kind, found in kinds.items():
        rate.add_metric(kind, 125.0 * sum(one.actual_bit_rate for one in found))
        jitter.add_metric(kind, max(one.jitter for one in found) / 1000)
        loss.add_metric(kind, max(one.percent_packet_loss for one in found) / 100)
    yield from (rate, jitter, loss)
