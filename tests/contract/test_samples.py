"""What devices and their clients say on the wire, with values of our own, passes through the contract's types."""

import json
from pathlib import Path

import msgspec
import pytest

from videobar.contract.index import AREAS, OPERATIONS, operation_by_id

FOLDER = Path(__file__).parent / "samples"
SAMPLES = [
    (file.stem, sample) for file in sorted(FOLDER.glob("*.json")) for sample in json.loads(file.read_text())
]
ANSWERS = [sample for _, sample in SAMPLES if sample["part"] == "answer"]
REQUESTS = [sample for _, sample in SAMPLES if sample["part"] == "request"]


def keys(value):
    """The keys of a JSON value at every depth, without its plain values."""
    if isinstance(value, dict):
        return {key: keys(element) for key, element in value.items()}
    return [keys(element) for element in value] if isinstance(value, list) else None


def through(kind, value):
    """`value` decoded from JSON as `kind`, and encoded to JSON again."""
    return json.loads(msgspec.json.encode(msgspec.json.decode(json.dumps(value), type=kind)))


def holds(whole, part):
    """Whether all of `part` is in `whole`, which may say more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(holds(whole.get(key), part[key]) for key in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part and type(whole) is type(part)


def with_extras(value):
    """The same JSON value with an unknown field in every object."""
    if isinstance(value, dict):
        return {"": 1, "isLargeConfMode": False} | {
            key: with_extras(element) for key, element in value.items()
        }
    return [with_extras(element) for element in value] if isinstance(value, list) else value


def test_every_area_has_samples_of_its_own_actions():
    assert {area for area, _ in SAMPLES} == set(AREAS) - {
        "stage",
        "content",
        "monitoring",
        "provisioning",
    }  # devices have no JSON of these
    assert all(operation_by_id(sample["action"]).area == area for area, sample in SAMPLES)


@pytest.mark.parametrize("sample", ANSWERS, ids=lambda sample: sample["action"])
def test_an_answer_comes_back_with_exactly_the_same_keys_and_values(sample):
    again = through(operation_by_id(sample["action"]).returns, sample["body"])

    assert keys(again) == keys(sample["body"])
    assert again == sample["body"]


@pytest.mark.parametrize("sample", REQUESTS, ids=lambda sample: sample["action"])
def test_a_request_is_understood(sample):
    again = through(operation_by_id(sample["action"]).body.type, sample["body"])

    if sample["action"] != "audio_acousticfence_action" and sample["body"] != {}:
        assert holds(again, sample["body"])


@pytest.mark.parametrize("sample", ANSWERS + REQUESTS, ids=lambda sample: sample["action"])
def test_unknown_fields_are_ignored(sample):
    operation = operation_by_id(sample["action"])
    kind = operation.returns if sample["part"] == "answer" else operation.body.type

    assert through(kind, with_extras(sample["body"])) == through(kind, sample["body"])


@pytest.mark.parametrize("action", [operation.id for operation in OPERATIONS if operation.body])
def test_a_body_may_be_missing_only_where_clients_leave_it_out(action):
    optional = {"calendar_meetings_dial", "devicemanagement_devices", "system_reboot"}

    assert operation_by_id(action).body.required is (action not in optional)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("audio_muted_set", '"true"'),
        ("audio_muted_set", "1"),
        ("audio_muted_set", "null"),
        ("audio_volume_set", "101"),
        ("audio_volume_set", "-1"),
        ("audio_volume_set", "50.5"),
        ("audio_volume_set", "true"),
        ("audio_playdtmf", '{"dtmfChar":"E"}'),
        ("audio_playdtmf", '{"dtmfChar":"12"}'),
        ("audio_playdtmf", '{"dtmfChar":""}'),
        ("audio_playdtmf", "{}"),
        ("audio_action", '{"action":"sing"}'),
        ("audio_action", '{"action":"playTestTone","speaker":"SPEAKER_CEILING"}'),
        ("conferences_dial", '{"address":"a","rate":"fast"}'),
        ("conferences_dial", '{"address":"a","rate":"-5"}'),
        ("conferences_dial", '{"address":"a","rate":1.5}'),
        ("conferences_dial", '{"address":"a","dialType":"TELEPATHY"}'),
        ("conferences_dial", '{"address":7}'),
        ("conferences_dial", "[]"),
        ("conferences_blast", "{}"),
        ("conferences_blast", '{"endPointList":[1]}'),
        ("conferences_active_action", '{"action":"answer"}'),
        ("conferences_callaction", '{"id":"1","callActionType":"KISS"}'),
        ("cameras_near_position_move", '{"camPosition":{"pan":50001,"tilt":0,"zoom":0}}'),
        ("cameras_near_source_move", '{"direction":"MOVE_UP"}'),
        ("collaboration_end", '{"action":"end"}'),
        ("directory_local_entries_action", '{"action":"eat"}'),
        ("directory_local_entries_favorite_reorder", '{"index":-1}'),
        ("system_name_set", '""'),
        ("system_name_set", f'"{"x" * 65}"'),
        ("video_local_mute_set", '{"mute":1}'),
        ("video_local_mute_set", "null"),
    ],
)
def test_nonsense_is_refused(action, body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=operation_by_id(action).body.type)


def test_a_row_of_audio_statistics_has_no_picture():
    rows = next(sample["body"] for sample in ANSWERS if sample["action"] == "conferences_mediastats_get")
    audio, _, video, _ = through(operation_by_id("conferences_mediastats_get").returns, rows)

    assert set(video) - set(audio) == {"actualFrameRate", "mediaFormat"}
