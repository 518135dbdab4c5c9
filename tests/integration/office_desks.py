"""The desks of an office in a browser: who works on tickets signs in, and does something with one."""

from dataclasses import dataclass

from console_house import PASSWORD, Console, answered
from playwright.async_api import Page

from routing.vocabulary import Action, Stage
from storage.matters import history, matter
from storage.operators import Role, add_operator

OFFICE = {
    "9101": ("李静", Role.DIRECTOR),
    "9201": ("何总", Role.APPROVER),
    "7101": ("王芳", Role.CONTACT),
    "7301": ("赵静", Role.CONTACT),
    "7601": ("冯涛", Role.CONTACT),
}


@dataclass
class Desks:
    """A console with an office: everybody who works on tickets."""

    console: Console

    async def of(self, work_number: str) -> Page:
        """Sign somebody of the office in."""
        page = await self.console.page()
        await self.console.sign_in(page, work_number, "none", PASSWORD)
        await page.wait_for_url("**/tickets")
        return page

    async def saved(self, page: Page, topic: str, **fields: str) -> str:
        """Let an operator save a ticket on a topic while he talks; return its number."""
        call = await answered(self.console)
        await page.get_by_test_id("ticket-number").first.wait_for()
        await page.get_by_test_id("topic").select_option(topic)
        await page.get_by_test_id("settle").wait_for()
        for name, value in fields.items():
            await page.get_by_test_id(name.replace("_", "-")).fill(value)
        await page.get_by_test_id("save").click()
        await page.get_by_test_id("saved").wait_for()
        return (await self.console.ticket(call.id)).number

    async def stage(self, number: str) -> Stage:
        """Return where a ticket stands."""
        async with self.console.house.storage.reading() as work:
            return (await matter(work, number)).stage

    async def actions(self, number: str) -> list[Action]:
        """Return what was done with a ticket, in order."""
        async with self.console.house.storage.reading() as work:
            return [entry.action for entry in await history(work, number)]


async def staffed(console: Console) -> Desks:
    """Return a console whose office is staffed."""
    async with console.house.storage.work() as work:
        for number, (name, role) in OFFICE.items():
            await add_operator(work, number, name, PASSWORD, role)
        await work.commit()
    return Desks(console)


async def do(page: Page, number: str, action: str, **fields: str) -> None:
    """Do something on a ticket's page, as it stands there if it offers it."""
    if not page.url.endswith(number) or not await page.get_by_test_id(f"act-{action}").count():
        await page.goto(f"{page.url.split('/tickets')[0]}/tickets/{number}")
    await page.get_by_test_id(f"act-{action}").click()
    form = page.get_by_test_id(f"form-{action}")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        elif await field.get_attribute("type") == "checkbox":
            await field.check()
        else:
            await field.fill(value)
    await form.get_by_test_id(f"do-{action}").click()
