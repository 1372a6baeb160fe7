"""What ten thousand books would take, by arithmetic from what scripts/scale has measured; and how it is told.

In: the measurements. Out: numbers, and lines of text. Touches nothing.
"""

from typing import Any

BOOKS, HOURS = 10_000, 10
PLANNING_CORES = 8
"""Of the machine that builds: all books are read and planned there, before the first task goes out."""

LIMIT = 0.05


def extrapolated(real: dict[str, float], nothing: dict[str, float], planning_s: float) -> dict[str, Any]:
    """Ten thousand books of ten hours, from one run on a cluster, one of tasks that do nothing, and the CPU seconds of
    planning the same books.

    All are planned first, on one machine; then whatever is slowest sets the pace: workers, who share the work evenly,
    the one building process (which reads and plans each book again when its turn comes), or the scheduler.
    """
    hours = real["audio_s"] / 3600
    total = BOOKS * HOURS
    tasks = real["tasks"] / hours * total
    overhead_s = (nothing["scheduler_cpu_s"] + nothing["workers_cpu_s"]) / nothing["tasks"]
    work_s = real["workers_cpu_s"] / real["tasks"]
    work_total_s = real["workers_cpu_s"] / hours * total
    builder_s = real["builder_cpu_s"] / hours * total
    scheduler_s = nothing["scheduler_cpu_s"] / nothing["tasks"] * tasks
    planning_total_s = planning_s / hours * total

    def hours_on(cores: int) -> float:
        planning = planning_total_s / min(cores, PLANNING_CORES)
        return (planning + max(work_total_s / cores, builder_s, scheduler_s)) / 3600

    return {
        "tasks": round(tasks),
        "work_a_task_s": work_s,
        "overhead_a_task_s": overhead_s,
        "overhead_share": overhead_s / work_s,
        "worker_core_hours": work_total_s / 3600,
        "builder_core_hours": builder_s / 3600,
        "scheduler_core_hours": scheduler_s / 3600,
        "scheduler_gb": real["scheduler_bytes"] / hours * total / 1e9,
        "store_tb": real["store_bytes"] / hours * total / 1e12,
        "planning_core_hours": planning_total_s / 3600,
        "hours_on": {str(cores): hours_on(cores) for cores in (2, 64, 512)},
        "cores_that_one_builder_feeds": work_total_s / builder_s,
    }


def report(found: dict[str, Any]) -> str:
    """The measurements, and what follows from them."""
    lines = [_real(name, each) for name in ("machine", "cluster") for each in found[name]]
    lines += [_simulated(each) for each in found["simulated"]]
    far = found["extrapolated"]
    hours = ", ".join(f"{hours:,.1f} on {cores} cores" for cores, hours in far["hours_on"].items())
    lines += [
        "",
        f"overhead a task: {1e3 * far['overhead_a_task_s']:.2f} ms of CPU (scheduler and worker, task of nothing) "
        f"beside {1e3 * far['work_a_task_s']:.0f} ms of work: {far['overhead_share']:.1%} (limit {LIMIT:.0%})",
        f"{BOOKS:,} books of {HOURS} h: {far['tasks']:,} tasks; core hours: "
        f"{far['worker_core_hours']:,.0f} of workers, {far['builder_core_hours']:,.1f} of the building process, "
        f"{far['scheduler_core_hours']:,.1f} of the scheduler",
        f"  {far['scheduler_gb']:,.0f} GB through the scheduler, {far['store_tb']:,.1f} TB into the store",
        f"  {far['planning_core_hours']:,.1f} core hours of planning come first, on at most {PLANNING_CORES} cores",
        f"  hours: {hours}; one building process feeds {far['cores_that_one_builder_feeds']:,.0f} cores",
    ]
    return "\n".join(lines)


def _real(name: str, each: dict[str, float]) -> str:
    return (
        f"{name}, {each['workers']} workers: {each['audio_s'] / 3600:.2f} h of audio in {each['wall_s']:.1f} s "
        f"({each['audio_s'] / each['wall_s']:.0f} × speech), {each['tasks']} tasks, "
        f"building process {each['builder_cpu_s']:.1f} s of CPU"
    )


def _simulated(each: dict[str, float]) -> str:
    name = f"of {each['speed']:g} × speech" if each["speed"] else "that takes no time"
    busy = f", workers busy {each['busy']:.0%}" if each["speed"] else ""
    return (
        f"simulated engine {name}, {each['workers']} workers: {each['tasks'] / each['wall_s']:.0f} tasks a second"
        f"{busy}; a task costs the scheduler {1e3 * each['scheduler_cpu_s'] / each['tasks']:.2f} ms, "
        f"{each['scheduler_bytes'] / each['tasks'] / 1e3:.1f} KB to and from it"
    )
