"""The table of README.md: every fault of the catalogue has a line, and every test that a line names is there."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)

FAULTS = {"D": 22, "B": 8, "N": 11, "K": 14, "C": 7, "S": 11, "T": 9, "P": 6, "M": 6, "O": 8}
NONE = "cannot occur:"


def lines():
    """(id, fault, proof) of each line."""
    with open(f"{HERE}/README.md") as f:
        return [m.groups() for m in re.finditer(r"^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$", f.read(), re.M)]


def text(path):
    if not os.path.exists(path):
        return ""
    with open(path) as f:
        return f.read()


def is_there(folder, module, name):
    if module.startswith("test_"):
        return not folder and re.search(rf"^{name}\(", text(f"{TESTS}/unit/{module}.c"), re.M)
    return re.search(rf"^def {name}\(", text(f"{TESTS}/{folder or 'e2e/'}{module}.py"), re.M)


def named(proof):
    """(folder, module, test) of each test in a proof."""
    return re.findall(r"`(faults/)?(\w+)\.(\w+)`", proof)


def test_catalogue(room):
    table = lines()
    assert [x[0] for x in table] == [f"{k}{i + 1}" for k, n in FAULTS.items() for i in range(n)], table
    gone = [(i, "".join(t[:1]) + ".".join(t[1:])) for i, _, proof in table for t in named(proof) if not is_there(*t)]
    assert not gone, f"tests that are not there: {gone}"
    odd = [i for i, _, proof in table if not proof.startswith(NONE) and not named(proof)]
    assert not odd, f"lines with neither a test nor '{NONE}': {odd}"
    none = [i for i, _, proof in table if proof.startswith(NONE)]
    return f"{len(table) - len(none)} proved, {len(none)} cannot occur"
