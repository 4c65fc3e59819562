"""Changes to the figures of others."""

from sqlalchemy import delete

from vocapp.benchmarks.models import OuterBenchmark
from vocapp.core.db import db


def forget_figure(figure_id: int) -> bool:
    """Take a figure of others out; False when it was gone already."""
    gone = delete(OuterBenchmark).where(OuterBenchmark.id == figure_id).returning(OuterBenchmark.id)
    return db.session.scalar(gone) is not None
