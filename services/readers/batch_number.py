"""Batch numbers: 19 digits, sortable by time, safe as strings (批次号, appendix 3 §2.2)."""

import secrets
from datetime import datetime


def new_batch_no(now: datetime) -> str:
    """Milliseconds since 1970 (13 digits) and six random ones; below 2^63 until the year 2262."""
    return f"{int(now.timestamp() * 1000)}{secrets.randbelow(10**6):06}"
