"""Editors who save one article at the same moment lose nothing: some rounds of `script/bench editors`, on whichever database."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_no_save_is_lost_and_changes_in_different_paragraphs_come_together(db, tmp_path):
    command = [sys.executable, ROOT / "tests/benchmarks/editors.py", "--pairs", "16", "--crowds", "4"]
    run = subprocess.run(command, env={**os.environ, "DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.findall(r"\d+ lost", run.stdout) == ["0 lost", "0 lost"]
    assert all(float(share) >= 95 for share in re.findall(r"([0-9.]+)% of them merged", run.stdout))


def test_where_some_meet_in_one_paragraph_they_are_asked(db):
    from tests.benchmarks.editors import Outcome

    outcome = Outcome(2, rounds=4)
    outcome.apart.update(saved=6)
    outcome.at_one_place.update(saved=1, asked=1)
    assert outcome.row() == (
        "2 editors, 4 rounds, 8 saves: 0 lost; 6 in different paragraphs, 100.0% of them merged; 2 in the same few, 1 of them asked"
    )
