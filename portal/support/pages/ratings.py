"""What customers thought of a solution: the page behind the mailed link."""

from flask import Response

from portal.audit.actions import Action
from portal.core.database import db
from portal.support.pages.blueprint import bp
from portal.support.rating_forms import RatingForm
from portal.support.ratings import given, open_rating, rate
from portal.web.access import audits, public
from portal.web.htmx import page


@bp.get("/rate/<token>")
@public
def rating(token: str) -> Response:
    """Mail scanners open every link: looking at one counts nothing."""
    ticket, before = open_rating(token).ticket, given(token)
    data = {"score": str(before.score), "comment": before.comment} if before else None
    return page("support/rate.html", form=RatingForm(data=data), ticket=ticket, is_done=False)


@bp.post("/rate/<token>")
@public
@audits(Action.TICKET_RATED)
def give_rating(token: str) -> Response:
    form, ticket = RatingForm(), open_rating(token).ticket
    if not form.validate_on_submit():
        return page("support/rate.html", status=422, form=form, ticket=ticket, is_done=False)
    rate(token=token, score=int(form.score.data), comment=form.comment.data or "")
    db.session.commit()
    return page("support/rate.html", form=form, ticket=ticket, is_done=True)
