"""The end of a sign-in in a real browser: never in the middle of a call, never by age unsaid, never by accident."""

import asyncio

import pytest
from console_house import Console, answered
from playwright.async_api import Page, expect

PHONE_THAT_RINGS = """
export default {
  WebSocketInterface: class {},
  UA: class {
    on(what, tell) {
      this[what] = tell;
    }
    start() {
      const heard = {};
      window.session = {
        established: false,
        isEstablished: () => window.session.established,
        isInProgress: () => !window.session.established,
        isMuted: () => ({ audio: false }),
        remote_identity: { uri: { user: "13800001234" } },
        on: (what, tell) => (heard[what] = tell),
        answer() {
          window.session.established = true;
          heard.accepted();
        },
        terminate: () => heard.ended(),
      };
      this.newRTCSession({ session: window.session, originator: "remote" });
    }
    stop() {}
  },
};
"""


def seated(console: Console, number: str) -> bool:
    """Say whether an operator sits anywhere."""
    return console.house.seats.of(number) is not None


async def test_nobody_is_signed_out_in_the_middle_of_a_call(console: Console) -> None:
    """The button says to end the call first; once it is over it does what it says."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("toast")).to_have_text("您正在通话，未签退。请先结束通话再签退。")
    assert seated(console, "1001")
    await console.both(call.over())
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert not seated(console, "1001")


async def test_an_operator_can_go_home_while_the_pbx_is_away(console: Console) -> None:
    """A call whose end nobody could see does not hold him."""
    page = await console.signed_in("1001", "11")
    await answered(console)
    console.pbx.connected = False
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert not seated(console, "1001")


@pytest.mark.parametrize("talks", ["hotline call", "phone in use"])
async def test_who_takes_over_a_seat_is_told_that_its_operator_is_on_a_call(console: Console, talks: str) -> None:
    """The question says so, whether the call is the hotline's or one that the colleague made himself."""
    await console.house.seats.sign_in("1001", "陈晓", "11")
    page = await console.page()
    await console.sign_in(page, "1002", "11")
    await page.get_by_test_id("taken").wait_for()
    await expect(page.get_by_test_id("talking")).to_have_count(0)
    if talks == "hotline call":
        await answered(console)
    else:
        console.pbx.phone("PJSIP/seat-11", 2)
    await console.sign_in(page, "1002", "11")
    await expect(page.get_by_test_id("talking")).to_contain_text("对方正在通话")


async def test_who_moves_is_told_that_he_is_on_a_call_himself(console: Console) -> None:
    """A move in the middle of a call would take the page away that shows it."""
    await console.house.seats.sign_in("1001", "陈晓", "11")
    await answered(console)
    page = await console.page()
    await console.sign_in(page, "1001", "12")
    await expect(page.get_by_test_id("talking-myself")).to_contain_text("您在座席 11 正在通话")


async def test_a_page_whose_cookie_is_too_old_says_that_its_operator_is_not_signed_out(console: Console) -> None:
    """It says something else than to who signed out, and leads to where he can do so."""
    page = await console.signed_in("1001", "11")
    await page.context.clear_cookies()
    console.house.live.close()
    await expect(page.get_by_test_id("expired")).to_contain_text("您并未签退")
    await page.get_by_role("link", name="重新签到").click()
    await page.wait_for_url("**/sign-in")
    assert seated(console, "1001")


async def test_signing_out_with_a_cookie_that_is_too_old_does_not_pretend(console: Console) -> None:
    """The sign-in page says that he is not signed out; signed in again he can be."""
    page = await console.signed_in("1001", "11")
    await page.context.clear_cookies()
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("problem")).to_contain_text("您并未签退")
    assert seated(console, "1001")
    await console.sign_in(page, "1001", "11")
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert not seated(console, "1001")


async def test_an_open_page_keeps_its_operators_cookie_fresh(console: Console) -> None:
    """Every hour of the cookie's twelve the page says that it is there."""
    page = await console.page()
    await page.clock.install()
    await console.sign_in(page, "1001", "11")
    await page.get_by_test_id("my-number").wait_for()
    before = await expires(page)
    await asyncio.sleep(1.1)  # cookies count in seconds
    async with page.expect_response("**/desk/here") as answer:
        await page.clock.fast_forward("01:00:01")
    await (await answer.value).finished()
    assert await expires(page) > before


async def expires(page: Page) -> float:
    """Return when the page's cookie ends."""
    (cookie,) = await page.context.cookies()
    return cookie["expires"]


async def test_a_call_in_the_browser_is_not_cut_off_by_another_language(console: Console) -> None:
    """While the page's phone rings or talks the languages are out of reach, and say why; afterwards they are back."""
    page = await console.page()
    await page.route(
        "**/lib/jssip.js", lambda route: route.fulfill(body=PHONE_THAT_RINGS, content_type="text/javascript")
    )
    await console.sign_in(page, "1001", "01")
    english = page.get_by_test_id("language-en")
    await expect(page.get_by_test_id("phone-state")).to_have_attribute("data-state", "ringing")
    await expect(english).to_be_disabled()
    await page.get_by_test_id("answer").click()
    await expect(page.get_by_test_id("phone-state")).to_have_attribute("data-state", "talking")
    await expect(english).to_be_disabled()
    await expect(english).to_have_attribute("title", "通话结束后可切换语言")
    await page.get_by_test_id("hangup").click()
    await expect(english).to_be_enabled()
