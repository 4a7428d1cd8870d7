"""The pages a file goes through, the same for every kind: sent, looked at, taken or put aside."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from flask import abort, flash, g, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_wtf import FlaskForm
from wtforms import RadioField

from app.kernel import audit, receiving
from app.kernel.db import db, writing
from app.kernel.grid.presses import Presses
from app.kernel.i18n import _, _l
from app.kernel.job_models import Job
from app.kernel.previewing import by_reason, is_cut
from app.kernel.receiving import preview_url
from app.kernel.sheets import Limit
from app.kernel.uploads import about_file

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.kernel.jobs import Done
    from app.kernel.receiving import FileKind
    from app.kernel.uploads import Arrived


class TakeForm(FlaskForm):
    """How a file with refused rows is to be taken."""

    how = RadioField(
        _l("写入方式"), default="good",
        choices=[("good", _l("写入合格的行")), ("all", _l("全部合格才写入"))],
    )  # fmt: skip


class Receives(Presses):
    """A grid whose rows also come in files. A room says which kind, and what is asked beside it.

    Whoever has `can_upload` on the grid has these pages.
    """

    receives: ClassVar[FileKind]
    upload_template: ClassVar[str] = "upload.html"
    preview_template: ClassVar[str] = "upload_preview.html"
    upload_hint: ClassVar[Any] = ""
    accepts: ClassVar[str] = ".xlsx,.xls,.csv"

    # What a room says.

    def file_form(self) -> Any:
        """The form beside the file; it has a field `file`."""
        raise NotImplementedError

    def file_place(self, form: Any) -> dict[str, Any]:
        """Where the file belongs, as the kind's `stage` wants it; Refused when it cannot be."""
        raise NotImplementedError

    def beside_upload(self, upload: Any) -> dict[str, Any]:
        """What the preview's template needs beyond the upload and its rows."""
        return {}

    # The pages.

    @expose("/upload", methods=["GET", "POST"])
    @has_access
    def upload(self) -> ResponseReturnValue:
        """A file comes in; nothing is written yet."""
        form = self.file_form()
        if request.method == "POST" and form.validate():
            sent = request.files.get("file")
            if sent and sent.filename:
                return self._stage(form, sent)
            form.file.errors = [_("请选择要上传的文件")]
        page = {"title": _l("上传%(what)s", what=self.receives.what), "form": form,
                "hint": self.upload_hint, "accepts": self.accepts, "most": Limit.file,
                "template_url": url_for(".template") if self.receives.blank else "",
                "recent": receiving.recent(self.receives, g.actor),
                "preview_endpoint": f"{self.endpoint}.preview"}  # fmt: skip
        status = 400 if request.method == "POST" else 200
        return self.render_template(self.upload_template, **page), status

    def _stage(self, form: Any, sent: Any) -> ResponseReturnValue:
        place = self.file_place(form)
        begun = receiving.begin(self.receives, sent.stream, sent.filename, g.actor, **place)
        db.session.commit()
        if isinstance(begun, Job):
            return redirect(url_for("JobGrid.watch", pk=begun.id), 303)
        return redirect(preview_url(self.receives, begun), 303)

    @expose("/uploads/<int:pk>")
    @has_access
    @permission_name("upload")
    def preview(self, pk: int) -> ResponseReturnValue:
        """What the file holds and what taking it would change."""
        found = self._found(pk)
        kind, waits = self.receives, found.state == "staged"
        return self.render_template(
            self.preview_template, title=_l("核对上传"), upload=found, form=TakeForm(),
            seen=kind.preview(found) if waits else None, twin=kind.earlier(found),
            errors_url=url_for(".errors", pk=pk), take_url=url_for(".take", pk=pk),
            drop_url=url_for(".drop", pk=pk), faults=by_reason(found.problems),
            wonders=by_reason(d for d in found.doubts if d["row"]),
            marked=receiving.is_marked(kind, found), cut=is_cut(found.problems),
            remarks=about_file(found),
            **self.beside_upload(found),
        )  # fmt: skip

    @expose("/uploads/<int:pk>/take", methods=["POST"])
    @has_access
    @permission_name("upload")
    def take(self, pk: int) -> ResponseReturnValue:
        """The good rows are written, or none of them where the person wants all or nothing."""
        everything = request.form.get("how") == "all"
        done: Done | Job = receiving.finish(self.receives, self._found(pk), g.actor, everything)
        db.session.commit()
        if isinstance(done, Job):
            return redirect(url_for("JobGrid.watch", pk=done.id), 303)
        flash(str(done.sentence), "success")
        return redirect(done.next_url, 303)

    @expose("/uploads/<int:pk>/drop", methods=["POST"])
    @has_access
    @permission_name("upload")
    def drop(self, pk: int) -> ResponseReturnValue:
        self.receives.drop(self._found(pk), g.actor)
        db.session.commit()
        flash(_("这份上传已放弃，%(what)s没有改动", what=self.receives.what), "info")
        return redirect(url_for(".upload"), 303)

    @expose("/uploads/<int:pk>/errors")
    @has_access
    @permission_name("upload")
    def errors(self, pk: int) -> ResponseReturnValue:
        """The person's own file back, with what is wrong beside each row; a big one is marked in
        the background first."""
        found = self._found(pk)
        name = _("错误说明-%(file)s", file=PurePath(found.file_name).stem) + ".xlsx"
        if (made := receiving.what_is_wrong(self.receives, found)) is None:
            return self._mark(pk)
        what = {"subject": found.__tablename__, "subject_id": pk, "count": found.row_count}
        audit.record_apart("download", actor=g.actor, org_path=found.org_path, note=name, **what)
        return send_file(made, as_attachment=True, download_name=name)

    def _mark(self, pk: int) -> ResponseReturnValue:
        db.session.rollback()
        with writing():
            job = receiving.mark(self.receives, self._found(pk), g.actor)
            db.session.commit()
        return redirect(url_for("JobGrid.watch", pk=job.id), 303)

    @expose("/template")
    @has_access
    @permission_name("upload")
    def template(self) -> ResponseReturnValue:
        """The empty table, ready to be filled in; ?format=xls for those who need the old kind."""
        blank = self.receives.blank or abort(404)
        name = _("%(title)s模板", title=blank.title)
        old = request.args.get("format") == "xls"
        return send_file(receiving.template(self.receives, old), as_attachment=True,
                         download_name=f"{name}.xls" if old else f"{name}.xlsx")  # fmt: skip

    def _found(self, pk: int) -> Arrived:
        found: Arrived = receiving.find(self.receives, pk, g.actor) or abort(404)
        return found
