"""English and Japanese: the agent speaks the site's language, facilityctl the user's, and no text is left out."""
import os
import re
import subprocess

from common import alarm, retained, seconds, until_alarm, wait_for
from room import BUILD, TOP
from screen import columns_of

LEAK = "leak1/leak_detected"
PO = f"{TOP}/firmware-config/locale/ja.po"


def run(*words, **env):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env={**os.environ, **env})


def octets_of(log):
    """Every string that snmptrapd has shown as hexadecimal, as bytes."""
    return [bytes.fromhex(re.sub(r"\s", "", h)) for h in re.findall(r"Hex-STRING: ((?:[0-9A-F]{2}\s+)+)", log)]


def is_japanese(text):
    return any("\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" for c in text)


@seconds(40)
def test_japanese_site(room):
    """One alarm on topic, event, notification (UTF-8) and console, all in Japanese; the log in English."""
    room.extra_overlay = "site: {language: ja}\n"
    room.start()
    room.subscribe("#")
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("leak1", "wet", "7")
    a = until_alarm(room, LEAK, "unacknowledged")
    assert a["state"] == "unacknowledged" and a["priority"] == "critical", a  # words for programs stay
    assert a["text"].startswith("漏水検知器：") and a["text"].endswith("。"), a
    assert is_japanese(a["remedy"]) and is_japanese(a["impact"]), a
    topic = wait_for("the topic", 5, lambda: retained(room, f"alarm/{LEAK}", "sub"))
    assert (topic["text"], topic["remedy"]) == (a["text"], a["remedy"]), (topic, a)
    event = wait_for("the event", 5, lambda: [e for e in room.events() if e.get("alarm") == "leak_detected"])[-1]
    assert (event["text"], event["remedy"]) == (a["text"], a["remedy"]), (event, a)
    wait_for("the notification", 20, lambda: {a["text"].encode(), a["remedy"].encode()} <= set(octets_of(room.noc_log())))
    starts = room.ask("events", "-n", "1000")["events"][0]["text"]
    assert starts.startswith("facilityd ") and "を起動します" in starts, starts
    assert "SNMP engine ID" in room.log("facilityd.log"), room.log("facilityd.log")[:500]

    # The agent's answer is in the site's language, what facilityctl adds is in the user's. No Japanese locale is
    # installed here or on a board: it must not be needed.
    ctl = [f"{BUILD}/facilityctl", "--run", room.dir]
    ja = run(*ctl, "alarms", LC_ALL="", LC_MESSAGES="", LANG="ja_JP.UTF-8", LANGUAGE="").stdout
    assert re.search(r"^緊急 +leak1/leak_detected  未確認", ja, re.M) and "処置：" in ja and a["text"] in ja, ja
    en = run(*ctl, "alarms", LC_ALL="C").stdout
    assert re.search(r"^CRITICAL +leak1/leak_detected  unacknowledged since", en, re.M) and "remedy:" in en, en
    assert a["text"] in en, en
    r = run(*ctl, "ack", LEAK, "--as", "Tanaka", LC_ALL="C.UTF-8", LANGUAGE="")
    assert r.returncode == 0 and f"{LEAK} を確認しました, recorded as Tanaka" in r.stdout, (r.stdout, r.stderr)
    r = run(*ctl, "ack", "leak9/x", LC_ALL="C.UTF-8", LANGUAGE="")
    assert r.returncode == 1 and "装置「leak9」はここにはありません。「leak1」のことですか" in r.stderr, r.stderr
    assert alarm(room, LEAK)["who"].startswith("Tanaka")
    for words in [["status"], ["devices"], ["points", "crac1"], ["bus"], ["events"], ["maintenance", "list"], ["help"],
                  ["explain", "crac1/return_air_temperature"]]:
        r = run(*ctl, *words, LC_ALL="", LANG="ja_JP.UTF-8")
        assert r.returncode == 0 and is_japanese(r.stdout), (words, r.stdout, r.stderr)


@seconds(30)
def test_japanese_tables_and_screen(room):
    """A letter that takes two columns: tables stand in columns, the screen keeps to its 80."""
    room.extra_overlay = "site: {language: ja}\n"
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    out = run(f"{BUILD}/facilityctl", "--run", room.dir, "points", "crac1", LC_ALL="", LANG="ja_JP.UTF-8").stdout
    lines = out.rstrip("\n").split("\n")
    at = columns_of(lines[0][:lines[0].index("名称")])
    rows = [line for line in lines[1:] if columns_of(line) > at]
    assert len(rows) > 10 and all(
        any(columns_of(line[:i]) == at and line[i - 1] == " " and line[i] != " " for i in range(len(line))) for line in rows), out

    tmux = ["tmux", "-u", "-L", os.path.basename(room.dir)]
    look = [*tmux, "capture-pane", "-p", "-t", "w"]

    def screen():
        return run(*look, LC_ALL="C.UTF-8").stdout

    run(*tmux, "-f", "/dev/null", "new-session", "-d", "-s", "w", "-x", "80", "-y", "24",
        f"LC_ALL= LANG=ja_JP.UTF-8 TERM=screen {BUILD}/facilityctl --run {room.dir} watch", LC_ALL="C.UTF-8")
    try:
        wait_for("the screen in Japanese", 10, lambda: "別館２階コンピュータ室" in screen() and "警報" in screen())
        room.plantctl("leak1", "wet", "7")
        wait_for("the alarm", 10, lambda: "漏水" in screen() and "緊急" in screen())
        seen = screen()
        assert max(map(columns_of, seen.split("\n"))) <= 80, seen
        assert "\ufffd" not in seen, seen
        run(*tmux, "send-keys", "-t", "w", "q")
        wait_for("the screen to end", 5, lambda: run(*tmux, "has-session", "-t", "w").returncode != 0)
    finally:
        run(*tmux, "kill-server")


def entries(po):
    """(msgid, msgid_plural or None, [msgstr...]) of a catalogue."""
    text = run("msgcat", "--no-wrap", po).stdout
    found = []
    for block in text.split("\n\n"):
        parts = {}
        for key, lines in re.findall(r'^(msg\w+(?:\[\d\])?) ((?:".*"\n?)+)', block, re.M):
            parts[key] = "".join(re.findall(r'^"(.*)"$', lines, re.M))
        if parts.get("msgid"):
            found.append((parts["msgid"], parts.get("msgid_plural"), [v for k, v in parts.items() if k.startswith("msgstr")]))
    return found


def test_catalogue_is_complete(room):
    """Every marked text is translated, none is a guess, and every place that a sentence has is filled."""
    build = room.path("build")
    r = run("make", "-s", "-C", TOP, f"BUILD={build}", f"{build}/facilityd.pot")
    assert r.returncode == 0, r.stderr
    r = run("msgcmp", PO, f"{build}/facilityd.pot")
    assert r.returncode == 0, "make po takes new texts in; then translate them:\n" + r.stderr
    r = run("msgfmt", "-c", "-o", "/dev/null", PO)
    assert r.returncode == 0, r.stderr
    for wrong in ["--only-fuzzy", "--only-obsolete"]:
        assert not run("msgattrib", wrong, PO).stdout.strip(), wrong
    all_of_them = entries(PO)
    for msgid, plural, strings in all_of_them:
        for s in strings:
            places = sorted(re.findall(r"\{[a-z_]+\}", plural or msgid))
            assert sorted(re.findall(r"\{[a-z_]+\}", s)) == places, (msgid, s)
            assert msgid.endswith("\\n") == s.endswith("\\n"), (msgid, s)
    return f"{len(all_of_them)} texts"
