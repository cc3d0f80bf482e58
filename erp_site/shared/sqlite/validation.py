"""System checks of the embedded engine, shown by ``migrate`` and ``check --database default``."""

from django.core import checks
from django.db.backends.base.validation import BaseDatabaseValidation
from django.utils.translation import gettext as _

from erp_site.shared.startup import sqlite_problem

from .driver import SOUND_WAL

NETWORK_FILE_SYSTEMS = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.glusterfs",
    ]
)


def file_system_of(path: str, mounts: str = "/proc/mounts") -> str:
    """Type of the file system that holds ``path`` (``ext4``, ``nfs4`` …); empty where the system does not tell."""
    best, kind = "", ""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                _device, target, this_kind, *_rest = line.split()
                target = target.replace("\\040", " ")
                inside = path == target or path.startswith(target.rstrip("/") + "/")
                if inside and len(target) >= len(best):
                    best, kind = target, this_kind
    except (OSError, ValueError):
        return ""
    return kind


class DatabaseValidation(BaseDatabaseValidation):
    """Says what the engine had to give up on this machine, and what stops it altogether."""

    def check(self, **kwargs) -> list[checks.CheckMessage]:
        """Warnings W001 (old library), W002 (network disk); error E001 (directory or file unusable)."""
        path = self.connection.file_path
        if not path:
            return []
        if problem := sqlite_problem(path):
            return [checks.Error(problem, id="sqlite.E001")]
        found = []
        version = self.connection.Database.sqlite_version_info
        if version < SOUND_WAL:
            found.append(
                checks.Warning(
                    _("SQLite %(version)s 在多进程写入时可能损坏数据库，已改用较慢但安全的 DELETE 日志模式。")
                    % {"version": ".".join(map(str, version))},
                    hint=_("请安装 pysqlite3(make install)，或改用 PostgreSQL。"),
                    id="sqlite.W001",
                )
            )
        if (kind := file_system_of(path)) in NETWORK_FILE_SYSTEMS:
            found.append(
                checks.Warning(
                    _("数据库文件在网络磁盘(%(kind)s)上，不能使用 WAL，断网时有丢失数据的危险。") % {"kind": kind},
                    hint=_("请用 DATA_DIR 把数据放到本机磁盘，或改用 PostgreSQL。"),
                    id="sqlite.W002",
                )
            )
        return found
