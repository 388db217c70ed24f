"""The comparison of a case tells what differs, as tests do."""

import pytest

pytest.register_assert_rewrite("tests.workbook.case")
