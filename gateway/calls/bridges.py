"""Who can hear whom: the channels in each bridge, and the bridges that a Local channel's two halves join into one.

Channels and bridges are Uniqueids. It knows nothing of calls.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Bridges:
    """All bridges now. A channel is in one bridge at most."""

    _present: dict[str, set[str]] = field(default_factory=dict)
    _where: dict[str, str] = field(default_factory=dict)
    _halves: dict[str, str] = field(default_factory=dict)
    _dissolved: set[str] = field(default_factory=set)

    def enter(self, bridge: str, channel: str) -> None:
        """Put a channel into a bridge, out of any other."""
        self.leave(self._where.get(channel, ""), channel)
        self._where[channel] = bridge
        self._present.setdefault(bridge, set()).add(channel)

    def leave(self, bridge: str, channel: str) -> None:
        """Take a channel out of a bridge, if it is there."""
        if self._where.get(channel) != bridge:
            return
        del self._where[channel]
        self._present[bridge].discard(channel)
        if not self._present[bridge]:
            del self._present[bridge]

    def pair(self, one: str, two: str) -> None:
        """Note that these are the two halves of a Local channel."""
        if one and two and not self._dissolved & {one, two}:
            self._halves[one], self._halves[two] = two, one

    def dissolve(self, one: str, two: str) -> None:
        """Note that a Local channel is taken out of the way: what its halves do from now on means nothing."""
        self._dissolved |= {one, two}
        for half in (one, two):
            self._halves.pop(half, None)

    def dissolved(self, channel: str) -> bool:
        """Return whether this is half of a Local channel that is being taken out of the way."""
        return channel in self._dissolved

    def forget(self, channel: str) -> None:
        """Forget a channel that was hung up."""
        self.leave(self._where.get(channel, ""), channel)
        other = self._halves.pop(channel, "")
        self._halves.pop(other, None)

    def drop(self, channel: str) -> None:
        """Forget also that a channel was half of one that was taken out of the way: no late news of it is expected."""
        self._dissolved.discard(channel)

    def where(self, channel: str) -> str:
        """Return the bridge that a channel is in, "" if in none."""
        return self._where.get(channel, "")

    def joined(self, bridge: str) -> frozenset[str]:
        """Return this bridge and those that Local channels join to it."""
        found, open_ends = {bridge}, [bridge]
        while self._halves and open_ends:
            for channel in self._present.get(open_ends.pop(), ()):
                beyond = self._where.get(self._halves.get(channel, ""), bridge)
                if beyond not in found:
                    found.add(beyond)
                    open_ends.append(beyond)
        return frozenset(found)

    def company(self, bridge: str) -> frozenset[str]:
        """Return every channel that hears what is said in this bridge."""
        return frozenset(channel for each in self.joined(bridge) for channel in self._present.get(each, ()))

    def halves_beside(self, channel: str) -> tuple[tuple[str, str], ...]:
        """Return (half, its other half) for each Local channel's half in the same bridge as this channel."""
        beside = self._present.get(self.where(channel), ())
        return tuple((half, self._halves[half]) for half in sorted(beside) if half in self._halves)


@dataclass(slots=True)
class LocalHalves:
    """Finds the two halves of a Local channel by their names: "Local/88@context-00000001;1" and ";2"."""

    _first: dict[str, str] = field(default_factory=dict)

    def other(self, name: str, channel: str) -> str:
        """Return the other half of the Local channel of this name, "" while it is not known or if this is none."""
        pair, _, half = name.rpartition(";")
        if half not in ("1", "2") or not pair.startswith("Local/"):
            return ""
        first = self._first.setdefault(pair, channel)
        return first if first != channel else ""
