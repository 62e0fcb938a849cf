from videobar.room.system.request_metrics import BOUNDS_S, RequestMetrics


def test_requests_and_durations():
    metrics = RequestMetrics()
    for seconds in (0.0, BOUNDS_S[0], BOUNDS_S[0] * 1.01, BOUNDS_S[-1], 1000.0):
        metrics.count("audio_get", 200, seconds)
    metrics.count("audio_get", 404, 0.3)
    metrics.count("", 403, 0.001)
    assert metrics.requests == {("audio_get", 200): 5, ("audio_get", 404): 1, ("", 403): 1}
    durations = metrics.durations["audio_get"]
    assert durations.classes[:2] == [2, 1]
    assert durations.classes[-2:] == [1, 1]
    assert sum(durations.classes) == 6
    assert durations.seconds > 1000
