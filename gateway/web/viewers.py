"""Who looks at tickets, in a page or by a token, and what of one he may see; the rules are those of routing.privacy."""

from dataclasses import dataclass

from gateway.handling import ACTORS
from gateway.house import House
from routing.matters import Matter
from routing.privacy import may_act, may_attach, may_see_customer, may_see_file, may_see_ticket
from routing.vocabulary import Actor
from storage.attachments import Attachment
from storage.matters import NoSuchTicketError, matter
from storage.roles import Role
from storage.tickets import Ticket, ticket
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: his work number, his role, the capacity he acts in, and the departments he acts for.

    A program that only reads has neither work number nor role, and sees what the hotline sees.
    """

    work_number: str
    role: Role | None
    actor: Actor
    departments: tuple[str, ...] = ()

    @classmethod
    def of(cls, house: House, work_number: str, role: Role) -> "Viewer":
        """Return a person who works on tickets."""
        departments = house.handling.rules.book.departments
        acts_for = departments.departments_of(work_number) if role is Role.CONTACT else ()
        return cls(work_number, role, ACTORS[role], acts_for)

    def sees(self, present: Matter) -> bool:
        """Say whether he sees a ticket at all."""
        return may_see_ticket(self.actor, self.departments, present)

    def sees_customer(self, found: Ticket, present: Matter) -> bool:
        """Say whether he sees who called."""
        return may_see_customer(self.actor, self.departments, present, found.concerns)

    def sees_file(self, found: Ticket, present: Matter, file: Attachment) -> bool:
        """Say whether he sees a file of a ticket that he sees."""
        customer = self.sees_customer(found, present)
        return may_see_file(sees_customer=customer, for_department=file.visible_to_department)

    def acts_on(self, present: Matter) -> bool:
        """Say whether he may do anything with a ticket: of departments only the one that has it."""
        return self.role is not None and may_act(self.actor, self.departments, present)

    def may_attach(self, present: Matter) -> bool:
        """Say whether he may attach a file."""
        return self.role is not None and may_attach(self.actor, self.departments, present)


async def looked_up(work: UnitOfWork, who: Viewer, number: str) -> tuple[Ticket, Matter] | None:
    """Return a ticket and how it stands; None where there is none that he sees."""
    found = await ticket(work, number)
    try:
        present = await matter(work, number)
    except NoSuchTicketError:
        return None
    return (found, present) if found is not None and who.sees(present) else None
