"""Flushes of a watched process wait for us, whoever in it makes them.

Each case is a program of its own: what is started here is forked, which only a process with one thread should do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_BEGIN = """
import os, sqlite3, subprocess, sys, threading, time
from pathlib import Path
from ops.flushes import Flushes, start, start_watched
flushes = Flushes()
def served(process, answer=lambda flush: None):
    files = []
    while not (ended := os.waitpid(process, os.WNOHANG))[0]:
        if flush := flushes.next(0.01):
            files.append(Path(flush.file.readlink()).name)
            answer(flush)
            flushes.answer(flush)
    return os.waitstatus_to_exitcode(ended[1]), files
"""


def run(program: str, folder: Path) -> str:
    """What it prints."""
    ended = subprocess.run(
        [sys.executable, "-c", _BEGIN + program, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_files_and_folders_are_seen_in_order_from_threads_and_other_programs(tmp_path: Path) -> None:
    program = """
def work():
    folder = sys.argv[1]
    file = os.open(f"{folder}/file", os.O_RDWR | os.O_CREAT)
    os.fsync(file)
    os.fsync(os.open(folder, os.O_RDONLY))
    thread = threading.Thread(target=os.fdatasync, args=(file,))
    thread.start()
    thread.join()
    code = f"import os; os.fsync(os.open('{folder}/other', os.O_RDWR | os.O_CREAT))"
    subprocess.run([sys.executable, "-c", code], check=True)
code, files = served(start_watched(work, flushes))
print(code, *files)
"""
    assert run(program, tmp_path) == f"0 file {tmp_path.name} file other"


def test_every_commit_of_sqlite_flushes_its_log(tmp_path: Path) -> None:
    program = """
def work():
    connection = sqlite3.connect(f"{sys.argv[1]}/db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (x)")
    for n in range(5):
        connection.execute("INSERT INTO t VALUES (?)", (n,))
    os._exit(0)
code, files = served(start_watched(work, flushes))
print(code, files[-5:])
"""
    assert run(program, tmp_path) == f"0 {['db-wal'] * 5}"


def test_a_flush_returns_only_when_it_is_answered(tmp_path: Path) -> None:
    program = """
def work():
    os.fsync(os.open(f"{sys.argv[1]}/file", os.O_RDWR | os.O_CREAT))
    Path(sys.argv[1], "returned").touch()
process = start_watched(work, flushes)
flush = None
while flush is None:
    flush = flushes.next(1.0)
assert flushes.next(0.05) is None
before = Path(sys.argv[1], "returned").exists()
flushes.answer(flush)
code, files = served(process)
print(before, Path(sys.argv[1], "returned").exists(), code, files)
"""
    assert run(program, tmp_path) == "False True 0 []"


def test_a_process_that_is_killed_while_it_flushes_leaves_no_trouble(tmp_path: Path) -> None:
    program = """
process = start_watched(lambda: os.fsync(os.open(f"{sys.argv[1]}/file", os.O_RDWR | os.O_CREAT)), flushes)
flush = None
while flush is None:
    flush = flushes.next(1.0)
os.kill(process, 9)
os.waitpid(process, 0)
flushes.answer(flush)
print(flushes.next(0.01), flushes.next(0.01))
flushes.close()
"""
    assert run(program, tmp_path) == "None None"


def test_an_error_ends_the_process_with_its_traceback_and_runs_nothing_of_ours(tmp_path: Path) -> None:
    program = """
sys.stderr = sys.stdout
try:
    process = start(lambda: 1 / 0)
finally:
    os.write(1, b"ours\\n")  # whole: the process writes its traceback at the same time
print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""
    said = run(program, tmp_path).splitlines()
    assert said.count("ours") == 1
    assert said[-1] == "1"
    assert any("ZeroDivisionError" in line for line in said)
