"""What can go wrong with grades and classes."""

from shared.errors import Conflict, Invalid, NotFound


class GradeNotFound(NotFound):
    """没有找到该年级。"""

    code = "grade_not_found"


class ClassNotFound(NotFound):
    """没有找到该班级。"""

    code = "class_not_found"


class ParamInvalid(Invalid):
    """填写的内容有误，请按提示修改。"""

    code = "param_invalid"


class GradeNameTaken(Conflict):
    """本校已有同名的年级。"""

    code = "name_taken"


class ClassNameTaken(Conflict):
    """该年级已有同名的班级。"""

    code = "name_taken"


class InUse(Conflict):
    """已有读者使用，不能删除；可以改为禁用。"""

    code = "in_use"


class GradeHasClasses(Conflict):
    """该年级下还有班级，不能删除。"""

    code = "grade_has_classes"
