"""What can go wrong with cards."""

from shared.errors import Conflict, FieldError, Invalid, Malformed, NotFound, TooManyRequests


class CardNotFound(NotFound):
    """没有找到该读者证。"""

    code = "card_not_found"


class StepRefused(Conflict):
    """读者证当前的状态不允许此操作。"""

    code = "step_refused"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, [FieldError(code, detail)])


class SerialsExhausted(Conflict):
    """本区县今年的读者证号已经用完，请联系市级管理员。"""

    code = "serials_exhausted"


class TooManyCards(Invalid):
    """一次最多办理5000张读者证，请缩小范围后分次办理。"""

    code = "too_many_cards"


class SelectionNeeded(Invalid):
    """请选择读者证，或指定学校、年级、班级等范围。"""

    code = "selection_needed"


class ReasonUnfit(Invalid):
    """请为此操作选择适用的原因和截止日期。"""

    code = "reason_unfit"


class DistrictNeeded(Invalid):
    """请指定区县。"""

    code = "district_needed"


class EffectiveDayPast(Invalid):
    """生效日期不能早于今天。"""

    code = "effective_day_past"


class ForeignItemsTooMany(Invalid):
    """外文册数不能超过可借册数。"""

    code = "foreign_items_too_many"


class TermsChanging(Conflict):
    """其他人正在修改借阅权限，请刷新后重试。"""

    code = "terms_changing"


class CredentialMalformed(Invalid):
    """请填写15位读者证号、18位身份证号或9位社保卡号。"""

    code = "credential_malformed"


class CredentialTaken(Conflict):
    """该社保卡已登记在另一张读者证上。"""

    code = "credential_taken"


class TooManyLookups(TooManyRequests):
    """查询过于频繁，请一分钟后再试。"""

    code = "too_many_lookups"


class FormerCardTaken(Conflict):
    """该原读者卡已办理过更换。"""

    code = "former_card_taken"


class RefundNotFound(NotFound):
    """没有找到该押金退还。"""

    code = "refund_not_found"


class RefundStepRefused(Conflict):
    """押金退还当前的状态不允许此操作。"""

    code = "refund_step_refused"


class DocumentsMissing(Invalid):
    """证件不全，不能退还押金。"""

    code = "documents_missing"


class DayTooFar(Invalid):
    """日期应在今天前后一年之内。"""

    code = "day_too_far"


class ExportTooLarge(Invalid):
    """要导出的读者证超过10万张，请缩小检索范围后分次导出。"""

    code = "export_too_large"


class WindowTooWide(Malformed):
    """一次最多统计 100 天。"""

    code = "window_too_wide"
