"""An entry as a sentence a teacher reads: who did what to whom.

Sentences are made when the log is read, so that a better wording reaches old entries too. `{…}` are fields of the
event's body, or one of the parts made in `_parts`.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.audit.labels import FIELDS, HOWS, KINDS, SCOPES, SERVICES, label
from services.audit.schemas import Language

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "district.opened": ("开通了区县{name}（{code}）", "opened district {name} ({code})"),
    "school.opened": ("开通了学校“{name}”", "opened school “{name}”"),
    "school.changed": ("修改了学校“{name}”的资料{disabled}", "changed school “{name}”{disabled}"),
    "user.created": ("新增了{scope}用户“{username}”", "created {scope} user “{username}”"),
    "user.changed": ("修改了用户“{username}”的资料{fields}", "changed user “{username}”{fields}"),
    "user.disabled": ("停用了用户“{username}”", "disabled user “{username}”"),
    "user.enabled": ("重新启用了用户“{username}”", "enabled user “{username}” again"),
    "user.password_changed": ("修改了用户“{username}”的密码", "changed the password of user “{username}”"),
    "user.logged_in": ("登录了系统", "logged in"),
    "user.login_failed": (
        "以错误的密码尝试登录用户“{username}”{locked}",
        "tried to log in as user “{username}” with a wrong password{locked}",
    ),
    "session.revoked": ("{ended}", "{ended}"),
    "grade.created": ("新增了年级“{name}”{disabled}", "created grade “{name}”{disabled}"),
    "grade.changed": ("修改了年级“{name}”{disabled}", "changed grade “{name}”{disabled}"),
    "grade.deleted": ("删除了年级“{name}”", "deleted grade “{name}”"),
    "class.created": ("新增了班级“{name}”{disabled}", "created class “{name}”{disabled}"),
    "class.changed": ("修改了班级“{name}”{disabled}", "changed class “{name}”{disabled}"),
    "class.deleted": ("删除了班级“{name}”", "deleted class “{name}”"),
    "reader.created": ("新增了读者{person}", "created reader {person}"),
    "reader.changed": ("修改了读者{person}的资料{fields}", "changed reader {person}{fields}"),
    "reader.deleted": ("删除了读者{person}", "deleted reader {person}"),
    "reader.approved": ("审核通过了读者{person}{wanted}", "approved reader {person}{wanted}"),
    "reader.returned": ("退回了读者{person}{reason}", "returned reader {person}{reason}"),
    "reader.revealed": (
        "查看了读者{person}的完整身份证号和电话",
        "was shown the full ID number and phones of reader {person}",
    ),
    "reader.exported": ("导出了{count}名读者{conditions}{unmasked}", "exported {count} readers{conditions}{unmasked}"),
    "card.issued": ("为读者{masked_name}办理了读者证{card_no}", "issued card {card_no} to reader {masked_name}"),
    "card.refused": ("未能为读者办证：{detail}", "could not issue a card: {detail}"),
    "card.made_physical": ("为读者证{card_no}申请了实体证{fee}", "asked for a physical card {card_no}{fee}"),
    "card.printed": ("制作了实体证{card_no}", "printed card {card_no}"),
    "card.handed_out": ("发放了实体证{card_no}", "handed out card {card_no}"),
    "card.lost": ("登记了读者证{card_no}挂失", "reported card {card_no} lost"),
    "card.found": ("解除了读者证{card_no}的挂失", "reported card {card_no} found"),
    "card.looked_up": ("查询了读者证{card_no}是否可用", "looked up whether card {card_no} is good"),
    "card.not_found": ("查询读者证，没有找到", "looked up a card and found none"),
    "card.exported": ("导出了{count}张读者证{conditions}", "exported {count} cards{conditions}"),
    "card.credential_added": (
        "为读者证{card_no}登记了社保卡",
        "added a social security card to card {card_no}",
    ),
    "card.former_exchanged": (
        "将原读者卡{former_card_no}换成了读者证{card_no}{deposit}",
        "exchanged former card {former_card_no} for card {card_no}{deposit}",
    ),
    "card.refund_opened": ("为读者证{card_no}开立了押金退还{amount}", "opened the refund of card {card_no}{amount}"),
    "card.refund_checked": (
        "核对了读者证{card_no}押金退还的证件{amount}{collector}",
        "checked the documents for the refund of card {card_no}{amount}{collector}",
    ),
    "card.refund_paid_out": (
        "退还了读者证{card_no}的押金{amount}{collector}",
        "paid out the refund of card {card_no}{amount}{collector}",
    ),
    "card.privileges_changed": (
        "修改了借阅权限，自{effective_on}起生效",
        "changed what cards allow from {effective_on} on",
    ),
    "card.replaced": (
        "补办了读者证：{previous_card_no}换成{card_no}{reason}{fee}",
        "replaced card {previous_card_no} by {card_no}{reason}{fee}",
    ),
    "card.suspended": ("停用了读者证{card_no}{until}{reason}", "suspended card {card_no}{until}{reason}"),
    "card.resumed": ("恢复了读者证{card_no}{reason}", "resumed card {card_no}{reason}"),
    "card.closed": ("注销了读者证{card_no}{reason}", "closed card {card_no}{reason}"),
    "consent.recorded": (
        "登记了读者{person}的授权书（{how}，第{text_version}版）",
        "recorded the consent for reader {person} ({how}, text version {text_version})",
    ),
    "consent.withdrawn": ("{withdrawn}", "{withdrawn}"),
    "consent_text.published": ("发布了第{version}版授权书文本", "published version {version} of the consent text"),
    "consent_setting.changed": ("{consent_mode}", "{consent_mode}"),
    "registration.opened": ("开通了一个扫码登记链接", "opened a link for QR registration"),
    "registration.revoked": ("停用了一个扫码登记链接", "revoked a link for QR registration"),
    "registration.submitted": ("提交了{person}的登记", "sent a registration of {person}"),
    "registration.corrected": (
        "修改了{person}的登记{fields}",
        "corrected the registration of {person}{fields}",
    ),
    "registration.merged": (
        "核对了{person}的登记，{merged}",
        "checked the registration of {person}: {merged}",
    ),
    "registration.revealed": (
        "查看了{person}的登记中的完整身份证号和电话",
        "was shown the full ID number and phones in the registration of {person}",
    ),
    "registration.withdrawn": ("撤回了{person}的登记", "withdrew the registration of {person}"),
    "registration.rejected": ("退回了{person}的登记{reason}", "rejected the registration of {person}{reason}"),
    "batch.opened": ("准备了{kind}批次，共{total}项{filename}", "prepared an {kind} batch of {total}{filename}"),
    "batch.confirmed": ("确认了{kind}批次，共{total}项{filename}", "confirmed an {kind} batch of {total}{filename}"),
    "batch.cancelled": ("{cancelled}", "{cancelled}"),
    "batch.undone": (
        "撤销了{kind}批次：删除{deleted}名读者，恢复{restored}名读者的原有资料",
        "undid an {kind} batch: {deleted} readers deleted, {restored} given their former values",
    ),
    "batch.item_failed": ("未能完成{item}：{detail}", "failed at {item}: {detail}"),
    "batch.item_skipped": ("跳过了{item}：{detail}", "skipped {item}: {detail}"),
    "batch.item_unchanged": ("核对了{item}，与已有读者相同", "found {item} the same as the existing reader"),
    "batch.items_imported": ("导入了批次中的{items}项", "imported {items} items of a batch"),
    "readers.approved": ("审核通过了{readers}名读者", "approved {readers} readers"),
    "cards.issued": ("为{cards}名读者办理了读者证", "issued the cards of {cards} readers"),
    "batch.completed": (
        "完成了{kind}批次：共{total}项，成功{succeeded}项，失败{failed}项，跳过{skipped}项",
        "completed an {kind} batch: {total} items, {succeeded} succeeded, {failed} failed, {skipped} skipped",
    ),
}


def summarize(entity: str, fact: str, body: Mapping[str, Any], language: Language) -> str:
    """A sentence; facts that came after this version are named by their entity and fact."""
    found = SENTENCES.get(f"{entity}.{fact}")
    if found is None:
        found = (f"记录了{label(entity, 'zh')}事件 {_literal(fact)}", f"recorded {entity} {_literal(fact)}")
    english = language == "en"
    who = _who(body.get("actor"), language)
    if f"{entity}.{fact}" == "user.login_failed" and _is_system(body.get("actor")):
        # Not yet anybody: identity's door tells of it, and has not guessed the password.
        who = _SOMEBODY[english]
    did = found[english].format_map(_Values(body, _parts(body, english)))
    batch_no = body.get("batch_no")
    if english:
        return f"{who} {did}" + (f" (batch {batch_no})" if batch_no else "")
    return f"{who}{'' if who in ('系统', _SOMEBODY[0]) else ' '}{did}" + (f"（批次{batch_no}）" if batch_no else "")


class _Values(dict[str, Any]):
    """Fields of the body, overlaid by parts; a field that a body leaves out is nothing."""

    def __init__(self, body: Mapping[str, Any], parts: Mapping[str, str]) -> None:
        super().__init__({**body, **parts})

    def __missing__(self, key: str) -> str:
        return ""


def _is_system(actor: object) -> bool:
    return isinstance(actor, dict) and actor.get("kind") == "system"


TOGETHER: Final = ("items", "readers", "cards")
"""Fields in which a fact tells many together; a sentence names their number."""

_SOMEBODY: Final = ("有人", "Somebody")


def _who(actor: object, language: Language) -> str:
    name, kind = (actor.get("name", ""), actor.get("kind", "user")) if isinstance(actor, dict) else ("", "user")
    english = language == "en"
    if kind == "system":
        return f"The system ({SERVICES.get(name, (name, name))[1]})" if english else "系统"
    if kind == "guardian":
        return f"Guardian {name}" if english else f"监护人{name}"
    return str(name)


def _parts(body: Mapping[str, Any], english: bool) -> dict[str, str]:
    """Parts of sentences that are there only sometimes, or are words of ours."""
    parts = {
        "person": _person(body, english),
        "item": _item(body, english),
        "kind": KINDS.get(str(body.get("kind")), (str(body.get("kind", "")),) * 2)[english],
        "scope": SCOPES.get(str(body.get("scope")), ("", ""))[english],
        "how": HOWS.get(str(body.get("how")), ("", ""))[english],
        "withdrawn": _withdrawn(body, english),
        "consent_mode": _CONSENT_MODES[body.get("mode") == "refuse"][english],
        "merged": _MERGED[bool(body.get("is_new"))][english],
        "fee": _money(body, "fee_fen", ("，工本费", ", fee "), english),
        "deposit": _money(body, "deposit_fen", ("，已收押金", ", deposit "), english),
        "amount": _money(body, "amount_fen", ("，金额", ", amount "), english),
        "collector": _COLLECTORS.get(str(body.get("collector")), ("", ""))[english],
        "ended": _ended(str(body.get("reason", "logged_out")), english),
        "cancelled": _cancelled(body, english),
        "disabled": (("（已禁用）", " (disabled)")[english]) if body.get("disabled") else "",
        "locked": (("，账号已锁定", "; the account is locked")[english]) if body.get("locked") else "",
        "unmasked": (("，含完整身份证号", ", with full ID numbers")[english]) if body.get("unmasked") else "",
    }
    parts |= {name: str(len(told)) for name in TOGETHER if isinstance(told := body.get(name), list)}
    fields = [FIELDS.get(str(field), (str(field),) * 2)[english] for field in body.get("fields") or ()]
    parts["fields"] = ((f"：{'、'.join(fields)}", f": {', '.join(fields)}")[english]) if fields else ""
    for name, (chinese, other) in _CLAUSES.items():
        value = body.get(name)
        parts[name] = ((chinese, other)[english] + str(value)) if value else ""
    parts["wanted"] = parts.pop("wanted_card_no")
    return parts


_CLAUSES: Final = {
    "reason": ("，原因：", ", because: "),
    "until": ("，至", " until "),
    "conditions": ("，条件：", " matching "),
    "filename": ("，文件：", " from "),
    "wanted_card_no": ("，预设读者证号", " with the pre-assigned number "),
}


def _person(body: Mapping[str, Any], english: bool) -> str:
    name, number = body.get("masked_name", ""), body.get("masked_id_number", "")
    return (f"{name} ({number})" if english else f"{name}（{number}）") if number else str(name)


def _item(body: Mapping[str, Any], english: bool) -> str:
    if body.get("row"):
        return (f"第{body['row']}行", f"row {body['row']}")[english]
    if body.get("item_no"):
        return (f"第{body['item_no']}项", f"item {body['item_no']}")[english]
    return ("一项", "an item")[english]


def _ended(reason: str, english: bool) -> str:
    return {
        "logged_out": ("退出了登录", "logged out"),
        "disabled": ("停用账号，结束了其登录", "ended a session of a disabled account"),
        "password_changed": ("修改密码，结束了其他登录", "ended a session after a change of password"),
        "reused": ("重复使用了旧的登录凭据，该登录已结束", "used an old refresh token again; the session was ended"),
    }.get(reason, ("结束了登录", "ended a session"))[english]


def _cancelled(body: Mapping[str, Any], english: bool) -> str:
    kind = KINDS.get(str(body.get("kind")), ("", ""))[english]
    if body.get("reason") == "expired":
        return (f"{kind}批次未及时确认，已自动取消", f"cancelled an {kind} batch that nobody confirmed in time")[
            english
        ]
    return (f"取消了{kind}批次", f"cancelled an {kind} batch")[english]


_CONSENT_MODES: Final = (
    ("将无授权书的审核设为提醒", "let approvals without consent pass with a warning"),
    ("将无授权书的审核设为不通过", "had approvals without consent refused"),
)
_MERGED: Final = (("并入了已有读者", "merged into an existing reader"), ("新增为读者", "became a reader"))


def _withdrawn(body: Mapping[str, Any], english: bool) -> str:
    person, reason = _person(body, english), body.get("reason")
    if body.get("mistake"):
        return (f"更正了误登记的读者{person}的授权书", f"took back the mistaken consent for reader {person}")[english]
    because = ((f"，原因：{reason}", f", because: {reason}")[english]) if reason else ""
    return (f"撤回了读者{person}的授权{because}", f"withdrew the consent for reader {person}{because}")[english]


_COLLECTORS: Final = {
    "holder": ("，本人领取", ", collected by the holder"),
    "proxy": ("，代领", ", collected by a proxy"),
}


def _money(body: Mapping[str, Any], field: str, words: tuple[str, str], english: bool) -> str:
    fen = body.get(field)
    if not isinstance(fen, int) or not fen:
        return ""
    yuan = f"{fen // 100}.{fen % 100:02}"
    return words[english] + (f"{yuan} yuan" if english else f"{yuan}元")


def _literal(text: str) -> str:
    """Braces of an unknown fact's name are no fields."""
    return text.replace("{", "").replace("}", "")
