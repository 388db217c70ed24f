"""Which rows are pupils, and which sheets."""

from openpyxl.worksheet.worksheet import Worksheet

from tests.workbook.building import Finish, book, table
from tests.workbook.case import Case, clean
from tests.workbook.people import TITLES, id_number, phone, pupil, pupils

_NUMBERED = ("序号", *TITLES)
_MISSING_ALL_BUT_NAME = ("id_missing", "phone_missing", "district_missing")


def _numbered(count: int, first: int = 0) -> list[list[object]]:
    return [[at + 1, *row] for at, row in enumerate(pupils(count, first), first)]


def _hide_rows(*numbers: int) -> Finish:
    def finish(sheet: Worksheet) -> None:
        for number in numbers:
            sheet.row_dimensions[number].hidden = True

    return finish


def _merge(*ranges: str) -> Finish:
    def finish(sheet: Worksheet) -> None:
        for reference in ranges:
            sheet.merge_cells(reference)

    return finish


CASES = (
    Case(
        name="prefilled_numbers",
        why="序号 drawn down to 100 while two pupils are entered",
        build=table([_NUMBERED, *_numbered(2), *[[at] for at in range(3, 101)]]),
        rows=clean(2, 3),
        skipped=[(str(at + 1), "prefilled") for at in range(3, 101)],
    ),
    Case(
        name="prefilled_numbers_and_district",
        why="序号, class and district drawn down below the last pupil",
        build=table([_NUMBERED, *_numbered(1), [2, None, None, None, None, None, "三年级2班", "渝中"]]),
        rows=clean(2),
        skipped=[("3", "prefilled")],
    ),
    Case(
        name="sample_row_marked_in_a_column",
        why="例 in 序号 and 此行不录 in 备注: not a pupil, though everything in it is right",
        build=table([[*_NUMBERED, "备注"], ["例", *pupil(7), "此行不录"], *_numbered(2)]),
        rows=clean(3, 4),
        skipped=[("2", "sample")],
    ),
    *(
        Case(
            name=f"sample_row_by_name_{at}",
            why="the sample says in its name that it is one",
            build=table([TITLES, pupil(7, name=shown), *pupils(1)]),
            rows=clean(3),
            skipped=[("2", "sample")],
        )
        for at, shown in enumerate(("张三（示例）", "示例", "（例）张三", "示例：张三", "例：张三", "样例张三"))
    ),
    Case(
        name="sample_row_by_its_number",
        why="例如： stands before the sample's ID number",
        build=table([TITLES, pupil(7, id_number=f"例如：{id_number(7)}"), *pupils(1)]),
        rows=clean(3),
        skipped=[("2", "sample")],
    ),
    Case(
        name="subtotals_between_classes",
        why="each class ends with its own sum",
        build=table(
            [TITLES, *pupils(2), ["三年级2班小计", "2人"], *pupils(2, first=2), ["本页合计", 4], ["（以下空白）"]]
        ),
        rows=clean(2, 3, 5, 6),
        skipped=[("4", "total"), ("7", "total"), ("8", "note")],
    ),
    Case(
        name="names_that_look_like_samples",
        why="范例, 单位 and 合计 can be somebody's name when everything else is there",
        build=table(
            [TITLES, pupil(0, name="范例"), pupil(1, name="单位"), pupil(2, name="合计"), pupil(3, name="模凡")]
        ),
        rows=clean(2, 3, 4, 5),
    ),
    Case(
        name="totals_and_notes_below",
        why="合计, who filled it in, when, and a remark, as at the foot of every list",
        build=table(
            [
                TITLES,
                *pupils(2),
                ["合计", "2人"],
                ["填表人：", "赵老师", "填表日期：", "2026年3月1日"],
                ["注：本表一式两份，学校留存一份，图书馆留存一份。"],
                ["校长签字："],
                ["2026年3月1日"],
                ["※以上信息均经家长确认"],
            ]
        ),
        rows=clean(2, 3),
        skipped=[("4", "total"), *[(str(at), "note") for at in range(5, 10)]],
    ),
    *(
        Case(
            name=f"total_{at}",
            why="totals come in many words",
            build=table([TITLES, *pupils(1), [shown]]),
            rows=clean(2),
            skipped=[("3", "total")],
        )
        for at, shown in enumerate(
            ("总计：45人", "共45人", "小计", "总人数", "合  计", "男生25人，女生20人", "合计：男25人 女20人")
        )
    ),
    Case(
        name="blank_rows_between",
        why="blank rows separate groups; rows after them count",
        build=table([TITLES, *pupils(1), [], [" ", None, "\u00a0"], *pupils(1, first=1)]),
        rows=clean(2, 5),
    ),
    Case(
        name="class_title_rows",
        why="a merged line with the class above each group of pupils is no pupil",
        build=table(
            [
                TITLES,
                ["三年级1班"],
                pupil(0, class_=None),
                pupil(1),
                ["三年级2班（班主任：赵老师）"],
                pupil(2, class_=None),
            ],
            finish=_merge("A2:G2", "A5:G5"),
        ),
        rows=clean(3, 4, 6),
        skipped=[("2", "note"), ("5", "note")],
        values={"3": {"class": "三年级1班"}, "4": {"class": "三年级2班"}, "6": {"class": "三年级2班"}},
        changes={"3": {"class": ["section"]}, "4": {}},
    ),
    Case(
        name="only_a_name",
        why="a row with nothing but a name is a pupil with reasons, never passed over",
        build=table([TITLES, [None, "王小明"], *pupils(1)]),
        rows={"2": _MISSING_ALL_BUT_NAME, "3": ()},
    ),
    Case(
        name="only_a_phone",
        why="a row with nothing but a phone as well",
        build=table([TITLES, [None, None, phone(1)], *pupils(1)]),
        rows={"2": ("id_missing", "name_missing", "district_missing"), "3": ()},
    ),
    Case(
        name="hidden_row",
        why="a hidden pupil: whether she is meant, only the teacher knows",
        build=table([TITLES, *pupils(3)], finish=_hide_rows(3)),
        refusal="hidden_rows",
        says="第 3 行",
    ),
    Case(
        name="hidden_rows_without_pupils",
        why="hidden notes and blank rows hide nobody",
        build=table([TITLES, *pupils(2), [], ["合计"]], finish=_hide_rows(4, 5)),
        rows=clean(2, 3),
        skipped=[("5", "total")],
    ),
    Case(
        name="filtered_rows",
        why="rows filtered away are hidden rows",
        build=table([TITLES, *pupils(12)], finish=_hide_rows(*range(3, 14))),
        refusal="hidden_rows",
        says="共 11 行",
    ),
    Case(
        name="merged_class_and_district",
        why="class and district merged over all their pupils hold for each of them",
        build=table(
            [TITLES, pupil(0), pupil(1, class_=None, district=None), pupil(2, class_=None, district=None)],
            finish=_merge("F2:F4", "G2:G4"),
        ),
        rows=clean(2, 3, 4),
        values={"4": {"class": "三年级2班", "home_district": "渝中"}},
        changes={"4": {"class": ["merged"], "home_district": ["merged"]}},
    ),
    Case(
        name="one_sheet_per_class",
        why="sheets with the same header are read together, and rows say on which sheet they stand",
        build=book({"三年级1班": [TITLES, *pupils(2)], "三年级2班": [TITLES, *pupils(2, first=2)]}),
        rows=clean("三年级1班!2", "三年级1班!3", "三年级2班!2", "三年级2班!3"),
    ),
    Case(
        name="class_from_the_sheets_name",
        why="a sheet per class often has no column for it",
        build=book(
            {
                "三(1)班": [TITLES[:5] + TITLES[6:], *[[*row[:5], row[6]] for row in pupils(1)]],
                "三(2)班": [TITLES[:5] + TITLES[6:], *[[*row[:5], row[6]] for row in pupils(1, first=1)]],
            }
        ),
        rows=clean("三(1)班!2", "三(2)班!2"),
        values={"三(2)班!2": {"class": "三(2)班"}},
        changes={"三(2)班!2": {"class": ["sheet_name"]}},
    ),
    Case(
        name="empty_sheets_beside",
        why="Sheet2 and Sheet3 have been empty since Excel 97",
        build=book({"Sheet1": [TITLES, *pupils(1)], "Sheet2": [], "Sheet3": []}),
        rows=clean(2),
    ),
    Case(
        name="sheet_of_instructions",
        why="填写说明 with an ID number as an example is no roster",
        build=book(
            {
                "填写说明": [["1. 身份证号填18位，例如500103201501019974"], ["2. 电话填11位，例如13000000000"]],
                "名单": [TITLES, *pupils(1)],
            }
        ),
        rows=clean(2),
        skipped=[("填写说明", "other_sheet")],
    ),
    Case(
        name="statistics_beside",
        why="a sheet that only counts",
        build=book({"名单": [TITLES, *pupils(1)], "统计": [["班级", "人数"], ["三年级2班", 1]]}),
        rows=clean(2),
        skipped=[("统计", "other_sheet")],
    ),
    Case(
        name="list_of_teachers_beside",
        why="teachers' names and phones are no pupils",
        build=book({"名单": [TITLES, *pupils(1)], "班主任": [["姓名", "联系电话"], ["赵老师", phone(3)]]}),
        rows=clean(2),
        skipped=[("班主任", "other_sheet")],
    ),
    Case(
        name="hidden_roster_beside",
        why="a hidden sheet with pupils is not read, and it is said",
        build=book({"名单": [TITLES, *pupils(1)], "旧名单": [TITLES, *pupils(2, first=9)]}, hidden=["旧名单"]),
        rows=clean(2),
        skipped=[("旧名单", "hidden_sheet")],
    ),
    Case(
        name="hidden_dictionary_beside",
        why="the lists behind a template are nobody's loss",
        build=book({"名单": [TITLES, *pupils(1)], "列表": [["渝中"], ["江津"]]}, hidden=["列表"]),
        rows=clean(2),
    ),
    Case(
        name="all_hidden",
        why="the only roster is on a hidden sheet",
        build=book({"首页": [["欢迎"]], "名单": [TITLES, *pupils(2)]}, hidden=["名单"]),
        refusal="no_data",
        says="隐藏",
    ),
    Case(
        name="roster_and_its_copy",
        why="a list of all beside the lists of classes: the same pupils twice",
        build=book(
            {
                "汇总": [TITLES, *pupils(6)],
                "三年级1班": [TITLES, *pupils(3)],
                "三年级2班": [TITLES, *pupils(3, first=3)],
            }
        ),
        refusal="multiple_data_sheets",
        says="重复",
    ),
    Case(
        name="second_sheet_without_header",
        why="half a roster would be read: refused",
        build=book({"1班": [TITLES, *pupils(2)], "2班": pupils(3, first=5)}),
        refusal="multiple_data_sheets",
        says="2班",
    ),
    Case(
        name="sheets_with_different_headers",
        why="each sheet is read by its own header",
        build=book(
            {
                "1班": [TITLES, *pupils(1)],
                "2班": [["姓名", "身份证号码", "区县", "手机"], [pupil(1)[1], pupil(1)[0], "江津区", pupil(1)[2]]],
            }
        ),
        rows=clean("1班!2", "2班!2"),
        values={"2班!2": {"id_number": id_number(1), "home_district": "江津区"}},
    ),
    Case(
        name="duplicates_within_the_file",
        why="the same pupil twice: the second is told where the first stands",
        build=table([TITLES, pupil(0), pupil(1), pupil(0)]),
        rows={"2": (), "3": (), "4": ("id_duplicate",)},
    ),
    Case(
        name="duplicates_across_sheets",
        why="two classes claim one pupil",
        build=book({"1班": [TITLES, *pupils(4)], "2班": [TITLES, pupil(0), *pupils(3, first=4)]}),
        rows={
            **clean(*[f"1班!{at}" for at in range(2, 6)]),
            "2班!2": ("id_duplicate",),
            **clean(*[f"2班!{at}" for at in range(3, 6)]),
        },
    ),
    Case(
        name="returned_workbook",
        why="a workbook that was returned is uploaded again: its first column means nothing",
        build=table([["未导入原因", *TITLES], ["姓名：没有填写姓名。", *pupil(0)], ["身份证号：…", *pupil(1)]]),
        rows=clean(2, 3),
    ),
    Case(
        name="nothing_in_it",
        why="a workbook without a single cell",
        build=table([]),
        refusal="empty_file",
        says="空",
    ),
    Case(
        name="only_blanks_in_it",
        why="blanks are nothing",
        build=table([[" ", "\u3000"], ["\u00a0"]]),
        refusal="empty_file",
        says="空",
    ),
)
