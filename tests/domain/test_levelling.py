"""Is the sequence of a mixed-model line even, within promises and capacities?"""

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Capacity
from app.domain.line.levelling import Job, level, mean_deviation
from tests.rows import rows


def jobs(*classes: str, latest: int = 10**9) -> list[Job]:
    return [Job(f"{number}", tuple(name.split("+")), latest) for number, name in enumerate(classes)]


def names(order: list[Job | None]) -> str:
    return "".join("-" if job is None else job.classes[0] for job in order)


def test_models_of_equal_number_alternate() -> None:
    assert names(level(jobs(*"AAAABBBB"), {}, [])) in ("ABABABAB", "ABBAABBA", "ABABBABA", "ABBABAAB")


def test_a_rare_model_comes_in_the_middle_of_its_share() -> None:
    order = names(level(jobs(*"AAAAAAAABB"), {}, []))
    assert Counter(order[:5]) == {"A": 4, "B": 1} == Counter(order[5:])


def test_what_stands_before_counts_for_the_mix() -> None:
    before = {-2: Job("x", ("A",)), -1: Job("y", ("A",))}
    assert names(level(jobs(*"AABBBB"), before, [])).startswith("B")


def test_units_of_one_kind_keep_their_order() -> None:
    order = level(jobs(*"ABABABAB"), {}, [])
    for name in "AB":
        codes = [job.code for job in order if job and job.classes == (name,)]
        assert codes == sorted(codes)


def test_a_promise_goes_before_an_even_mix() -> None:
    urgent = [Job(f"u{n}", ("A",), n) for n in range(4)]
    order = level([*jobs(*"BBBB"), *urgent], {}, [])
    assert [job.code for job in order[:4] if job] == ["u0", "u1", "u2", "u3"]


def test_a_unit_that_is_late_already_comes_first() -> None:
    order = level([*jobs(*"BBBB"), Job("late", ("A",), -5)], {}, [])
    assert order[0] is not None
    assert order[0].code == "late"


def test_no_more_than_the_station_bears_come_in_a_row() -> None:
    order = names(level(jobs(*"SSSSAAAAAAAAA"), {}, [Capacity("S", 1, 3)]))
    assert len(order) == 13
    assert all(order[start : start + 3].count("S") <= 1 for start in range(len(order)))


def test_what_stands_before_counts_for_the_capacity() -> None:
    order = names(level(jobs(*"SAA", latest=0), {-1: Job("x", ("S",))}, [Capacity("S", 1, 3)]))
    assert order.index("S") >= 2


def test_where_nothing_fits_a_place_stays_empty() -> None:
    assert names(level(jobs(*"SSS"), {}, [Capacity("S", 1, 2)])) == "S-S-S"


def test_a_shift_has_a_capacity_of_its_own() -> None:
    order = names(level(jobs(*"SSSSSAAAAA"), {}, [Capacity("S", 2)], lambda place: place // 4))
    assert [order[start : start + 4].count("S") for start in (0, 4, 8)] == [2, 2, 1]


def test_nothing_to_order_is_nothing() -> None:
    assert level([], {}, []) == []


mixes = st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz")), min_size=1, max_size=40)
limits = st.lists(
    st.builds(Capacity, st.sampled_from(["A", "x", "y"]), st.integers(1, 3), st.none() | st.integers(3, 6)), max_size=3
)


@given(mixes, st.lists(st.integers(0, 60), min_size=40, max_size=40), limits, st.integers(2, 9))
def test_every_unit_gets_one_place_and_no_capacity_is_exceeded(
    mix: list[tuple[str, str]], latest: list[int], limits: list[Capacity], shift: int
) -> None:
    wanted = [Job(str(n), classes, last) for n, (classes, last) in enumerate(zip(mix, latest, strict=False))]
    order = level(wanted, {}, limits, lambda place: place // shift)
    assert sorted(job.code for job in order if job) == sorted(job.code for job in wanted)
    assert order[-1] is not None
    for limit in limits:
        built = [job is not None and limit.option in job.classes for job in order]
        width = limit.of or shift
        starts = range(0, len(order), shift) if limit.of is None else range(len(order))
        assert all(sum(built[start : start + width]) <= limit.at_most for start in starts)


@given(mixes, st.randoms())
def test_promises_that_can_be_kept_are_kept(mix: list[tuple[str, str]], random: st.DataObject) -> None:
    places = list(range(len(mix)))
    random.shuffle(places)  # type: ignore[attr-defined]
    wanted = [Job(str(n), classes, place + n % 3) for n, (classes, place) in enumerate(zip(mix, places, strict=True))]
    order = level(wanted, {}, [])
    assert all(job is not None and place <= job.latest for place, job in enumerate(order))


@rows("mix", ["AABB", "AAAB", "AABBC", "AAABBC", "ABCABC"])
def test_the_order_is_near_the_best_of_all(mix: str) -> None:
    best = min(mean_deviation(list(order)) for order in permutations(jobs(*mix)))
    assert mean_deviation(level(jobs(*mix), {}, [])) <= best * 1.25


def test_levelling_beats_first_come_by_far() -> None:
    mix = jobs(*("A+x" if n < 60 else "B+y" if n < 90 else "C+x" for n in range(100)))
    assert mean_deviation(level(mix, {}, [])) < mean_deviation(list(mix)) / 10
