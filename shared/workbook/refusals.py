"""The sentences with which a whole file is refused, where more than one place says them.

Each says what is the matter and what to do about it, to somebody who knows Excel and nothing of file formats.
"""

from shared.workbook.roster import WorkbookRefused

SAVE_AS = "请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。"
ACCEPTED = "请上传 .xlsx、.xls、.ods 或 .csv 文件。"


def corrupt() -> WorkbookRefused:
    """Damaged, cut off, or not what it claims to be."""
    return WorkbookRefused("corrupt", f"文件已损坏或没有上传完整，无法读取。{SAVE_AS}")


def encrypted() -> WorkbookRefused:
    """Needs a password."""
    return WorkbookRefused("encrypted", "文件设有打开密码。请在 WPS 或 Excel 中取消密码后重新上传。")


def not_a_spreadsheet(what: str) -> WorkbookRefused:
    """Something else; `what` is 这是…"""
    return WorkbookRefused("not_a_spreadsheet", f"{what}，不是电子表格。{ACCEPTED}")


def unsupported(what: str) -> WorkbookRefused:
    """A spreadsheet in a format that is not read; `what` is 这是…"""
    return WorkbookRefused("unsupported_format", f"{what}，不能直接读取。{SAVE_AS}")


def unsafe(what: str) -> WorkbookRefused:
    """Built to do harm, or as if it were; `what` is 文件…"""
    return WorkbookRefused("unsafe", f"{what}，已拒绝读取。{SAVE_AS}")


def too_many_rows(most: int) -> WorkbookRefused:
    """More rows than one import takes."""
    return WorkbookRefused("too_large", f"名单超过 {most} 行。请按年级或班级分成几个文件上传。")


def too_many_cells() -> WorkbookRefused:
    """More content than a roster has."""
    return WorkbookRefused(
        "too_large",
        "表格内容过多。请只保留学生名单（删除下方和右侧多余的行列、其他工作表），或分成几个文件上传。",
    )


def too_costly() -> WorkbookRefused:
    """Ran into the limits of time or memory."""
    return WorkbookRefused("too_large", "读取这个表格所需的时间或内存超过限制。请只保留学生名单，或分成几个文件上传。")


def empty() -> WorkbookRefused:
    """Nothing in it."""
    return WorkbookRefused("empty_file", "文件是空的，没有任何内容。请确认上传的是填好的名单。")
