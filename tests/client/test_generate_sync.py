from videobar.client import generate_sync


def test_the_file_is_current():
    assert generate_sync.is_current(), "run python -m videobar.client.generate_sync"
    assert generate_sync.main(["--check"]) == 0


def test_a_stale_file_is_found_and_written_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate_sync, "FILE", tmp_path / "areas_sync.py")
    assert generate_sync.main(["--check"]) == 1
    assert "is not current" in capsys.readouterr().err
    assert generate_sync.main([]) == 0
    assert generate_sync.main(["--check"]) == 0
    assert (tmp_path / "areas_sync.py").read_text() == generate_sync.source()
    (tmp_path / "areas_sync.py").write_text("")
    assert generate_sync.main(["--check"]) == 1
