"""Answers that are kept are those that were given."""

import numpy as np
from scipy.optimize import linprog

import kept

PROGRAM = ([-1.0, -2.0], np.array([[1.0, 1.0], [1.0, 3.0]]), np.array([4.0, 6.0]))


def test_an_answer_is_kept_for_its_question_alone(tmp_path, monkeypatch):
    path = str(tmp_path / "folder" / "answers")
    first = kept.Kept(path)
    given = first.ask(*PROGRAM, method="highs")
    theirs = linprog(*PROGRAM, method="highs")
    first.write()
    monkeypatch.setattr(kept, "asked", lambda *arguments, **named: {**theirs, "fun": 0.0})
    second = kept.Kept(path)
    for _ in range(2):
        again = second.ask(*PROGRAM, method="highs")
        assert [again[field] for field in kept.FIELDS if field != "x"] == [theirs[field] for field in kept.FIELDS if field != "x"]
        assert again.x.tobytes() == given.x.tobytes() == theirs.x.tobytes()
        again.x[:] = 7
    assert not second.is_changed
    assert second.ask(PROGRAM[0], PROGRAM[1], np.nextafter(PROGRAM[2], 9), method="highs").fun == 0
    assert second.ask(*PROGRAM, method="highs-ds").fun == 0


def test_what_is_damaged_or_of_other_libraries_is_asked_anew(tmp_path, monkeypatch):
    path = str(tmp_path / "answers")
    first = kept.Kept(path)
    first.ask(*PROGRAM, method="highs")
    first.write()
    whole = (tmp_path / "answers").read_bytes()
    assert len(kept.Kept(path).answers) == 1
    for spoilt in (b"", whole[:-9], b"\0" + whole):
        (tmp_path / "answers").write_bytes(spoilt)
        assert not kept.Kept(path).answers
    (tmp_path / "answers").write_bytes(whole)
    monkeypatch.setattr(kept, "LIBRARIES", ("3.0", "1.0", "1.0"))
    assert not kept.Kept(path).answers
