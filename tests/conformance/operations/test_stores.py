"""What every store of operations does, seen by two workers at once."""

from __future__ import annotations

import pytest

from models.base import Progress
from router.errors import OperationRunning, RequestIdReused, TooManyOperations, UnknownOperation
from router.operations.contract import Claim, LeaseLost, Operation, State
from router.operations.rules import FORGOTTEN_AT_ONCE
from router.operations.store import OperationStore
from tests.conformance.operations.conftest import Stores
from tests.conformance.operations.examples import ADA, BOB, CHIEF, EVE, operation

UUID = "11111111-1111-4111-8111-111111111111"


async def started(store: OperationStore, at: int, **how: object) -> Operation:
    made, _ = await store.create(operation(at, **how), b"request")
    return made


async def claimed(store: OperationStore, now: float, holder: str = "one") -> list[Claim]:
    return list(await store.claim(holder, now, 10.0, 8))


async def ended(store: OperationStore, at: int, **how: object) -> Operation:
    await started(store, at, **how)
    (claim,) = await claimed(store, at)
    return await store.finish(claim.operation, None, State.SUCCEEDED, b"response", at + 0.5)


async def test_a_new_operation_waits_and_both_see_it(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1, trace="00-trace", request_hash=b"h")
    assert made.number > 0
    assert await other.get(ADA, made.id) == (made, b"")
    assert made.state is State.WAITING


async def test_a_request_id_names_one_operation(stores: Stores) -> None:
    one, other = stores
    first, fresh = await one.create(operation(1, request_id=UUID, request_hash=b"h"), b"request")
    again, fresh_again = await other.create(operation(2, request_id=UUID, request_hash=b"h"), b"request")
    assert (fresh, fresh_again) == (True, False)
    assert again == first
    with pytest.raises(RequestIdReused):
        await other.create(operation(3, request_id=UUID, request_hash=b"other"), b"request")
    theirs, fresh_theirs = await other.create(operation(4, request_id=UUID, subject="bob"), b"request")
    assert fresh_theirs
    assert theirs.id != first.id


async def test_a_request_id_still_names_it_when_it_has_ended(stores: Stores) -> None:
    one, other = stores
    first = await ended(one, 1, request_id=UUID)
    again, fresh = await other.create(operation(2, request_id=UUID), b"request")
    assert (again.id, again.state, fresh) == (first.id, State.SUCCEEDED, False)


async def test_a_tenant_has_so_many_under_way_and_no_more(stores: Stores) -> None:
    one, other = stores
    for at in (1, 2, 3):
        await started(one, at, subject=f"user-{at}")
    with pytest.raises(TooManyOperations) as caught:
        await started(other, 4)
    assert caught.value.details == {"tenant": "charite", "unfinished": "3", "limit": "3"}
    await started(other, 5, tenant="mit", subject="eve")
    claim, *_ = await claimed(one, 6.0)
    await one.finish(claim.operation, None, State.FAILED, b"", 7.0)
    await started(other, 8)


async def test_one_worker_alone_takes_an_operation_up(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    (claim,) = await claimed(one, 2.0)
    assert await claimed(other, 3.0, "two") == []
    assert (claim.request, claim.checkpoint) == (b"request", None)
    held = claim.operation
    assert (held.id, held.state, held.holder, held.attempt, held.lease) == (made.id, State.RUNNING, "one", 1, 12.0)
    assert held.revision > made.revision
    assert (await other.get(ADA, made.id))[0] == held


async def test_the_oldest_are_taken_up_first_and_no_more_than_there_is_room_for(stores: Stores) -> None:
    one, other = stores
    made = [await started(one, at) for at in (1, 2, 3)]
    assert [claim.operation.id for claim in await one.claim("one", 4.0, 10.0, 2)] == [made[0].id, made[1].id]
    assert [claim.operation.id for claim in await other.claim("two", 4.0, 10.0, 2)] == [made[2].id]


async def test_what_is_kept_of_a_dead_worker_s_operation_another_goes_on_with(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    (first,) = await claimed(one, 2.0)
    progress = Progress(7, 0.5, "half", {"objective": 0.25})
    await one.keep(first.operation, progress, b"state 7", 20.0)
    await one.keep(first.operation, Progress(8), None, 21.0)  # its state is not kept
    assert await claimed(other, 20.9, "two") == []
    (second,) = await claimed(other, 21.0, "two")
    assert (second.request, second.checkpoint) == (b"request", b"state 7")
    assert (second.operation.attempt, second.operation.progress) == (2, Progress(8))
    with pytest.raises(LeaseLost):
        await one.keep(first.operation, Progress(9), b"state 9", 40.0)
    with pytest.raises(LeaseLost):
        await one.finish(first.operation, None, State.SUCCEEDED, b"late", 23.0)
    with pytest.raises(LeaseLost):
        await one.let_go(first.operation)
    found, outcome = await one.get(ADA, made.id)
    assert (found.holder, found.progress, outcome) == ("two", Progress(8), b"")


async def test_what_is_let_go_is_taken_up_at_once(stores: Stores) -> None:
    one, other = stores
    await started(one, 1)
    (first,) = await claimed(one, 2.0)
    await one.keep(first.operation, Progress(1), b"state", 50.0)
    await one.let_go(first.operation)
    (second,) = await claimed(other, 3.0, "two")
    assert (second.checkpoint, second.operation.holder) == (b"state", "two")


async def test_taking_up_without_a_step_is_counted_and_a_step_ends_the_count(stores: Stores) -> None:
    one, _ = stores
    await started(one, 1)
    for at in (1, 2, 3):
        (claim,) = await claimed(one, 100.0 * at)
        assert claim.operation.futile == at
    kept = await one.keep(claim.operation, Progress(1), None, 310.0)
    assert kept.futile == 0
    (claim,) = await claimed(one, 400.0)
    assert claim.operation.futile == 1
    await one.let_go(claim.operation)
    (claim,) = await claimed(one, 401.0)
    assert claim.operation.futile == 1  # who lets go has not died over it


async def test_an_end_keeps_the_outcome_and_the_last_progress(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    (claim,) = await claimed(one, 2.0)
    await one.keep(claim.operation, Progress(1), b"state", 20.0)
    done = await one.finish(claim.operation, Progress(2), State.SUCCEEDED, b"response", 3.0)
    assert await other.get(ADA, made.id) == (done, b"response")
    assert (done.state, done.ended, done.holder, done.progress) == (State.SUCCEEDED, 3.0, "", Progress(2))
    assert await claimed(other, 1e9) == []
    with pytest.raises(LeaseLost):
        await one.finish(claim.operation, None, State.FAILED, b"again", 4.0)


async def test_cancelling_what_nobody_runs_ends_it_at_once(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    cancelled = await other.cancel(ADA, made.id, 2.0)
    assert (cancelled.state, cancelled.ended) == (State.CANCELLED, 2.0)
    assert await claimed(one, 3.0) == []


async def test_cancelling_what_runs_tells_its_holder(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    (claim,) = await claimed(one, 2.0)
    asked = await other.cancel(ADA, made.id, 3.0)
    assert (asked.state, asked.cancelling) == (State.RUNNING, True)
    assert await other.cancel(ADA, made.id, 3.5) == asked
    assert (await one.keep(claim.operation, None, None, 14.0)).cancelling
    ended = await one.finish(claim.operation, None, State.CANCELLED, b"", 4.0)
    assert (ended.state, ended.cancelling) == (State.CANCELLED, False)
    assert await other.cancel(ADA, made.id, 5.0) == ended


async def test_what_was_to_stop_when_its_worker_died_is_not_taken_up(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    await claimed(one, 2.0)
    await one.cancel(ADA, made.id, 3.0)
    assert await claimed(other, 100.0, "two") == []
    assert (await one.get(ADA, made.id))[0].state is State.CANCELLED


async def test_only_what_has_ended_is_deleted(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    with pytest.raises(OperationRunning):
        await other.delete(ADA, made.id)
    await other.cancel(ADA, made.id, 2.0)
    await other.delete(ADA, made.id)
    for store in stores:
        with pytest.raises(UnknownOperation):
            await store.get(ADA, made.id)


async def test_an_operation_is_its_owner_s_and_its_tenant_s_admin_s(stores: Stores) -> None:
    one, other = stores
    made = await started(one, 1)
    for viewer in (ADA, CHIEF):
        assert (await other.get(viewer, made.id))[0] == made
    for viewer in (BOB, EVE):
        with pytest.raises(UnknownOperation):
            await one.get(viewer, made.id)
        with pytest.raises(UnknownOperation):
            await one.cancel(viewer, made.id, 2.0)
        with pytest.raises(UnknownOperation):
            await one.delete(viewer, made.id)
        assert await one.page(viewer, 1 << 62, 10, None) == []


async def test_pages_are_newest_first_and_know_what_has_ended(stores: Stores) -> None:
    one, other = stores
    first = await ended(one, 1)
    second = await started(one, 2)
    third = await started(other, 3, subject="bob")
    fourth = await started(one, 4)
    assert [o.id for o in await other.page(ADA, 1 << 62, 2, None)] == [fourth.id, second.id]
    assert [o.id for o in await other.page(ADA, second.number, 2, None)] == [first.id]
    assert [o.id for o in await other.page(CHIEF, 1 << 62, 9, False)] == [fourth.id, third.id, second.id]
    assert [o.id for o in await other.page(CHIEF, 1 << 62, 9, True)] == [first.id]


async def test_the_oldest_that_have_ended_are_forgotten(stores: Stores) -> None:
    one, other = stores
    made = [await ended(one, at) for at in (1, 2, 3, 4, 5)]
    theirs = await ended(one, 6, tenant="mit", subject="eve")
    await started(one, 7)  # four are kept of a tenant
    left = [o.id for o in await other.page(ADA, 1 << 62, 9, True)]
    assert left == [o.id for o in reversed(made[1:])]
    assert (await one.get(EVE, theirs.id))[1] == b"response"


async def test_what_has_ended_is_kept_for_so_long_whosever_it_is(stores: Stores) -> None:
    one, other = stores
    first = await ended(one, 1)
    theirs = await ended(one, 2, tenant="mit", subject="eve")
    late = await ended(one, 3)
    under_way = await started(one, 4)
    assert await other.forget_old(102.6) == 2  # a hundred seconds after their ends
    assert await other.forget_old(102.6) == 0
    for viewer, gone in ((ADA, first), (EVE, theirs)):
        with pytest.raises(UnknownOperation):
            await one.get(viewer, gone.id)
    assert [o.id for o in await one.page(ADA, 1 << 62, 9, None)] == [under_way.id, late.id]


async def test_many_old_ones_go_a_few_at_a_time(stores: Stores) -> None:
    one, _ = stores
    for at in range(FORGOTTEN_AT_ONCE + 1):
        await ended(one, at, tenant=f"tenant-{at}")
    assert [await one.forget_old(1e6) for _ in range(3)] == [FORGOTTEN_AT_ONCE, 1, 0]


async def test_an_unknown_operation_is_unknown(stores: Stores) -> None:
    one, _ = stores
    with pytest.raises(UnknownOperation) as caught:
        await one.get(ADA, UUID)
    assert caught.value.details == {"operation": f"operations/{UUID}"}


async def test_large_parts_come_back_whole(stores: Stores) -> None:
    one, other = stores
    body = bytes(range(256)) * 8192
    await one.create(operation(1), body)
    (claim,) = await claimed(other, 2.0)
    assert claim.request == body
    await other.finish(claim.operation, None, State.SUCCEEDED, body, 3.0)
    assert (await one.get(ADA, claim.operation.id))[1] == body
