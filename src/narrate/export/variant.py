"""The book again, without its descriptions, from the takes that are in the store: nothing is spoken anew."""

from dataclasses import replace
from pathlib import Path

from narrate import pipeline
from narrate.building import Progress
from narrate.project import Project
from narrate.text.options import Mode

_DESCRIBED = ("figures", "tables", "code", "formulas", "pages")
"""What is said in words of ours. Notes are the author's own, and stay: their numbers are heard in the sentences."""


def without_descriptions(project: Project, folder: Path, progress: Progress) -> Path:
    """Build `project` as it was built, without pictures, tables, listings, formulas and pages, below `folder`; returns
    the book's folder there. Chapters that were chosen another voice keep it. Raises as `pipeline.run` does."""
    flags = {**project.request.flags, **{f"describe.{kind}": str(Mode.SKIP) for kind in _DESCRIBED}}
    flags.pop("formats", None)
    request = replace(project.request, out=folder, flags=flags)
    variant = pipeline.open_project(request, document=project.document).with_choices(project.choices)
    return pipeline.run(variant, pipeline.make_plan(variant), progress).folder
