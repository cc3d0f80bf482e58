"""Settings of a connection, and when a writer has its turn."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, transaction

from erp_site.shared.sqlite import base, driver, validation

ROOT = Path(__file__).resolve().parents[2]


def value(wrapper, sql: str):
    with wrapper.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def run(wrapper, sql: str) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(sql)


def atomic(wrapper):
    return transaction.atomic(using=wrapper.alias)


def test_the_bundled_library_is_in_use_and_sound():
    assert driver.BUNDLED
    assert base.Database.sqlite_version_info >= driver.SOUND_WAL


def test_a_connection_has_the_safe_settings(database):
    wrapper = database()
    found = {
        name: value(wrapper, f"PRAGMA {name}")
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "cell_size_check", "busy_timeout")
    }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "busy_timeout": 20_000,
    }
    assert value(wrapper, "PRAGMA mmap_size") == 0
    assert wrapper.transaction_mode == "IMMEDIATE"


def test_single_pragmas_can_be_laid_over(database):
    assert value(database(pragmas={"synchronous": "NORMAL"}), "PRAGMA synchronous") == 1


def test_a_database_in_memory_has_no_queue(database):
    wrapper = database(name="file:engine?mode=memory&cache=shared")
    with atomic(wrapper):
        run(wrapper, "CREATE TABLE t (n)")
    assert wrapper._queue is None and wrapper.file_path == ""


def test_different_spellings_of_a_path_mean_one_queue(database, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    names = [tmp_path / "probe.sqlite3", tmp_path / "link" / "probe.sqlite3", f"file:{tmp_path}/probe.sqlite3?mode=rwc"]
    assert {database(name=name).file_path for name in names} == {str(tmp_path / "probe.sqlite3")}


def test_the_turn_lasts_from_begin_to_commit_rollback_or_close(database):
    wrapper = database()
    run(wrapper, "CREATE TABLE t (n)")
    with atomic(wrapper):
        assert wrapper._queue.held
        with atomic(wrapper):
            run(wrapper, "INSERT INTO t VALUES (1)")
        assert wrapper._queue.held
    assert not wrapper._queue.held
    with pytest.raises(ZeroDivisionError), atomic(wrapper):
        raise ZeroDivisionError
    assert not wrapper._queue.held
    with atomic(wrapper):
        wrapper.close()
    other = database(queue_wait=0.2)
    run(other, "INSERT INTO t VALUES (2)")


def test_a_single_statement_waits_for_its_turn_too(database):
    holder, writer = database(), database()
    run(holder, "CREATE TABLE t (n)")
    events = []

    def write() -> None:
        run(writer, "INSERT INTO t VALUES (1)")
        events.append("written")

    with atomic(holder):
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.1)
        assert value(database(), "SELECT count(*) FROM t") == 0  # reading waits for nobody
        events.append("held")
    thread.join()
    assert events == ["held", "written"]
    assert not writer._queue.held


def test_a_turn_that_does_not_come_is_a_clear_error(database):
    holder, writer = database(), database(queue_wait=0.2)
    run(holder, "CREATE TABLE t (n)")
    with atomic(holder):
        started = time.monotonic()
        with pytest.raises(OperationalError, match="no turn to write within 0.2 s"), atomic(writer):
            pass
        with pytest.raises(OperationalError, match="no turn"):
            run(writer, "INSERT INTO t VALUES (1)")
        assert time.monotonic() - started < 2
    run(writer, "INSERT INTO t VALUES (1)")


def test_a_failed_begin_gives_the_turn_back(database):
    foreign = base.Database.connect(database().file_path, isolation_level=None)  # a tool that knows of no queue
    foreign.execute("BEGIN IMMEDIATE")
    wrapper = database(timeout=0.1)
    with pytest.raises(OperationalError, match="locked"), atomic(wrapper):
        pass
    assert not wrapper._queue.held
    foreign.close()
    run(wrapper, "CREATE TABLE t (n)")


def test_an_old_library_falls_back_to_a_journal_that_is_safe(tmp_path):
    code = f"""
import sys
sys.modules["pysqlite3"] = None  # as on a machine without the wheel
import erp_site
from django.conf import settings
settings.configure(DATABASES={{"default": {{"ENGINE": "erp_site.shared.sqlite", "NAME": {str(tmp_path / "old.sqlite3")!r}}}}})
import django
django.setup()
from django.db import connection
from erp_site.shared.sqlite.driver import BUNDLED, SOUND_WAL
with connection.cursor() as cursor:
    mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
print(BUNDLED, connection.Database.sqlite_version_info < SOUND_WAL, mode, *[w.id for w in connection.validation.check()])
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert found[0] == "False"
    if found[1] == "True":
        assert found[2:] == ["delete", "sqlite.W001"]
    else:  # this Python was built with a sound SQLite
        assert found[2:] == ["wal"]


def test_a_sound_library_on_a_local_disk_has_nothing_to_say(database):
    assert database().validation.check() == []


def test_the_version_check_decides_by_version(database, monkeypatch):
    monkeypatch.setattr(base, "SOUND_WAL", (99, 0, 0))
    monkeypatch.setattr(validation, "SOUND_WAL", (99, 0, 0))
    wrapper = database()
    assert value(wrapper, "PRAGMA journal_mode") == "delete"
    (warning,) = wrapper.validation.check()
    assert warning.id == "sqlite.W001" and "DELETE" in warning.msg


def test_a_network_disk_gets_no_wal(database, monkeypatch):
    monkeypatch.setattr(base, "file_system_of", lambda path: "nfs4")
    monkeypatch.setattr(validation, "file_system_of", lambda path: "nfs4")
    wrapper = database()
    assert value(wrapper, "PRAGMA journal_mode") == "delete"
    assert [warning.id for warning in wrapper.validation.check()] == ["sqlite.W002"]


def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nserver:/x /data nfs4 rw 0 0\n/dev/b /data/my\\040disk xfs rw 0 0\n")
    find = validation.file_system_of
    assert find("/data/db.sqlite3", str(mounts)) == "nfs4"
    assert find("/database/db.sqlite3", str(mounts)) == "ext4"
    assert find("/data/my disk/db", str(mounts)) == "xfs"
    assert find("/data/db", str(tmp_path / "absent")) == ""


def test_a_missing_directory_is_named_with_its_remedy(database, tmp_path):
    wrapper = database(name=tmp_path / "absent" / "db.sqlite3")
    with pytest.raises(OperationalError, match="目录不存在") as caught:
        wrapper.ensure_connection()
    assert f"mkdir -p {tmp_path / 'absent'}" in str(caught.value)
    (error,) = wrapper.validation.check()
    assert error.id == "sqlite.E001"


def test_a_directory_in_place_of_the_file_is_named(database, tmp_path):
    with pytest.raises(OperationalError, match="数据库路径是一个目录"):
        database(name=tmp_path).ensure_connection()


def test_twenty_processes_write_without_a_failure_and_nobody_waits_long():
    """The short form of ``tests.faults.sqlite_writers``."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.faults.sqlite_writers",
        "--clients",
        "20",
        "--rounds",
        "600",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
