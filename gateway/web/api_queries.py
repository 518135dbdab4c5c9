"""What a request to the API may ask for; the description of its parameters is made from these models."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from routing.vocabulary import CallState, Source
from storage.reports import By
from storage.tickets import TicketFilter

PAGE: Final = 50
PAGE_LIMIT: Final = 200

_RFC_3339: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,6})?\d*)(?:([Zz])|([+ -])(\d\d:\d\d))")
_FILTERED: Final = ("caller_number", "operator", "state", "source", "in_time", "opened_from", "opened_until")


def _rfc_3339(value: Any) -> Any:
    """Take an instant in RFC 3339's form only; a "+" that came unescaped in an address is a space."""
    found = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write an instant as in RFC 3339, for example 2026-11-23T08:00:00+08:00")
    day, time, utc, sign, offset = found.groups()
    return f"{day}T{time}" + ("Z" if utc else f"{sign.replace(' ', '+')}{offset}")


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("write an instant between the years 1 and 9999") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]


class QueryError(Exception):
    """The request asks for something that cannot be asked for; the message names the parameter."""


class Asked(BaseModel):
    """The parameters of a request; a name that it does not know is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, pairs: list[tuple[str, str]]) -> Self:
        """Return what these parameters ask for; raises QueryError."""
        values = dict(pairs)
        if len(values) < len(pairs):
            raise QueryError("a parameter is given twice: give each once")
        try:
            return cls(**values)
        except ValidationError as problem:
            raise QueryError(cls._first_complaint(problem)) from None

    @classmethod
    def _first_complaint(cls, problem: ValidationError) -> str:
        error = problem.errors(include_url=False)[0]
        name = ".".join(str(part) for part in error["loc"])
        if error["type"] == "extra_forbidden":
            return f"{name}: there is no such parameter: choose from {', '.join(cls._names())}"
        what = error["msg"].removeprefix("Value error, ")
        return f"{name}: {what}" if name else what

    @classmethod
    def _names(cls) -> Iterator[str]:
        return (field.alias or name for name, field in cls.model_fields.items())


class PageAsked(Asked):
    """Which page."""

    limit: int = Field(PAGE, ge=1, le=PAGE_LIMIT, description="At most so many.")
    after: str | None = Field(None, description="`next` of the page before.")


class TicketsAsked(PageAsked):
    """Which tickets."""

    caller_number: str | None = None
    operator: str | None = Field(None, description="Work number of who answered.")
    state: CallState | None = None
    source: Source | None = None
    in_time: bool | None = None
    opened_from: Instant | None = Field(None, description="Opened then or later.")
    opened_until: Instant | None = Field(None, description="Opened before.")
    q: str = Field("", description="Words that each stand in number, caller, customer, address, topic or description.")

    @property
    def filter(self) -> TicketFilter:
        """What storage is asked for."""
        return TicketFilter(text=self.q, **{name: getattr(self, name) for name in _FILTERED})


class CallsAsked(TicketsAsked):
    """Which calls."""

    live: bool = Field(default=False, description="true: only calls in progress, all of them, without other filters.")

    @model_validator(mode="after")
    def _live_stands_alone(self) -> Self:
        others = sorted(self.model_fields_set - {"live"})
        if self.live and others:
            raise ValueError(f"live=true shows every call in progress: leave out {', '.join(others)}")
        return self


class GapsAsked(Asked):
    """Which gaps."""

    since: Instant | None = Field(None, description="Those that reach beyond this instant.")


class ReportAsked(Asked):
    """How a report is grouped, and under which limit of rings its calls are scored."""

    by: By = Field(By.DAY, description="What the rows are.")
    rings: int | None = Field(None, ge=1, le=99, description="Score as if so many rings were allowed.")


class NothingAsked(Asked):
    """No parameters."""
