"""The people and rows of the sweeps: enough that no list is empty unless a scene wants it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pyotp
import sqlalchemy as sa
from playwright.sync_api import BrowserContext

from portal.audit.models import AuditEvent
from portal.audit.sequencing import sequence_all
from portal.audit.views import save_view
from portal.catalog.features import FeatureTerms, create_feature, kill_feature
from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.customers.import_file import COLUMNS, read_file
from portal.customers.import_preview import judge
from portal.customers.imports import keep_preview, start_import
from portal.customers.models import Tenant, User
from portal.customers.scopes import lendable
from portal.customers.tokens import issue_service_token, issue_staff_token, issue_user_token
from portal.entitlements.bulk import start_bulk_grant
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.models import QuotaBucket
from portal.entitlements.topups import top_up
from portal.entitlements.usage import Report, take_in
from portal.jobs.models import Job
from portal.mail.models import EmailLog
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose
from portal.staff.notices import notify
from portal.subscriptions.assignments import assign_plan
from portal.web.access import SessionState
from seeds.catalog import seed_catalog
from tests.audit.sealed import seal
from tests.browser.desk import desk
from tests.browser.outside import told_outside
from tests.browser.pages_coupon_tools import rows as coupon_tools
from tests.browser.pages_coupons import rows as coupons
from tests.browser.pages_dashboard import rows as dashboard
from tests.browser.pages_recovery import rows as recoveries
from tests.browser.scene import Who
from tests.browser.site import Site
from tests.cast import PASSWORD, actor, make_tenant, make_user, sudo_until
from tests.two_factor.passkey_steps import give_passkey, passkey_of
from tests.visitor import Visitor, begin_enrolment, confirm_enrolment, give_password


@dataclass
class Cast:
    """Who plays, and the names that fill the paths of the scenes."""

    site: Site
    people: dict[Who, Admin]
    names: dict[str, object]

    def sign_in(self, context: BrowserContext, who: Who) -> None:
        if who is not Who.NOBODY:
            self.site.sign_in(context, *self._session(who), **self._proof(who))

    def visitor(self, who: Who) -> Visitor:
        """The same, without a browser."""
        visitor = Visitor(self.site.port)
        if who is not Who.NOBODY:
            cookie = self.site.cookie(*self._session(who), **self._proof(who))
            visitor.cookies.update([cookie])
        return visitor

    def _session(self, who: Who) -> tuple[Admin, SessionState]:
        return self.people[who], STATES.get(who, SessionState.ACTIVE)

    @staticmethod
    def _proof(who: Who) -> dict[str, object]:
        is_proven = who is Who.ANN_PROVEN
        return {"sudo_until": sudo_until(), "sudo_method": "totp"} if is_proven else {}


PROTECTED = (
    (Who.MO, "Mo Manager", Role.MANAGER),
    (Who.IVO, "Ivo Agent", Role.SUPPORT_AGENT),
    (Who.MEG, "Meg Marketing", Role.MARKETING),
    (Who.LOST, "Lea Lost", Role.SUPPORT_AGENT),
    (Who.RECOVERING, "Rea Recovering", Role.MANAGER),
    (Who.ALARMED, "Sam Alarmed", Role.SUPPORT_AGENT),
)
"""Who has a second factor, and never shows it."""
STATES = {
    Who.PREAUTH: SessionState.PREAUTH,
    Who.LOST: SessionState.PREAUTH,
    Who.RECOVERING: SessionState.PREAUTH,
    Who.NEWCOMER: SessionState.MUST_ENROL,
}


def cast_of(site: Site) -> Cast:
    ann = enrolled(site, "Ann Admin", Role.ADMIN)
    bea = enrolled(site, "Bea Agent", Role.SUPPORT_AGENT)
    cy = site.person("Cy Outsider")
    people = {Who.ANN: ann, Who.ANN_PROVEN: ann, Who.PREAUTH: ann, Who.BEA: bea, Who.NEWCOMER: cy}
    people[Who.BARE] = site.person("Fay Finance", Role.FINANCE)
    for who, name, role in PROTECTED:
        people[who] = site.person(name, role, is_second_factor_on=True)
    joining = {"password_hash": None, "joined_at": None, "email_verified_at": None}
    invited = site.person("Ina Invited", **joining, password_changed_at=None)
    frozen = site.person("Flo Frozen", disabled_at=clock.now())
    gone = site.person("Gus Gone", disabled_at=clock.now(), disabled_by=ann.id)
    names = {
        "bea": bea.id,
        "ann": ann.id,
        "invited": invited.id,
        "gone": gone.id,
        "frozen": frozen.id,
    }
    with site.app.app_context():
        notify(admin_id=ann.id, kind="test", text="Something to know.", url="/account/sessions")
        for purpose, admin in ((LinkPurpose.INVITE, invited), *[(p, bea) for p in LATER]):
            names[purpose.value] = link(admin, purpose, ann)
        catalogue()
        names |= customers(ann)
        names |= dashboard(db.session.get_one(User, names["user"]), people[Who.IVO])
        names |= recoveries(people, ann, frozen)
        names |= told_outside()
        names["passkey"] = passkeys(ann)
        db.session.commit()
        names |= evidence(ann)
        names["mail"] = db.session.scalar(sa.select(sa.func.max(EmailLog.id)))
        names["job"] = db.session.scalar(sa.select(sa.func.max(Job.id)))
    return Cast(site, people, names)


def passkeys(ann: Admin) -> int:
    """Two of Ann's, each of another kind; the id of one."""
    person = db.session.get_one(Admin, ann.id)
    give_passkey(person, "Work laptop", last_used_at=clock.now())
    device = give_passkey(person, "Blue security key", is_discoverable=False)
    return passkey_of(device).id


def evidence(ann: Admin) -> dict[str, object]:
    """Events with a place in the log, a checkpoint over them, one that waits, and a view."""
    event = sa.select(sa.func.max(AuditEvent.id))
    granted = event.where(AuditEvent.action == "entitlement.granted")
    names = {"event": db.session.scalar(event), "granted": db.session.scalar(granted)}
    db.session.commit()
    sequence_all()
    seal(None)
    view = {"name": "Denials", "query": "outcome=denied&range=7d", "is_shared": True}
    names["audit_view"] = save_view(by=actor(ann), **view).id
    db.session.commit()
    return {**names, "waiting": db.session.scalar(event)}


def catalogue() -> None:
    """What there is to begin with, and a feature that is switched off."""
    features, _ = seed_catalog()
    if features:
        create_feature(by=SYSTEM, name="killed_feature", terms=FeatureTerms("Killed Feature"))
        kill_feature(by=SYSTEM, name="killed_feature", reason="It leaks.")


def customers(ann: Admin) -> dict[str, object]:
    """A tenant with a user and a trial, and one that left."""
    acme, closed = make_tenant("Acme"), make_tenant("Cedar", status="closed")
    user = make_user(acme)
    until = clock.now() + timedelta(days=9)
    assign_plan(by=SYSTEM, tenant=acme, plan=plan_named("professional"), trial_ends_at=until)
    uses(acme)
    return {
        "top_up": top_ups(acme, user),
        "tenant": acme.id,
        "closed_tenant": closed.id,
        "user": user.id,
        **programs(user, ann),
        **grants(acme, user),
        **desk(user),
        **coupons(acme, user),
        **coupon_tools(),
    }


def uses(tenant: Tenant) -> None:
    """Ten days of quotes, and a limit that was lowered below what was used."""
    now = clock.now()
    for day in range(10):
        at, value = now - timedelta(days=day), Decimal(day * day + 1)
        take_in([Report(f"use-{day}", "demo", "basic_quotes", value, at, tenant_id=tenant.id)])
    db.session.add(
        QuotaBucket(
            tenant_id=tenant.id,
            feature_name="basic_parties",
            source="base",
            used=60,
            reserved=0,
            interval="never",
            period_start=now,
            over_limit_since=now,
            created_at=now,
        )
    )


def top_ups(tenant: Tenant, user: User) -> int:
    """One of the tenant, and one of its user that runs out; the first is named."""
    may = frozenset({Permission.QUOTAS_ADJUST})
    by, soon = replace(SYSTEM, permissions=may), clock.now() + timedelta(days=9)
    told = {"by": by, "tenant": tenant, "feature_name": "basic_quotes"}
    first = top_up(amount=2_500, **told)
    top_up(amount=10, user=user, expires_at=soon, **told)
    return first.id


def grants(tenant: Tenant, user: User) -> dict[str, object]:
    """A grant with a limit that runs out soon, a block, and one grant for many."""
    soon = clock.now() + timedelta(days=9)
    given = grant_user_feature(
        by=SYSTEM,
        user=user,
        feature_name="dedicated_support",
        quota_limit=20,
        expires_at=soon,
        reason="the fair in May",
    )
    block = grant_tenant_feature(
        by=SYSTEM, tenant=tenant, feature_name="api_access", effect=Effect.DISABLE
    )
    many = start_bulk_grant(
        by=SYSTEM, scope="user", subjects=[user.id], feature_name="custom_reports"
    )
    return {"grant": given.row.id, "block": block.row.id, "bulk": many.id}


def programs(user: User, ann: Admin) -> dict[str, object]:
    """Tokens of each kind, a file that waits to be confirmed, and one under way."""
    issue_service_token(by=SYSTEM, name="Product", scopes=["customers:read"], networks=["::1"])
    issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(hours=1))
    lent = lendable(Role.ADMIN)
    issue_staff_token(by=actor(ann), name="All I may", permissions=lent)
    issue_staff_token(by=actor(ann), name="One thing", permissions=[max(lent)])
    file = read_file(FILE)
    kept = [
        keep_preview(by=SYSTEM, filename=name, file=file, verdicts=judge(file.lines))
        for name in ("people.csv", "running.csv")
    ]
    start_import(by=SYSTEM, import_id=kept[1].id)
    return {"preview": kept[0].id, "running": kept[1].id}


FILE = (",".join(COLUMNS) + "\nnew,New,una,Una,una@new.test,\nnew,New,=x,Y,y,\n").encode()


LATER = (LinkPurpose.RESET, LinkPurpose.EMAIL_CHANGE, LinkPurpose.EMAIL_UNDO)


def link(admin: Admin, purpose: LinkPurpose, by: Admin) -> str:
    row = db.session.get_one(Admin, admin.id)
    by_whom = actor(by) if purpose is LinkPurpose.INVITE else SYSTEM
    email = f"new.{row.email}" if purpose is LinkPurpose.EMAIL_CHANGE else row.email
    return issue_link(admin=row, purpose=purpose, email=email, by=by_whom)


def enrolled(site: Site, name: str, role: Role) -> Admin:
    return enrolled_with_key(site, name, role)[0]


def enrolled_with_key(site: Site, name: str, role: Role) -> tuple[Admin, str]:
    """Somebody who set up their factor on the pages, and so has codes, events and a mail."""
    admin = site.person(name, role)
    visitor = Visitor(site.port)
    give_password(visitor, admin.email, PASSWORD)
    secret = begin_enrolment(visitor)
    assert len(confirm_enrolment(visitor, pyotp.TOTP(secret).at(clock.now()))) == 10
    return admin, secret
