"""Python text as a tree, for tests that look at how the project is written."""

import ast
import gc


def parsed(text: str) -> ast.Module:
    """`ast.parse`, while nothing is collected.

    What is collected may log the traceback of an error nobody asked for, which is parsed as well, and CPython 3.11 then
    says "AST constructor recursion depth mismatch" (gh-106905).
    """
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()
