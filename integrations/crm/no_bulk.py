"""Bulk jobs of systems that have none: every call is refused."""

from integrations.crm.records import Batch, BulkResults, BulkStatus
from integrations.errors import Rejected


class NoBulk:
    """The bulk half of the protocol for systems without bulk jobs; whoever asks first never comes here."""

    has_bulk = False

    def open_bulk(self, batch: Batch) -> str:
        """Refuse to make a job."""
        raise _refused(f"a job for {batch.object}")

    def fill_bulk(self, job_id: str, batch: Batch) -> None:
        """Refuse to fill a job."""
        raise _refused(f"job {job_id!r} for {batch.object}")

    def bulk_status(self, job_id: str) -> BulkStatus:
        """Refuse to tell of a job."""
        raise _refused(f"job {job_id!r}")

    def bulk_results(self, job_id: str, batch: Batch) -> BulkResults:
        """Refuse to tell of a job's rows."""
        raise _refused(f"job {job_id!r} for {batch.object}")

    def abort_bulk(self, job_id: str) -> None:
        """Refuse to give a job up."""
        raise _refused(f"job {job_id!r}")


def _refused(what: str) -> Rejected:
    return Rejected(f"There are no bulk jobs here, so {what} cannot be; write in batches.", code="no_bulk")
