"""What can go wrong with readers, imports and approvals."""

from shared.errors import Conflict, Invalid, NotFound, TooManyRequests


class ReaderNotFound(NotFound):
    """没有找到该读者。"""

    code = "reader_not_found"


class ReaderInvalid(Invalid):
    """读者信息填写有误，请按提示修改。"""

    code = "reader_invalid"


class ReaderExists(Conflict):
    """本校已有使用该身份证号的读者。"""

    code = "reader_exists"


class ReaderLocked(Conflict):
    """该读者已审核，身份证号、姓名和预设读者证号不能再修改。"""

    code = "reader_locked"


class ReaderBeingCarded(Conflict):
    """该读者已审核，正在办证，请稍候再操作。"""

    code = "reader_being_carded"


class ReaderHasCard(Conflict):
    """该读者已办证，不能删除；如需停用，请联系区县图书馆注销读者证。"""

    code = "reader_has_card"


class ReaderHadCard(Conflict):
    """该读者办过读者证，登记和授权书须留存，不能删除。"""

    code = "reader_had_card"


class NotApprovable(Conflict):
    """只有待审核的读者可以审核。"""

    code = "not_approvable"


class NotReturnable(Conflict):
    """只有待审核的读者可以退回。"""

    code = "not_returnable"


class SortTooWide(Invalid):
    """全市范围只能按登记时间排序，请先选择学校。"""

    code = "sort_too_wide"


class CountsTooWide(Invalid):
    """请先选择一所学校，再查看各班人数。"""

    code = "counts_too_wide"


class ChoiceUnclear(Invalid):
    """请选择读者，或给出检索条件，二者选一。"""

    code = "choice_unclear"


class BatchNotFound(NotFound):
    """没有找到该批次。"""

    code = "batch_not_found"


class BatchNotDraft(Conflict):
    """该批次已确认或已取消，不能再操作。"""

    code = "batch_not_draft"


class NothingToApprove(Invalid):
    """没有符合条件的待审核读者。"""

    code = "nothing_to_approve"


class NothingRejected(NotFound):
    """该批次没有被拒绝的数据，或文件已按规定清除。"""

    code = "nothing_rejected"


class BatchNotConfirmed(Conflict):
    """该批次没有确认导入，无需撤销。"""

    code = "batch_not_confirmed"


class ImportUnfinished(Conflict):
    """该批次尚未导入完成，请完成后再撤销。"""

    code = "import_unfinished"


class NothingToUndo(Conflict):
    """该批次没有新建或修改读者，或已超过可撤销的期限（30天）。"""

    code = "nothing_to_undo"


class ImportedApproved(Conflict):
    """该批次中已有读者通过审核或办过读者证，不能撤销整个批次。"""

    code = "imported_approved"


class ImportedChanged(Conflict):
    """该批次中已有读者在导入之后被修改，不能撤销整个批次。"""

    code = "imported_changed"


class AnswerUnknown(Invalid):
    """所选班级不存在或已禁用，请重新选择。"""

    code = "class_answer_invalid"


class UploadsBusy(TooManyRequests):
    """正在读取的表格太多，请稍后再上传。"""

    code = "uploads_busy"


class SchoolUploadsBusy(TooManyRequests):
    """本校已有几份表格正在读取，请等它们读完再上传。"""

    code = "school_uploads_busy"


class ClassNotFound(NotFound):
    """没有找到该班级。"""

    code = "class_not_found"


class ConsentMissing(Conflict):
    """该读者没有监护人授权书，按本区县的规定不能审核。"""

    code = "consent_missing"


class ConsentWithdrawn(Conflict):
    """监护人已撤回授权，不能审核；重新取得授权书后再审核。"""

    code = "consent_withdrawn"


class PaperOlderThanWithdrawal(Conflict):
    """有学生的监护人在签名之后撤回了授权，没有登记任何授权书。"""

    code = "paper_older_than_withdrawal"


class SignedBeforeWithdrawal(Conflict):
    """监护人在签名之后撤回了授权，不能合并。请退回这份登记，由监护人重新签名提交。"""

    code = "signed_before_withdrawal"


class ConsentTooWide(Invalid):
    """请先选择一所学校，再按授权书筛选。"""

    code = "consent_too_wide"


class ConsentNotFound(NotFound):
    """没有找到该授权书。"""

    code = "consent_not_found"


class NoConsentInForce(Conflict):
    """该读者没有有效的授权书，无需撤回。"""

    code = "no_consent_in_force"


class ConsentTextInvalid(Invalid):
    """授权书文本填写有误，请按提示修改。"""

    code = "consent_text_invalid"


class LinkNotFound(NotFound):
    """登记链接不存在、已停用或已过期，请向学校索取新的二维码。"""

    code = "link_not_found"


class LinkFull(TooManyRequests):
    """该链接收到的登记太多，学校尚未核对；请稍后再提交，或联系学校。"""

    code = "link_full"


class LinkRevoked(Conflict):
    """该链接已停用。"""

    code = "link_revoked"


class LinkInvalid(Invalid):
    """链接信息填写有误，请按提示修改。"""

    code = "link_invalid"


class RegistrationNotFound(NotFound):
    """没有找到该登记。"""

    code = "registration_not_found"


class RegistrationInvalid(Invalid):
    """登记信息填写有误，请按提示修改。"""

    code = "registration_invalid"


class RegistrationDecided(Conflict):
    """该登记已处理，不能再操作。"""

    code = "registration_decided"


class RegistrationMeetsAnother(Conflict):
    """更正后的身份证号属于本校另一名读者。如是同一名学生，请先删除由该登记新增的读者再合并；否则请退回登记。"""

    code = "registration_meets_another"


class RegistrationClosed(Conflict):
    """学校已审核，登记信息不能再修改；如有错误，请联系学校。"""

    code = "registration_closed"


class SendingKeyReused(Invalid):
    """该登记已提交过，内容与这次不同；请凭回执修改。"""

    code = "idempotency_key_reused"


class TooManyVisits(TooManyRequests):
    """访问过于频繁，请几分钟后再试。"""

    code = "too_many_visits"


class ProofNeeded(TooManyRequests):
    """当前提交的人很多，请稍候，系统正在自动完成一次验证。"""

    code = "proof_needed"
