"""The rows that the benchmark of scores makes by hand fit the tables as they are today."""

from flask import Flask
from sqlalchemy import func, select

from tests.bench.bench_rescore import CONTACTS, NOW, generate
from vocapp.campaigns.models import Invitation
from vocapp.core.db import db
from vocapp.relationship.models import AccountScore
from vocapp.workflows.rescore import rescore_all


def test_the_rows_of_the_benchmark_can_be_scored(separate_app: Flask) -> None:
    with separate_app.app_context():
        generate(accounts=3, waves=2)
        rescore_all(now=NOW)
        assert db.session.scalar(select(func.count()).select_from(Invitation)) == 3 * CONTACTS * 2
        strengths = db.session.scalars(select(AccountScore.strength)).all()
        assert len(strengths) == 3
        assert all(strength is not None for strength in strengths)
