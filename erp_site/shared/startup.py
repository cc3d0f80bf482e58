"""Can this installation start at all? Questions about directories, disk and database, answered in one Chinese line.

What lives here: checks that must speak clearly before (or instead of) a traceback, and the words for database
failures that may happen at any time. What does not: the state of a running system (``erp_site.health``).

Some of this runs while the settings are still being read, so these messages do not pass through gettext.
"""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import dj_database_url

MIN_FREE_MB = 50
"""Below this a start is refused: the first larger transaction would fail half way."""


def refuse(message: str) -> NoReturn:
    """Print one line to stderr and end the process with exit code 2 ("could not start")."""
    sys.stderr.write(f"{message}\n")
    raise SystemExit(2)


def directory_problem(directory: Path | str, *, create: bool = False) -> str:
    """Why files cannot be written in ``directory``, and the remedy; an empty string when they can.

    ``create``: make the directory (and those above it) when it is missing.
    """
    directory = Path(directory)
    try:
        if create:
            directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as probe:  # permission bits say nothing to root or about mounts
            probe.write(b"x" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
        free_mb = shutil.disk_usage(directory).free // 2**20
    except OSError as failure:
        return _os_problem(failure, directory)
    if free_mb < MIN_FREE_MB:
        return f"磁盘空间不足：{directory} 只剩 {free_mb} MB（至少需要 {MIN_FREE_MB} MB）。请清理磁盘或用 DATA_DIR 换到别的磁盘。"
    return ""


def _os_problem(failure: OSError, directory: Path) -> str:
    if failure.errno in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        return f"目录不存在或不是目录：{directory}。请先执行 mkdir -p {directory}，或把 DATA_DIR / DATABASE_URL 改为已有的目录。"
    if failure.errno in (errno.EACCES, errno.EPERM):
        return f"没有写入权限：{directory}。请执行 chown -R {_user_name()} {directory} 后重新启动。"
    if failure.errno == errno.EROFS:
        return f"目录所在的磁盘是只读的：{directory}。请重新以可写方式挂载，或用 DATA_DIR 换到别的目录。"
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"磁盘已满：{directory}。请清理磁盘或用 DATA_DIR 换到别的磁盘。"
    return f"无法写入目录 {directory}:{failure.strerror}。请检查磁盘。"


def _user_name() -> str:
    with contextlib.suppress(KeyError, ImportError):
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    return str(os.getuid())


def sqlite_problem(path: Path | str) -> str:
    """Why the embedded database at ``path`` cannot be used; empty when it can (also when it does not exist yet)."""
    path = Path(path)
    if problem := directory_problem(path.parent):
        return problem
    if path.is_dir():
        return f"数据库路径是一个目录：{path}。请在 DATABASE_URL 中写到文件名为止。"
    # Asked, not opened: closing a file that SQLite has open in this process would drop SQLite's locks on it.
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"数据库文件不可写：{path}。请检查磁盘是否只读，或执行 chown {_user_name()} {path} 后重新启动。"
    return ""


def usable_directory(directory: Path) -> Path:
    """``directory``, made when missing; ends the process with one clear line when nothing can be written there."""
    if problem := directory_problem(directory, create=True):
        refuse(problem)
    return directory


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for ``sqlite:///path`` or ``postgres://user:password@host:port/name``; ends the process for others."""
    try:
        found = dj_database_url.parse(url)
    except ValueError:  # its message may repeat the password
        found = {}
    if found.get("ENGINE") not in ("django.db.backends.sqlite3", "django.db.backends.postgresql") or not found.get(
        "NAME"
    ):
        refuse(
            "DATABASE_URL 无效。请写成 sqlite:////绝对路径/文件名.sqlite3 或 postgres://用户:密码@主机:5432/数据库名。"
        )
    return found


def preflight() -> None:
    """Refuse to start, in one line, when the data directory or the database cannot be used.

    For commands that keep running (``serve``, ``worker``); needs configured settings.
    """
    from django.conf import settings
    from django.db import Error, connection

    usable_directory(Path(settings.DATA_DIR))
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as failure:
        refuse(explain(failure) or f"无法打开数据库({type(failure).__name__})。请检查 DATABASE_URL。")


def explain(failure: BaseException) -> str:
    """What a database failure means to the user, and what to do; empty when it is not one of the known kinds.

    ``failure``: a ``django.db.Error`` (or the driver's own). The answer never repeats values of the failed statement.
    """
    text = str(failure).lower()
    for signs, meaning in _MEANINGS:
        if any(sign in text for sign in signs):
            return meaning
    return str(failure) if "。" in str(failure) else ""  # our own engine already speaks to the user


_MEANINGS = [
    (
        ("database or disk is full", "no space left"),
        "磁盘已满，刚才的修改没有保存（原有数据不受影响）。请清理磁盘空间后重试。",
    ),
    (
        ("readonly database", "read-only transaction", "read-only file system"),
        "数据库目前只能读取，修改没有保存。请检查数据库文件和目录的写入权限。",
    ),
    (
        ("permission denied for", "must be owner of"),
        "数据库账户没有写入权限，修改没有保存。请让数据库管理员给该账户授权。",
    ),
    (
        ("database is locked", "lock timeout", "lock_timeout"),
        "有其他操作正在写入，等待超时，修改没有保存。请稍后重试。",
    ),
    (("disk i/o error",), "读写磁盘出错，修改没有保存。请检查磁盘后重试。"),
    (("malformed", "file is not a database"), "数据库文件已损坏。请停止系统，并从最近的备份恢复。"),
    (
        (
            "connection refused",
            "could not connect",
            "connection timeout",
            "server closed the connection",
            "is starting up",
        ),
        "连接不上数据库服务器。请检查数据库是否已启动，以及 DATABASE_URL 中的地址和端口。",
    ),
    (
        ("password authentication failed", "no password supplied"),
        "数据库拒绝了用户名或密码。请检查 DATABASE_URL。",
    ),
    (("does not exist", "no such table"), "数据库或数据表不存在。请先执行 manage.py migrate。"),
    (("statement timeout", "canceling statement"), "查询用时过长，已被中止。请缩小范围后重试。"),
    (("too many clients", "remaining connection slots"), "数据库连接数已满。请稍后重试，或调大数据库的连接上限。"),
]
