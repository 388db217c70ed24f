"""Every published fact is a sentence in both languages."""

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest

from services.audit.wording import SENTENCES, summarize
from shared.contracts.fact import Fact
from shared.contracts.registry import published

ACTOR = {"id": str(UUID(int=1)), "name": "teacher-a", "kind": "user"}


def test_every_published_fact_has_its_sentence() -> None:
    assert {f"{kind.ENTITY}.{kind.FACT}" for kind in published().values()} == SENTENCES.keys()


@pytest.mark.parametrize("kind", published().values(), ids=published().keys())
def test_a_fact_with_all_or_only_its_needed_fields_is_told(kind: type[Fact]) -> None:
    for body in (_sample(kind, everything=True), _sample(kind, everything=False)):
        chinese = summarize(kind.ENTITY, kind.FACT, body | {"actor": ACTOR}, "zh")
        english = summarize(kind.ENTITY, kind.FACT, body | {"actor": ACTOR}, "en")
        assert chinese.startswith("teacher-a ")
        assert english.startswith("teacher-a ")
        for text in (chinese, english):
            assert "{" not in text
            assert "None" not in text
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in english)


def test_fields_named_in_a_sentence_are_the_contracts() -> None:
    parts = {"person", "item", "kind", "scope", "ended", "cancelled", "disabled", "locked", "unmasked", "fields"}
    parts |= {"wanted", "reason", "until", "conditions", "filename", "withdrawn", "consent_mode", "merged"}
    parts |= {"fee", "deposit", "amount", "collector"}
    for kind in published().values():
        named = {field.name for field in msgspec.structs.fields(kind)}
        for sentence in SENTENCES[f"{kind.ENTITY}.{kind.FACT}"]:
            used = {piece.split("}")[0] for piece in sentence.split("{")[1:]}
            assert used - parts <= named, (kind.__name__, used - parts - named)


@pytest.mark.parametrize(
    ("fact", "body", "chinese", "english"),
    [
        (
            "reader.changed",
            {"masked_name": "王*明", "masked_id_number": "5001**********1234", "fields": ["phone", "class_id", "new"]},
            "teacher-a 修改了读者王*明（5001**********1234）的资料：电话、班级、new",
            "teacher-a changed reader 王*明 (5001**********1234): phone, class, new",
        ),
        (
            "user.login_failed",
            {"username": "teacher-c", "locked": True},
            "teacher-a 以错误的密码尝试登录用户“teacher-c”，账号已锁定",
            None,
        ),
        ("session.revoked", {}, "teacher-a 退出了登录", "teacher-a logged out"),
        (
            "batch.item_failed",
            {"row": "三年级1班!7", "code": "phone_format", "detail": "联系电话不正确。", "batch_no": "17"},
            "teacher-a 未能完成第三年级1班!7行：联系电话不正确。（批次17）",
            None,
        ),
        ("batch.cancelled", {"kind": "import", "reason": "expired"}, "teacher-a 导入批次未及时确认，已自动取消", None),
        (
            "batch.undone",
            {"kind": "import", "deleted": 990, "restored": 2, "batch_no": "17"},
            "teacher-a 撤销了导入批次：删除990名读者，恢复2名读者的原有资料（批次17）",
            None,
        ),
        (
            "reader.exported",
            {"count": 12, "conditions": "年级：三年级", "unmasked": True},
            "teacher-a 导出了12名读者，条件：年级：三年级，含完整身份证号",
            "teacher-a exported 12 readers matching 年级：三年级, with full ID numbers",
        ),
        (
            "consent.recorded",
            {"masked_name": "王*明", "masked_id_number": "5001**********1234", "how": "paper", "text_version": 2},
            "teacher-a 登记了读者王*明（5001**********1234）的授权书（纸质，第2版）",
            "teacher-a recorded the consent for reader 王*明 (5001**********1234) (on paper, text version 2)",
        ),
        (
            "consent.withdrawn",
            {"masked_name": "王*明", "reason": "家长要求"},
            "teacher-a 撤回了读者王*明的授权，原因：家长要求",
            "teacher-a withdrew the consent for reader 王*明, because: 家长要求",
        ),
        (
            "consent.withdrawn",
            {"masked_name": "王*明", "mistake": True},
            "teacher-a 更正了误登记的读者王*明的授权书",
            None,
        ),
        (
            "registration.merged",
            {"masked_name": "王*明", "is_new": True},
            "teacher-a 核对了王*明的登记，新增为读者",
            "teacher-a checked the registration of 王*明: became a reader",
        ),
        ("consent_setting.changed", {"mode": "refuse"}, "teacher-a 将无授权书的审核设为不通过", None),
        (
            "card.replaced",
            {"previous_card_no": "500103260000011", "card_no": "500103260000029", "fee_fen": 1005, "reason": "遗失"},
            "teacher-a 补办了读者证：500103260000011换成500103260000029，原因：遗失，工本费10.05元",
            "teacher-a replaced card 500103260000011 by 500103260000029, because: 遗失, fee 10.05 yuan",
        ),
        (
            "card.refund_paid_out",
            {"card_no": "500103260000011", "amount_fen": 10000, "collector": "proxy"},
            "teacher-a 退还了读者证500103260000011的押金，金额100.00元，代领",
            None,
        ),
        ("grade.created", {"name": "{x.__class__}"}, "teacher-a 新增了年级“{x.__class__}”", None),
        ("planet.{x}", {}, "teacher-a 记录了planet事件 x", "teacher-a recorded planet x"),
    ],
)
def test_sentences(fact: str, body: dict[str, Any], chinese: str, english: str | None) -> None:
    entity, _, what = fact.partition(".")
    assert summarize(entity, what, body | {"actor": ACTOR}, "zh") == chinese
    if english is not None:
        assert summarize(entity, what, body | {"actor": ACTOR}, "en") == english


def test_who_it_was() -> None:
    body = {"masked_name": "王*明", "card_no": "500103260000011"}
    system, guardian = ACTOR | {"name": "cards", "kind": "system"}, ACTOR | {"name": "王**", "kind": "guardian"}
    assert summarize("card", "issued", body | {"actor": system}, "zh").startswith("系统为读者王*明")
    assert summarize("card", "issued", body | {"actor": system}, "en").startswith("The system (cards) issued")
    assert summarize("card", "issued", body | {"actor": guardian}, "zh").startswith("监护人王** 为读者")
    failed = {"username": "teacher-c", "actor": ACTOR | {"name": "identity", "kind": "system"}}
    assert summarize("user", "login_failed", failed, "zh") == "有人以错误的密码尝试登录用户“teacher-c”"
    assert summarize("user", "login_failed", failed, "en").startswith("Somebody tried to log in as user “teacher-c”")
    assert summarize("card", "issued", body, "en").endswith("issued card 500103260000011 to reader 王*明")


def _sample(kind: type[Fact], *, everything: bool) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {
        field.name: _value(hints[field.name])
        for field in msgspec.structs.fields(kind)
        if field.name not in ("actor", "batch_no") and (everything or field.required)
    }


def _value(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(choice for choice in get_args(hint) if choice is not type(None))
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) is tuple:
        return ["name"]
    return {int: 3, bool: True, str: "words"}.get(hint, "2026-09-01")
