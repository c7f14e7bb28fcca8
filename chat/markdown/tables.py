"""Tables, as long as they are small and show everything that their source says."""

import re

from markdown_it.rules_block import StateBlock, table

from chat.markdown.limits import COLUMN_LIMIT, Budget, TooComplex

DELIMITER_ROW = re.compile(r"[-:|][-:| \t]+")
PIPE = re.compile(r"(?<!\\)\|")
CELL_STEPS = 3


def read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start + 2 > end or "|" not in get_line(state, start) or not DELIMITER_ROW.fullmatch(get_line(state, start + 1)):
        return False
    columns = count_cells(get_line(state, start))
    if columns != count_cells(get_line(state, start + 1)) or not rows_fit(state, start + 2, end, columns):
        return False
    if columns > COLUMN_LIMIT:
        raise TooComplex
    begin = len(state.tokens)
    is_table = table(state, start, end, silent)
    for token in state.tokens[begin:]:
        if style := token.attrs.pop("style", None):
            token.attrSet("class", str(style).replace("text-align:", "align-"))
    return is_table


def rows_fit(state: StateBlock, start: int, end: int, columns: int) -> bool:
    """A cell without a head would not be shown."""
    budget: Budget = state.env["document"].budget
    for number in range(start, end):
        line = get_line(state, number)
        if not line:
            break
        budget.spend(CELL_STEPS * columns)
        if count_cells(line) > columns:
            return False
    return True


def get_line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()


def count_cells(line: str) -> int:
    inner = line.removeprefix("|")
    return len(PIPE.findall(inner)) + (not inner.endswith("|") or inner.endswith("\\|"))
