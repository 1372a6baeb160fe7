"""`narrate plan --coverage`: what becomes of every block of the source."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from narrate.cli.output import print_json, shortened, table
from narrate.cli.streams import printable

if TYPE_CHECKING:
    from narrate.script import Account, Omission


def print_coverage(account: "Account", warnings: Sequence[str], *, json: bool) -> None:
    """The counts, every skip with its place and reason, and what is missing from the source itself."""
    skipped = sum(each.count for each in account.skipped)
    if json:
        counts = {"blocks": account.blocks, "voiced": account.voiced, "described": account.described}
        print_json(
            {
                **counts,
                "skipped": skipped,
                "skips": [_fields(each) for each in account.skipped],
                "read_by_the_narrator": [asdict(each) for each in account.unspoken],
                "warnings": list(warnings),
            }
        )
        return
    print(f"{account.blocks} blocks: {account.voiced} voiced, {account.described} described, {skipped} skipped")
    if account.skipped:
        rows = [
            [each.place, each.kind, str(each.count), printable(each.reason), shortened(printable(each.text), 40)]
            for each in account.skipped
        ]
        print()
        print(table(["place", "skipped", "blocks", "why", "begins"], rows, right=(2,)))
    for each in account.unspoken:
        count = f"{each.sentences} sentence{'s' * (each.sentences != 1)}"
        print(f"\n{count} in “{each.language}” read by the narrator, since no voice here speaks it ({each.place})")

    for at, warning in enumerate(warnings):
        print("\n" * (not at) + f"warning: {printable(warning)}")


def _fields(omission: "Omission") -> dict[str, object]:
    return {
        "place": omission.place,
        "kind": omission.kind,
        "count": omission.count,
        "reason": omission.reason,
        "text": omission.text,
    }
