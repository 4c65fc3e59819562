"""The application: every blueprint with its guard, in one table."""

import os.path
from dataclasses import astuple

import structlog
from apiflask import APIFlask
from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from vocapp.accounts.import_views import accounts
from vocapp.accounts.list_views import lists
from vocapp.admin.look_views import report_look
from vocapp.admin.method_views import method, parameters
from vocapp.admin.profile_views import profiles
from vocapp.admin.tiering_views import tiering
from vocapp.admin.views import admin
from vocapp.api.account_views import api_accounts
from vocapp.api.guard import bearer, expect_a_program
from vocapp.api.listening_views import api_listening
from vocapp.api.problems import invalid_input, is_for_programs, problem, problem_of
from vocapp.api.public_views import api_description
from vocapp.api.report_views import api_reports
from vocapp.api.views import api_tokens
from vocapp.api.writing_views import api_writing
from vocapp.assessments.views import assessments
from vocapp.benchmarks.views import benchmarks
from vocapp.campaigns.budget_views import budgets
from vocapp.campaigns.control_views import wave_control
from vocapp.campaigns.draft_views import drafts
from vocapp.campaigns.standard_views import mail_words
from vocapp.campaigns.survey_waves import wave_counts, waves_by_version
from vocapp.campaigns.views import campaigns
from vocapp.campaigns.word_views import wave_words
from vocapp.comments.label_views import labels
from vocapp.comments.views import comments
from vocapp.commitments.views import commitments
from vocapp.core.catalogues import Catalogues
from vocapp.core.db import db, engine_options
from vocapp.core.errors import DomainError
from vocapp.core.gateways import EXTENSION_KEY, Gateways, make_gateways
from vocapp.core.limits import init_limits
from vocapp.core.outages import DATABASE_AWAY
from vocapp.core.settings import PROJECT_ROOT, Settings, load_settings
from vocapp.core.templates import init_templates
from vocapp.core.web import init_web
from vocapp.coverage.views import coverage
from vocapp.demo.service import demo_sign_ins, has_demo
from vocapp.demo.views import demo
from vocapp.duplicates.views import duplicates
from vocapp.exchange.standings import partners_figures
from vocapp.exchange.views import exchange, exchanged
from vocapp.freshness.views import freshness
from vocapp.identity.guards import Guard, ask_for_nobody, only, public, staff, time_zone_of_reader
from vocapp.identity.oidc_views import oidc
from vocapp.identity.rules import RoleName
from vocapp.identity.security import init_security, security_config
from vocapp.identity.views import identity
from vocapp.inbound.hook_views import mail_hooks
from vocapp.inbound.incoming_views import incoming
from vocapp.inbound.reply_queries import count_open_replies
from vocapp.inbound.reply_views import replies
from vocapp.lift.views import lift
from vocapp.open_links.public_views import open_pages
from vocapp.open_links.views import open_links
from vocapp.operations.request_counts import init_request_counts
from vocapp.operations.views import health, parts
from vocapp.outbox.delivery_views import deliveries
from vocapp.outbox.sender_views import sender
from vocapp.outbox.views import outbox
from vocapp.people.views import people
from vocapp.portfolio.group_views import groups
from vocapp.portfolio.roster_views import rosters
from vocapp.portfolio.views import portfolio
from vocapp.portfolio.whole_views import overviews
from vocapp.portfolio.why_views import why
from vocapp.questionnaires.editor_views import survey_editor
from vocapp.questionnaires.look_views import survey_look
from vocapp.questionnaires.transfer_views import transfer
from vocapp.questionnaires.trial_views import trials
from vocapp.questionnaires.views import questionnaires
from vocapp.reports.batch_views import report_batches
from vocapp.reports.views import reports
from vocapp.responses.phone_views import phone
from vocapp.responses.public_views import public as respondent_pages
from vocapp.responses.quarantine_views import responses
from vocapp.results.theme_views import themes
from vocapp.results.turnout_views import turnout
from vocapp.results.views import results
from vocapp.rosters.champion_views import champion
from vocapp.rosters.public_views import roster_page_views
from vocapp.series.queries import campaign_of_wave, rosters_to_confirm
from vocapp.series.views import series
from vocapp.sharing.public_views import shared_reports
from vocapp.sharing.queries import count_waiting_for_approval
from vocapp.sharing.views import sharing
from vocapp.sync.mapping_views import sync_mapping
from vocapp.sync.package_views import sync_package
from vocapp.sync.queue_views import sync_queues
from vocapp.sync.setup_views import sync_setup
from vocapp.sync.views import sync
from vocapp.timeline.views import timeline
from vocapp.triggers.queries import triggers_of_waves
from vocapp.triggers.views import triggers

log = structlog.get_logger()

# After how long a browser, a mail program or a provider may try again while the database is away.
RETRY_SECONDS = 10
MAX_UPLOAD_BYTES = 50 * 1024 * 1024

BLUEPRINTS: tuple[tuple[Blueprint, Guard], ...] = (
    (accounts, staff),
    (admin, only(RoleName.ADMIN)),
    (api_accounts, bearer),
    (api_description, public),
    (api_listening, bearer),
    (api_reports, bearer),
    (api_writing, bearer),
    (api_tokens, only(RoleName.ADMIN)),
    (assessments, staff),
    (benchmarks, staff),
    (campaigns, staff),
    (coverage, staff),
    (comments, staff),
    (budgets, only(RoleName.ADMIN)),
    (mail_words, only(RoleName.ADMIN)),
    (wave_words, only(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)),
    (drafts, only(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)),
    (deliveries, only(RoleName.ADMIN)),
    (demo, only(RoleName.ADMIN)),
    (duplicates, staff),
    (exchange, only(RoleName.ADMIN)),
    (exchanged, staff),
    (freshness, staff),
    (groups, staff),
    (health, public),
    (identity, public),
    (oidc, public),
    (incoming, only(RoleName.ADMIN)),
    (mail_hooks, public),
    (lists, only(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)),
    (open_links, only(RoleName.ADMIN, RoleName.LEADER)),
    (open_pages, public),
    (method, staff),
    (outbox, staff),
    (parameters, only(RoleName.ADMIN, RoleName.LEADER)),
    (parts, only(RoleName.ADMIN)),
    (lift, staff),
    (people, staff),
    (phone, only(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)),
    (overviews, staff),
    (why, staff),
    (portfolio, staff),
    (profiles, only(RoleName.ADMIN)),
    (questionnaires, staff),
    (survey_editor, only(RoleName.ADMIN)),
    (trials, public),
    (survey_look, staff),
    (transfer, staff),
    (replies, staff),
    (report_look, only(RoleName.ADMIN)),
    (commitments, staff),
    (report_batches, staff),
    (reports, staff),
    (sharing, staff),
    (shared_reports, public),
    (respondent_pages, public),
    (series, staff),
    (responses, staff),
    (sender, only(RoleName.ADMIN)),
    (results, staff),
    (turnout, staff),
    (roster_page_views, public),
    (champion, staff),
    (sync, only(RoleName.ADMIN)),
    (sync_mapping, only(RoleName.ADMIN)),
    (sync_package, only(RoleName.ADMIN)),
    (sync_queues, only(RoleName.ADMIN)),
    (sync_setup, only(RoleName.ADMIN)),
    (timeline, staff),
    (rosters, only(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)),
    (themes, only(RoleName.ADMIN)),
    (labels, only(RoleName.ADMIN, RoleName.LEADER)),
    (tiering, only(RoleName.ADMIN)),
    (triggers, only(RoleName.ADMIN)),
    (wave_control, staff),
)

# Pages anybody may open; every other route stands behind its blueprint's guard.
PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "api_description.docs",
        "api_description.openapi",
        "health.healthz",
        "health.metrics",
        "health.readyz",
        "identity.setup",
        "mail_hooks.hear",
        "oidc.callback",
        "oidc.start",
        "open_pages.embed",
        "open_pages.embed_thanks",
        "open_pages.event",
        "open_pages.event_thanks",
        "open_pages.send_embed",
        "open_pages.send_event",
        "public.answer",
        "public.send_answer",
        "public.thanks",
        "public.not_me",
        "public.somebody_else",
        "public.told",
        "public.opt_out",
        "public.send_opt_out",
        "shared_reports.download",
        "shared_reports.show",
        "trials.show",
        "roster_page.show",
        "roster_page.send",
        "roster_page.thanks",
        "security.login",
        "security.logout",
        "security.verify",
        "security.forgot_password",
        "security.reset_password",
        "security.change_password",
        "security.tf_select",
        "security.two_factor_setup",
        "security.two_factor_setup_validate",
        "security.two_factor_token_validation",
        "security.two_factor_rescue",
        "security.static",
    }
)

csrf = CSRFProtect()
# Whoever follows a link has no session: the secret token in the address is what a form must know.
csrf.exempt(open_pages)
csrf.exempt(respondent_pages)
csrf.exempt(roster_page_views)
csrf.exempt(shared_reports)
# A mail provider proves what it says by a signature or a password of its own.
csrf.exempt(mail_hooks)
# A program shows a token and has no session; the guard takes no session for one.
for api_blueprint in (blueprint for blueprint, guard in BLUEPRINTS if guard is bearer):
    csrf.exempt(api_blueprint)


def create_app(settings: Settings | None = None, gateways: Gateways | None = None) -> Flask:
    """Return the application; settings and gateways default to those of the environment."""
    if gateways is None:
        gateways = make_gateways(settings or load_settings())
    settings = gateways.settings
    app = APIFlask(
        "vocapp",
        spec_path=None,
        docs_path=None,
        json_errors=False,
        template_folder=os.path.join(PROJECT_ROOT, "templates"),
        static_folder=os.path.join(PROJECT_ROOT, "vocapp", "static"),
    )
    app.error_processor(invalid_input)
    app.config.update(
        security_config(settings),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        BABEL_DEFAULT_LOCALE="en",
    )
    app.extensions[EXTENSION_KEY] = gateways
    db.init_app(app)
    Migrate(app, db, directory=os.path.join(PROJECT_ROOT, "migrations"), render_as_batch=True)
    Babel(app, timezone_selector=time_zone_of_reader).domain_instance = Catalogues()
    init_templates(app)
    app.jinja_env.globals.update(
        triggers_of_waves=triggers_of_waves,
        campaign_of_wave=campaign_of_wave,
        rosters_to_confirm=rosters_to_confirm,
        open_reply_count=count_open_replies,
        reports_to_approve=count_waiting_for_approval,
        has_demo=has_demo,
        wave_counts=wave_counts,
        waves_by_version=waves_by_version,
        partners_figures=partners_figures,
    )
    csrf.init_app(app)
    init_web(app)
    init_limits(app, settings.broker_url)
    security = init_security(app)
    security.login_context_processor(lambda: {"demo_sign_ins": [astuple(one) for one in demo_sign_ins()]})
    # In front of all, sign-in included.
    app.before_request_funcs.setdefault(None, []).insert(0, expect_a_program)
    for blueprint, guard in BLUEPRINTS:
        app.register_blueprint(blueprint)
        # On the app rather than the blueprint, which is shared by every app of the process.
        app.before_request_funcs.setdefault(blueprint.name, []).insert(0, guard)
    _register_error_pages(app)
    init_request_counts(app)
    return app


def _register_error_pages(app: Flask) -> None:
    @app.errorhandler(DomainError)
    def show_domain_error(error: DomainError) -> ResponseReturnValue:
        db.session.rollback()
        if is_for_programs():
            return problem(422, str(error))
        return render_template("layout/error.html", code=422, reason=str(error)), 422

    def show_database_away(error: Exception) -> ResponseReturnValue:
        log.warning("database_away", error=type(error).__name__, page=request.endpoint)
        ask_for_nobody()
        return app.handle_http_exception(ServiceUnavailable(retry_after=RETRY_SECONDS))

    for kind in DATABASE_AWAY:
        app.register_error_handler(kind, show_database_away)

    @app.errorhandler(HTTPException)
    def show_http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        if is_for_programs():
            return problem_of(error)
        return (
            render_template("layout/error.html", code=error.code, reason=None),
            error.code,
            error.get_headers(),
        )
