"""The package on the run's page: papers, one archive, one sealed archive with its password."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from flask import abort, g, make_response, send_file
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from sqlalchemy import select

from app.accounts.trail import VERBS
from app.kernel import audit
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.files import opened
from app.kernel.grid import Grid
from app.kernel.i18n import _l
from app.payments import hands, packing
from app.payments.models import PayRun
from app.payments.workflow import own_run

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

VERBS["seal_package"] = _l("加密打包")


class Packed(Grid):
    """Routes of the runs' grid that hand a package out; each leaves a trace.

    `file` is the right to take bank files into the hand, `package` the right to make them. The
    papers are there to be signed from the export on; the bank files, once they are checked.
    """

    @expose("/<int:pk>/approval", methods=["POST"])
    @has_access
    @permission_name("file")
    def approval(self, pk: int) -> ResponseReturnValue:
        """The approval sheet, to be printed and signed."""
        run = own(pk)
        sheet = packing.papers(run)[packing.SHEET]
        return handed_out(run, opened(sheet), f"R{run.id}-approval.pdf")

    @expose("/<int:pk>/manifest", methods=["POST"])
    @has_access
    @permission_name("file")
    def manifest(self, pk: int) -> ResponseReturnValue:
        """The list of files with counts, sums and hashes."""
        run = own(pk)
        made = packing.papers(run)[packing.LIST]
        return handed_out(run, opened(made), f"R{run.id}-manifest.csv")

    @expose("/<int:pk>/whole", methods=["POST"])
    @has_access
    @permission_name("file")
    def whole(self, pk: int) -> ResponseReturnValue:
        """Bank files and papers in one archive."""
        run = own_to_carry(pk)
        return handed_out(run, packing.whole(run), f"R{run.id}.zip")

    @expose("/<int:pk>/sealed", methods=["POST"])
    @has_access
    @permission_name("file")
    def sealed(self, pk: int) -> ResponseReturnValue:
        """The sealed archive as it was last made."""
        run = own_to_carry(pk)
        path = packing.sealed_path(run)
        made = opened(path) if path.exists() else abort(404)
        return handed_out(run, made, f"R{run.id}-sealed.zip")

    @expose("/<int:pk>/seal", methods=["POST"])
    @has_access
    @permission_name("package")
    def seal(self, pk: int) -> ResponseReturnValue:
        """The archive is sealed anew; its password stands on this one page and is kept nowhere."""
        run = own_to_carry(pk)
        made = packing.seal(run)
        trace("seal_package", run, digest=made.sha256)
        page = self.render_template("run_sealed.html", title=_l("加密打包"), run=run, made=made)
        answer = make_response(page)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def own(pk: int) -> PayRun:
    """The run, for its own bureau: whole card numbers stand in what is handed out."""
    run = db.session.scalar(select(PayRun).where(PayRun.id == pk)) or abort(404)
    if run.bureau_id != g.actor.org_id:
        raise Refused(str(own_run.otherwise))
    return run


def own_to_carry(pk: int) -> PayRun:
    """The run, for who may take its bank files into the hand by now."""
    run = own(pk)
    hands.refuse_to_carry(run, g.actor)
    return run


def handed_out(run: PayRun, made: IO[bytes], name: str) -> ResponseReturnValue:
    trace("download", run, note=name, digest=packing.sha256_of(made))
    return send_file(made, as_attachment=True, download_name=name)


def trace(verb: str, run: PayRun, **facts: Any) -> None:
    audit.record(verb, actor=g.actor, org_path=run.org_path, subject=PayRun.__tablename__,
                 subject_id=run.id, count=run.line_count, fen=run.total_fen, **facts)  # fmt: skip
    db.session.commit()
