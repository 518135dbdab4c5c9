"""The menu as a dialogue (S1): what is said and set for each key, without a PBX, and that it ends whatever happens."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from panoramisk.fast_agi import Request

from ivr_scripts.dialogue import Dialogue, DialogueOverError
from ivr_scripts.hotline import MENU, hotline
from ivr_scripts.prompts import prompts

SECONDS = {prompt.name: 2.0 for prompt in prompts("cmn", "永强供电公司")}
OFFERED = [option.prompt for option in MENU]


class Caller:
    """Stands in for a PBX and the caller on it: `keys` are what he presses, one for each time he is asked, or cuts in.

    "" is silence; "welcome:5" presses 5 while that prompt is said; "gone" hangs up instead.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self.said: list[str] = []
        self.noted: list[str] = []
        self.set: dict[str, str] = {}
        self.hung_up = False

    async def send_command(self, command: str) -> dict[str, Any]:
        """Answer a command as panoramisk does."""
        name, *words = command.replace('"', "").split(" ")
        if name == "GET":
            return {"status_code": 200, "result": ("1", "/sounds/cmn"), "msg": ""}
        if name == "SET":
            self.set[words[1]] = words[2]
        if name == "HANGUP":
            self.hung_up = True
        if name == "GOSUB":
            self.noted.append(words[-1])
        if name == "STREAM":
            self.said.append(words[1].removeprefix("/sounds/cmn/"))
            return self._key(f"{self.said[-1]}:")
        return self._key("") if name == "WAIT" else _result(0)

    def _key(self, during: str) -> dict[str, Any]:
        if not self._keys or (during and not self._keys[0].startswith(during)) or (not during and ":" in self._keys[0]):
            return _result(0)
        key = self._keys.pop(0).removeprefix(during)
        if key == "gone":
            return {"error": "AGIResultHangup", "msg": "User hungup during execution"}
        return _result(ord(key) if key else 0)


def _result(code: int) -> dict[str, Any]:
    return {"status_code": 200, "result": (str(code), ""), "msg": ""}


async def talked(*keys: str, bulletin: Sequence[str] = ()) -> Caller:
    """Let a caller go through the menu."""
    caller = Caller(keys)
    await hotline(Dialogue(cast("Request", caller), SECONDS), wait_seconds=1.0, bulletin=bulletin)
    return caller


@pytest.mark.parametrize(
    ("keys", "noted", "priority"),
    [
        ([""], ["1/silence/"], None),
        (["0"], ["1/menu/operator"], None),
        (["4"], ["1/menu/complaint"], None),
        (["5"], ["1/menu/fault_repair"], None),
        (["9"], ["1/menu/danger"], "20"),
        (["7", "5"], ["1/wrong_key/", "2/menu/fault_repair"], None),
        (["*", ""], ["1/wrong_key/", "2/silence/"], None),
        (["1", "2"], ["1/wrong_key/", "2/wrong_key/"], None),
    ],
)
async def test_s1_every_key_and_none_leads_to_a_person(keys: list[str], noted: list[str], priority: str | None) -> None:
    """The flow ends, after two questions at most; only who is in danger gets another place in the queue."""
    caller = await talked(*keys)
    assert (noted, priority) == (caller.noted, caller.set.get("QUEUE_PRIO"))
    assert ["welcome", *OFFERED] == caller.said[: len(OFFERED) + 1]


@pytest.mark.parametrize("during", ["welcome", *OFFERED])
async def test_s1_a_key_need_not_be_waited_with(during: str) -> None:
    """Whatever is being said breaks off; of the rest nothing is said but that he is put through."""
    caller = await talked(f"{during}:4")
    before = ["welcome", *OFFERED]
    assert [*before[: before.index(during) + 1], "connecting"] == caller.said
    assert ["1/menu/complaint"] == caller.noted


@pytest.mark.parametrize(
    ("keys", "noted", "over"),
    [
        (["1"], ["1/bulletin/", "2/enough/"], True),
        (["bulletin-sorry:1"], ["1/bulletin/", "2/enough/"], True),
        (["", "5"], ["1/bulletin/", "2/menu/fault_repair"], False),
        (["", ""], ["1/bulletin/", "2/silence/"], False),
        (["bulletin-sorry:9"], ["1/bulletin/", "2/menu/danger"], False),
        (["welcome:5"], ["1/menu/fault_repair"], False),
    ],
)
async def test_n6_after_the_bulletin_one_key_ends_the_call_and_every_other_leads_on(
    keys: list[str],
    noted: list[str],
    over: bool,  # noqa: FBT001 # a case
) -> None:
    """Who knows already what he wants need not hear it; who says nothing is asked as everybody is."""
    caller = await talked(*keys, bulletin=("bulletin-sorry", "bulletin-enough"))
    assert (noted, over) == (caller.noted, caller.hung_up)
    assert over is ("goodbye" in caller.said)


@pytest.mark.parametrize("keys", [["gone"], ["welcome:gone"], ["7", "gone"], ["menu-complaint:gone"]])
async def test_s1_who_hangs_up_ends_the_dialogue(keys: list[str]) -> None:
    """At any moment; nothing more is said into the void."""
    caller = Caller(keys)
    with pytest.raises(DialogueOverError, match="hung up"):
        await hotline(Dialogue(cast("Request", caller), SECONDS), wait_seconds=1.0)
    assert "connecting" not in caller.said


async def test_i5_the_pbx_goes_on_by_itself_two_seconds_after_whatever_was_to_take_its_time() -> None:
    """Before each command that takes long it is told until when; so a gateway that stops there keeps nobody."""
    caller = await talked("")
    assert caller.set["TIMEOUT(absolute)"] == "3"  # the second in which a key is waited for, and two


async def test_a_prompt_that_is_not_there_is_left_out() -> None:
    """A missing sound never costs a call."""
    caller = Caller([""])
    await hotline(Dialogue(cast("Request", caller), {"welcome": 2.0}), wait_seconds=1.0)
    assert ["welcome"] == caller.said


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "AGIInvalidCommand", "msg": ""},
        {"error": "AGIUnknownError", "msg": "511 Command Not Permitted"},
        {"error": "AGIAppError", "msg": "Error executing application, or hangup"},
    ],
)
async def test_what_the_pbx_refuses_ends_the_dialogue(answer: dict[str, str]) -> None:
    """The dialplan then goes on to the queue."""

    class Refusing:
        async def send_command(self, _command: str) -> dict[str, str]:
            return answer

    with pytest.raises(DialogueOverError):
        await hotline(Dialogue(cast("Request", Refusing()), SECONDS), wait_seconds=1.0)
