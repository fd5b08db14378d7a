import pytest

# A broken law shall say what it compared, like any test.
pytest.register_assert_rewrite("tests.ot.laws")
