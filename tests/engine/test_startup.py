"""What is said, in one line, when the installation cannot start."""

import errno
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest

from erp_site.shared import startup

ROOT = Path(__file__).resolve().parents[2]
Usage = namedtuple("Usage", "total used free")


def manage(command: str, **env: str) -> subprocess.CompletedProcess:
    command_line = [sys.executable, "manage.py", command]
    return subprocess.run(command_line, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, timeout=120)


def refusing(code: int):
    def probe(**about):
        raise OSError(code, "refused")

    return probe


def test_a_usable_directory_has_no_problem_and_is_made_when_asked(tmp_path):
    assert startup.directory_problem(tmp_path) == ""
    assert "目录不存在" in startup.directory_problem(tmp_path / "a" / "b")
    assert startup.directory_problem(tmp_path / "a" / "b", create=True) == ""
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert "目录不存在或不是目录" in startup.directory_problem(tmp_path / "file" / "x", create=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, ["没有写入权限", "chown"]),
        (errno.EROFS, ["只读", "DATA_DIR"]),
        (errno.ENOSPC, ["磁盘已满", "清理"]),
        (errno.EIO, ["refused", "检查磁盘"]),
    ],
)
def test_each_refusal_of_the_system_has_its_remedy(tmp_path, monkeypatch, code, words):
    monkeypatch.setattr(startup.tempfile, "TemporaryFile", refusing(code))
    problem = startup.directory_problem(tmp_path)
    assert all(word in problem for word in [*words, str(tmp_path)]) and "\n" not in problem


def test_too_little_room_is_refused_before_it_hurts(tmp_path, monkeypatch):
    monkeypatch.setattr(startup.shutil, "disk_usage", lambda path: Usage(100, 90, 10 * 2**20))
    assert "只剩 10 MB" in startup.directory_problem(tmp_path)


@pytest.mark.parametrize("command", ["worker", "serve", "check"])
def test_every_command_says_it_in_one_line(tmp_path, command):
    (tmp_path / "file").write_text("")
    done = manage(command, DATA_DIR=str(tmp_path / "file" / "data"), DATABASE_URL="")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "目录不存在或不是目录" in done.stderr


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_commands_that_keep_running_refuse_a_database_that_cannot_be_opened(tmp_path, command):
    done = manage(command, DATA_DIR=str(tmp_path), DATABASE_URL=f"sqlite:///{tmp_path}/absent/db.sqlite3")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"mkdir -p {tmp_path}/absent" in done.stderr


def test_addresses_of_both_engines_are_read_and_others_refused_without_repeating_a_password(capsys):
    found = startup.database_from_url("postgres://me:s%40cret@db.example:6432/ledgers")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "me",
        "s@cret",
        "db.example",
        6432,
        "ledgers",
    )
    assert startup.database_from_url("sqlite:////var/lib/x.sqlite3")["NAME"] == "/var/lib/x.sqlite3"
    for wrong in ("mysql://me:secret@db/x", "me:secret@db/x", "postgres://me:secret@db:port/x", "nonsense", ""):
        with pytest.raises(SystemExit) as caught:
            startup.database_from_url(wrong)
        assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert printed.count("DATABASE_URL 无效") == printed.count("\n") == 5 and "secret" not in printed


def test_a_database_file_that_may_not_be_written_is_named_without_opening_it(tmp_path, monkeypatch):
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"")
    assert startup.sqlite_problem(path) == ""
    monkeypatch.setattr(startup.os, "access", lambda path, mode: False)
    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: pytest.fail("opened"))
    assert "chown" in startup.sqlite_problem(path) and str(path) in startup.sqlite_problem(path)


def test_failures_of_both_engines_are_explained(database, tmp_path):
    path = tmp_path / "broken.sqlite3"
    path.write_bytes(b"this is no database, whatever its name says" * 200)
    with pytest.raises(Exception) as caught:
        database(name=path).ensure_connection()
    assert "已损坏" in startup.explain(caught.value)
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("postgres://nobody@127.0.0.1:9/nothing", connect_timeout=2)
    assert "连接不上数据库服务器" in startup.explain(caught.value)
    assert "磁盘已满" in startup.explain(Exception("database or disk is full"))
    assert startup.explain(Exception("something else about 张三")) == ""
