"""That one event stands in the log unchanged, worked out anew for whoever asks."""

from flask import Response

from portal.audit.browsing import event_or_404
from portal.audit.event_proofs import EventProof, proof_of
from portal.audit.pages.blueprint import bp
from portal.audit.seals import seal_of
from portal.audit.tree import TreeDamaged
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page_or_fragment


@bp.get("/audit/events/<event_id>/proof")
@requires(Permission.AUDIT_OWN)
def proof(event_id: str) -> Response:
    found = event_or_404(by=acting(), event_id=event_id)
    made, damage = _proof(found.row.id)
    return page_or_fragment(
        "audit/proof.html",
        "audit/_proof.html",
        row=found.row,
        proof=made,
        damage=damage,
        seal=seal_of(made.checkpoint) if made and made.checkpoint else None,
    )


def _proof(event_id: str) -> tuple[EventProof | None, str]:
    """The proof, or why the tree cannot give one."""
    try:
        return proof_of(event_id), ""
    except TreeDamaged as error:
        return None, str(error)
