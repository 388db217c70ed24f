"""What can go wrong with batches."""

from shared.errors import Malformed, NotFound


class BatchNotFound(NotFound):
    """没有找到该批次。"""

    code = "batch_not_found"


class WindowTooWide(Malformed):
    """一次最多统计 100 天。"""

    code = "window_too_wide"


class MomentMalformed(Malformed):
    """时间应写作 2026-09-01，或带时区的 2026-09-01T08:00:00+08:00。"""

    code = "moment_malformed"
