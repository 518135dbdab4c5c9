"""Where tickets go (D1 to D8) by the rules as they are shipped, and what their rules mean in general."""

import pytest
from shipped_rules import DEPARTMENTS, RULES

from routing.rules import Decision, Inquiry, Limit, Rule, Rules
from routing.vocabulary import Kind, Remoteness, Scope

CONSULTATION, REPORT, COMPLAINT, FAULT_REPAIR, INFORMATION = Kind
STATIONS = {
    "yongzhong": "yongzhong-station",
    "yaoxi": "yaoxi-station",
    "shacheng": "shacheng-station",
    "lingkun": "shacheng-station",
}


def decided(topic: str, kind: Kind | None = None, area: str = "", scope: Scope | None = None) -> Decision:
    """Return where a ticket goes by the shipped rules; of the topic's usual kind, where none is said."""
    known = RULES.topics.get(topic)
    usual = known.kinds[0] if known else CONSULTATION
    return RULES.decide(Inquiry(topic, kind or usual, scope, area), DEPARTMENTS)


@pytest.mark.parametrize(
    ("topics", "kind", "department", "cc", "clause", "limit"),
    [
        ("complaint complaint.attitude complaint.delay", COMPLAINT, "party-office", (), "D1", "T2"),
        ("complaint.integrity", REPORT, "party-office", (), "D1", "T2"),
        ("report report.theft report.breach report.tariff", REPORT, "inspection", ("marketing",), "D2", "T2"),
        ("quality quality.voltage quality.frequent", COMPLAINT, "production", (), "D3", "T2"),
        ("quality.voltage", CONSULTATION, "production", (), "D3", "T1"),
        ("safety safety.clearance safety.damage", REPORT, "safety", (), "D4", "T2"),
        ("fault fault.wire fault.injury fault.fire", FAULT_REPAIR, "repair-centre", (), "D5", "T4"),
        ("fault.outage fault.meter", FAULT_REPAIR, "repair-centre", (), "D5", "T4"),
        ("service service.connection", CONSULTATION, "service-centre", ("marketing",), "D6", "T1"),
        ("service.promise", COMPLAINT, "service-centre", ("marketing",), "D6", "T2"),
        ("outage outage.planned", INFORMATION, "dispatch-room", (), "D7", "T1"),
        ("outage.rationing", INFORMATION, "orderly-use", (), "D7", "T1"),
        ("outage.rationing", COMPLAINT, "orderly-use", (), "D7", "T2"),
        ("bill", CONSULTATION, "marketing", (), "D8", "T1"),
        ("other", COMPLAINT, "marketing", (), "D8", "T2"),
        ("policy", INFORMATION, "marketing", (), "D8", "T1"),
    ],
)
def test_d1_to_d8_each_matter_goes_to_its_department(
    topics: str, kind: Kind, department: str, cc: tuple[str, ...], clause: str, limit: str
) -> None:
    """With who is informed, the clause, and that of its time limit; D5 and D6 here without a known area."""
    for topic in topics.split():
        found = decided(topic, kind)
        assert (department, cc, clause, limit) == (found.department, found.cc, found.clause, found.limit.clause)


@pytest.mark.parametrize("area", STATIONS)
@pytest.mark.parametrize(
    ("topic", "clause", "cc"), [("fault.outage", "D5", ()), ("service.connection", "D6", ("marketing",))]
)
def test_d5_d6_what_lies_in_a_known_area_goes_to_its_station(
    topic: str, clause: str, cc: tuple[str, ...], area: str
) -> None:
    """Fault repair and connections; an island may share another area's station."""
    found = decided(topic, area=area)
    assert (STATIONS[area], clause, cc) == (found.department, found.clause, found.cc)


@pytest.mark.parametrize(
    ("topic", "department"),
    [("fault.outage", "repair-centre"), ("service.connection", "service-centre")],
)
def test_d5_d6_what_lies_nowhere_known_goes_to_the_centre(topic: str, department: str) -> None:
    """Also where the rules have forgotten the area."""
    assert department == decided(topic, area="").department == decided(topic, area="atlantis").department


@pytest.mark.parametrize("scope", [None, *Scope])
def test_d5_a_fault_goes_to_repair_whosever_it_is(scope: Scope | None) -> None:
    """Company's, unknown, or the customer's own, which is repaired for money (N5)."""
    assert "repair-centre" == decided("fault.outage", scope=scope).department


@pytest.mark.parametrize("topic", ["complaint.attitude", "quality", "outage", "bill"])
def test_an_area_changes_nothing_elsewhere(topic: str) -> None:
    """Only D5 and D6 name the station of the area."""
    assert decided(topic) == decided(topic, area="yaoxi")


def test_d8_catches_what_nobody_knows() -> None:
    """A topic that the rules do not have, whatever its kind, and one that only begins like one they have."""
    for kind in Kind:
        for topic in ("", "weather", "faulty.wire", "complaints"):
            found = decided(topic, kind)
            assert ("marketing", "everything-else", "D8") == (found.department, found.rule, found.clause)


def test_d8_every_topic_and_kind_has_a_department_and_a_limit() -> None:
    """Whatever an operator can choose, in every area and in none: nothing is ever left without either."""
    for topic in RULES.topics.values():
        for kind in Kind:
            for area in ("", *DEPARTMENTS.areas):
                found = decided(topic.id, kind, area)
                assert found.department in DEPARTMENTS.departments
                assert all(informed in DEPARTMENTS.departments for informed in found.cc)
                assert found.limit == RULES.limits[kind]
                assert bool(found.limit.working_days) != bool(found.limit.minutes)


def test_the_shipped_limits_are_those_of_the_regulation() -> None:
    """Three working days (T1), ten (T2), thirty at the most (T3), and minutes by remoteness (T4)."""
    on_site = {Remoteness.URBAN: 60, Remoteness.RURAL: 120, Remoteness.REMOTE: 240}
    ten_days = Limit("T2", 10, {}, 30, "T3")
    assert {
        CONSULTATION: Limit("T1", 3),
        INFORMATION: Limit("T1", 3),
        COMPLAINT: ten_days,
        REPORT: ten_days,
        FAULT_REPAIR: Limit("T4", 0, on_site),
    } == RULES.limits
    assert not RULES.count_first_day


def test_a_danger_to_life_is_urgent() -> None:
    """A wire down, somebody hurt, a fire; nothing else jumps ahead."""
    assert ["fault.wire", "fault.injury", "fault.fire"] == [topic.id for topic in RULES.topics.values() if topic.urgent]


def test_a_topic_has_the_kinds_clause_and_questions_of_the_one_above() -> None:
    """Unless it names its own kinds."""
    above, attitude, integrity = (RULES.topics[f"complaint{name}"] for name in ("", ".attitude", ".integrity"))
    assert (above.kinds, above.clause, above.questions) == (attitude.kinds, attitude.clause, attitude.questions)
    assert (REPORT, COMPLAINT) == integrity.kinds
    assert ["who", "when", "wish"] == [question.id for question in integrity.questions]
    assert ("complaint", "") == (integrity.parent, above.parent)


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("永强供电公司永中街道罗东街12号", "yongzhong"),
        ("溫州市龍灣區瑤溪街道", "yaoxi"),
        ("瑶溪街道皇岙村", "yaoxi"),
        ("沙城永强路3号", "shacheng"),  # of two names of the same length the one that comes first
        ("永强路3号，沙城", "yongzhong"),
        ("灵昆岛海思村", "lingkun"),
        ("靈昆", "lingkun"),
        ("北京市朝阳区", None),
        ("", None),
    ],
)
def test_an_area_is_known_by_what_its_addresses_contain(address: str, area: str | None) -> None:
    """In either script."""
    found = DEPARTMENTS.area_of(address)
    assert area == (found.id if found else None)


ANY = Rule("rest", "D8", "marketing")


def by_rules(*rules: Rule) -> Rules:
    """Return the shipped rules with these in place of theirs, and the one that fits everything."""
    return Rules("1", RULES.effective, RULES.topics, (*rules, ANY), RULES.limits)


@pytest.mark.parametrize(
    ("rule", "against"),
    [
        (Rule("one", "D1", "safety", topics=("fault",)), ""),
        (Rule("one", "D1", "safety", topics=("bill", "fault.wire")), ""),
        (Rule("one", "D1", "safety", topics=("fault.outage",)), "topic"),
        (Rule("one", "D1", "safety", kinds=(FAULT_REPAIR,)), ""),
        (Rule("one", "D1", "safety", kinds=(REPORT, COMPLAINT)), "kind"),
        (Rule("one", "D1", "safety", scopes=(Scope.COMPANY, Scope.UNKNOWN)), ""),
        (Rule("one", "D1", "safety", scopes=(Scope.CUSTOMER,)), "scope"),
        (Rule("one", "D1", "safety", areas=("yaoxi",)), ""),
        (Rule("one", "D1", "safety", areas=("lingkun",)), "area"),
        (Rule("one", "D1", "safety", topics=("bill",), areas=("lingkun",)), "topic"),
        (Rule("one", "D1", "safety", topics=("fault",), kinds=(FAULT_REPAIR,), areas=("lingkun",)), "area"),
    ],
)
def test_a_rule_fits_where_all_its_conditions_do(rule: Rule, against: str) -> None:
    """A rule that was passed over is named with the first condition that stood against it."""
    inquiry = Inquiry("fault.wire", FAULT_REPAIR, Scope.COMPANY, "yaoxi")
    found = by_rules(rule).decide(inquiry, DEPARTMENTS)
    assert (("marketing", (("one", against),)) if against else ("safety", ())) == (found.department, found.passed)


def test_the_first_rule_that_fits_decides() -> None:
    """Those before it are said with their reasons, those after it are not looked at."""
    found = decided("safety.damage")
    assert "installations" == found.rule
    assert (("conduct", "topic"), ("theft", "topic"), ("power-quality", "topic")) == found.passed


def test_whoever_is_responsible_is_not_informed_as_well() -> None:
    """Where the station of the area is one of those a rule informs, it is only responsible."""
    rule = Rule(
        "one", "D5", "station-of-area", "repair-centre", cc=("yaoxi-station", "safety"), masked_from=("safety",)
    )
    found = by_rules(rule).decide(Inquiry("fault", FAULT_REPAIR, None, "yaoxi"), DEPARTMENTS)
    assert ("yaoxi-station", ("safety",), ("safety",)) == (found.department, found.cc, found.masked_from)
    found = by_rules(rule).decide(Inquiry("fault", FAULT_REPAIR), DEPARTMENTS)
    assert ("repair-centre", ("yaoxi-station", "safety")) == (found.department, found.cc)
