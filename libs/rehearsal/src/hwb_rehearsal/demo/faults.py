"""What goes wrong at the providers on purpose, and whether it did."""

from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.story.acts import FailOnPurpose, ProviderFault, SeeFaults


async def fail_on_purpose(reality: Reality, act: FailOnPurpose) -> None:
    """Set the faults by the ids that the providers gave the groups."""
    for provider, provider_id, fault in await _by_id(reality, act.faults):
        await reality.fail(provider, provider_id, fault)


async def see_faults(reality: Reality, act: SeeFaults) -> Row:
    """A fault that did not happen showed nothing."""
    wanted = set(await _by_id(reality, act.faults))
    happened = await reality.faults_that_happened()
    missing = sorted(wanted - happened)
    return row_of_faults(
        act.line,
        expected=f"{len(wanted)} faults",
        actual=f"{len(wanted & happened)} faults",
        faults=[f"{provider}: {fault} did not happen" for provider, _, fault in missing],
    )


async def _by_id(reality: Reality, faults: tuple[ProviderFault, ...]) -> list[tuple[str, str, str]]:
    listed = (await reality.groups()).listed
    return [
        (one.provider, listed[one.class_key, one.provider]["provider_id"], one.fault.value)
        for one in faults
    ]
