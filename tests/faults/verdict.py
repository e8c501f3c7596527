"""The judge itself: each verdict of oracle.py on a log that deserves it, and none on one that is well."""
import contextlib

from oracle import VerdictError, check_sequence, check_store, check_told, check_truth

TIME = "2026-11-26T04:00:{:02}.000Z"
AT_US = 1795665600_000_000  # TIME of second 0


class Log:
    """A room of two logs: what a device held, and what was told."""

    def __init__(self, told, at_s, quality="good", point="temperature"):
        self.told = {"value": told, "quality": quality, "time": TIME.format(at_s)}
        self.topic = f"point/env1/{point}"

    def truth(self):
        """20 until second 10, then 30."""
        return [{"device": "env1", "point": "temperature", "wall_us": AT_US + s * 1_000_000, "value": v}
                for s, v in ((0, 20), (10, 30))]

    def messages(self):
        return [(self.topic, self.told, {})]


def event(seq, text="", epoch="e", **more):
    return {"epoch": epoch, "seq": seq, "time": TIME.format(seq % 60), "text": text, "type": "alarm", **more}


def gap(seq, first, last):
    return event(seq, type="gap", **{"from": first, "to": last})


def condemned(judge, *arguments):
    with contextlib.suppress(VerdictError):
        judge(*arguments)
        return False
    return True


def test_the_judge_can_condemn(room):
    one, two, three = (event(n) for n in (1, 2, 3))
    for judge, good, bad in (
            (check_truth, [(Log(20, 5),), (Log(30, 15),), (Log(20, 11),)],
             [(Log(25, 5),), (Log(30, 5),), (Log(20, 15),)]),
            (check_sequence, [([one, two, two, three],), ([one, two, event(7, epoch="f")],)],
             [([one, three],), ([two, one],)]),
            (check_told, [([one, two, one], 2), ([gap(1, 1, 2), three], 3)],
             [([one, three], 3), ([two, one], 2), ([one, event(1, "other")], 1), ([one, event(2, epoch="f")], 2),
              ([gap(2, 1, 1), one], 1), ([one, two], 3)]),
            (check_store, [([one], [one, two]), ([three], [one])], [([event(1, "other")], [one])])):
        for arguments in good:
            assert not condemned(judge, *arguments), (judge.__name__, arguments)
        for arguments in bad:
            assert condemned(judge, *arguments), f"{judge.__name__} takes {arguments}"
    for nothing in (Log(20, 5, "stale"), Log(20, 5, point="uptime")):
        try:
            check_truth(nothing)
        except AssertionError as e:
            assert "nothing to judge" in str(e), e
        else:
            raise AssertionError("a verdict on nothing")
