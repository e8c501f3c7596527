"""The manual pages: well formed, and in step with what the programs say of themselves."""
import os
import re
import subprocess

from room import BUILD

PAGES = {"facilityd.8", "facilityctl.1", "facility-site.5", "facility-profile.5"}


def shown(page):
    """The page as plain text, blanks and line ends folded."""
    out = subprocess.run(["mandoc", "-Tascii", "-O", "width=1000", f"{BUILD}/man/{page}"],
                         capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", re.sub(".\x08", "", out))


def test_pages_are_well_formed(room):
    assert set(os.listdir(f"{BUILD}/man")) == PAGES, os.listdir(f"{BUILD}/man")
    for page in sorted(PAGES):
        r = subprocess.run(["mandoc", "-Tlint", "-W", "warning", f"{BUILD}/man/{page}"],
                           capture_output=True, text=True)
        assert r.returncode == 0, r.stdout + r.stderr
        assert "@REFERENCE@" not in shown(page), page


def test_pages_know_every_option_and_command(room):
    page = shown("facilityd.8")
    text = subprocess.run([f"{BUILD}/facilityd", "--help"], capture_output=True, text=True, check=True).stdout
    options = re.findall(r"^  (--[a-z-]+)", text, re.M)
    assert len(options) >= 10, text
    for option in options:
        assert option in page, f"facilityd(8) does not know {option}"

    page = shown("facilityctl.1")
    text = subprocess.run([f"{BUILD}/facilityctl", "help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", text, re.M)
    assert len(commands) >= 15, text
    for line in re.findall(r"^  ([a-z]+ .*?)(?:   .*)?$", text, re.M):
        for word in re.findall(r"^[a-z]+|--?[a-z]+", line.split("  ")[0]):
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?!\w)", page), f"facilityctl(1) does not know {word} of: {line}"


def test_page_knows_every_key_of_the_screen(room):
    page = shown("facilityctl.1")
    page = page[page.rindex("watch shows the room"):]
    text = subprocess.run([f"{BUILD}/facilityctl", "help", "watch"], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
    keys = re.findall(r"^  ([A-Za-z/?]) {5,}", text.split("\n\n")[0], re.M)
    assert len(keys) >= 12, text
    for key in keys:
        assert re.search(rf"(?<![\w-]){re.escape(key)}[ ,]", page), f"facilityctl(1) does not know the key {key}"


def test_schema_and_pages_have_the_same_keys(room):
    schema = subprocess.run([f"{BUILD}/facilityd", "--schema"], capture_output=True, text=True, check=True).stdout
    keys = set(re.findall(r"^  ([a-z0-9_]+) {2,}\S|^  ([a-z0-9_]{17,}) ", schema, re.M))
    keys = {a or b for a, b in keys}
    assert len(keys) > 100, sorted(keys)
    pages = shown("facility-site.5") + shown("facility-profile.5")
    missing = {k for k in keys if k not in pages}
    assert not missing, missing
    return f"{len(keys)} keys"
