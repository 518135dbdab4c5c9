"""The people of the demo, whose passwords everybody knows: let in nowhere but in a demo."""

from dataclasses import dataclass

from storage.engine import Storage
from storage.operators import add_operator, check_password, operators
from storage.roles import Role


class KnownPasswordsError(Exception):
    """People whose passwords everybody knows would be let in to a real hotline; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """An operator of the demo; the password is printed, so that a newcomer can sign in."""

    work_number: str
    name: str
    role: Role

    @property
    def password(self) -> str:
        """Return his password."""
        return f"demo-{self.work_number}"


DEMO_OPERATORS = (
    DemoOperator("1001", "陈晓燕", Role.OPERATOR),
    DemoOperator("1002", "林海", Role.OPERATOR),
    DemoOperator("1003", "周敏", Role.OPERATOR),
    DemoOperator("9001", "王建国", Role.SHIFT_LEADER),
)
DEMO_PEOPLE = (
    *DEMO_OPERATORS,
    DemoOperator("9101", "李静", Role.DIRECTOR),
    DemoOperator("9201", "何志明", Role.APPROVER),
    DemoOperator("7101", "王芳", Role.CONTACT),
    DemoOperator("7301", "赵静", Role.CONTACT),
    DemoOperator("7601", "冯涛", Role.CONTACT),
)
"""The office as well, whom demos of before did not have; the contacts are those of routing/departments.toml."""


async def employ(storage: Storage) -> None:
    """Let the demo's people sign in to an empty database. Raises KnownPasswordsError for one that is not the demo's.

    They come all at once: where one of them is missing, whoever is there under a demo's number is somebody real.
    """
    async with storage.work() as work:
        present = {(operator.work_number, operator.name) for operator in await operators(work)}
        if not present:
            for demo in DEMO_PEOPLE:
                await add_operator(work, demo.work_number, demo.name, demo.password, demo.role)
            await work.commit()
        elif not present >= {(demo.work_number, demo.name) for demo in DEMO_OPERATORS}:
            raise KnownPasswordsError(
                "this database has people of its own, and the passwords of the demo's are known to all:"
                " run fourring serve, or set another [database] url or [paths] data for the demo"
            )


async def refuse_them(storage: Storage) -> None:
    """Raise KnownPasswordsError if the demo's people could sign in to this database with their passwords."""
    await storage.check()
    known = [
        demo.work_number
        for demo in DEMO_PEOPLE
        if await check_password(storage, demo.work_number, demo.password) is not None
    ]
    if known:
        raise KnownPasswordsError(
            f"this is a demo's database, in which everybody knows the password of {', '.join(known)}:"
            " fourring user deactivate each of them, or set another [database] url or [paths] data"
        )
