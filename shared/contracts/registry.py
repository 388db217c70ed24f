"""Every published fact, for the contract tests, the AsyncAPI document and the log."""

from typing import Final

from shared.contracts import batch, card, consent, identity, param, reader
from shared.contracts.fact import Fact

_MODULES: Final = (identity, param, reader, consent, card, batch)


def published() -> dict[str, type[Fact]]:
    """Type (`reader.approved.v1`) → Struct."""
    found = {
        kind.ce_type(): kind
        for module in _MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind.FACT and not name.startswith("_")
    }
    return dict(sorted(found.items()))
