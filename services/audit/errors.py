"""What can go wrong with the log."""

from shared.errors import Malformed, NotFound


class EntryNotFound(NotFound):
    """没有找到该条日志。"""

    code = "log_entry_not_found"


class MomentMalformed(Malformed):
    """时间格式不正确，应为日期（2026-09-01）或时间（2026-09-01T08:00:00+08:00）。"""

    code = "moment_malformed"
