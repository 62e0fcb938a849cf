import pytest

from videobar.assembly.identity import BUILD, build_of


@pytest.mark.parametrize(
    ("firmware", "build"),
    [
        ("3.12.0", "366027"),
        ("3.10.0", "362035"),
        ("4.6.2", "460046"),
        ("4.6.1.444241", "444241"),
        ("4.7.0-466077", "466077"),
        ("3.12.0-210716", "210716"),
        ("5.0.1.470014", "470014"),
    ],
)
def test_builds_are_those_of_devices(firmware, build):
    assert build_of(firmware) == build


def test_any_version_has_six_digits_and_later_ones_more():
    versions = [
        "3.1",
        "3.1.1",
        "3.11.7",
        "4.0",
        "4.5.0",
        "4.5.12",
        "12.1.1.1",
        "4.6-rc1",
        "0.0",
        "99.99.99999",
    ]
    assert all(BUILD.fullmatch(build_of(version)) for version in versions)
    rising = ["3.1", "3.1.1", "3.11.7", "4.0", "4.5.0", "4.5.12"]
    assert [build_of(each) for each in rising] == sorted(build_of(each) for each in rising)
