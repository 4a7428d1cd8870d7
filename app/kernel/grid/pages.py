"""The pages of a grid: list, one row, forms. Each costs a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.urltools import Stack
from sqlalchemy import ColumnElement, false
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.fields import LookupField
from app.kernel.grid.asked import Asked, asked_of
from app.kernel.grid.change import add_row, delete_row, edit_row
from app.kernel.grid.declared import Declared
from app.kernel.grid.press import key_of, refused
from app.kernel.web import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask.typing import ResponseReturnValue

    from app.kernel.workflow import Step


class Pages(Declared):
    """Reading and changing rows one by one."""

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        asked = asked_of(self, request.args)
        try:
            where, _offset = asked.where(self.label_columns), asked.offset
            status = 200
        except Refused as error:
            flash(error.sentence, "warning")
            where, asked, status = false(), Asked(terms=asked.terms, size=asked.size), 400
        widgets = {"list": self._sheet(asked, where), "search": self._search(asked)}
        self.update_redirect()
        page = self.render_template(self.list_template, title=self.list_title, widgets=widgets,
                                    **self.beside_list())  # fmt: skip
        return page, status

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> ResponseReturnValue:
        key = key_of(pk)
        steps = self._steps()
        hindrances = [self.workflow.hindrance(s, g.actor) for s in steps] if self.workflow else []
        found = self.datamodel.one(self.model.id == key, self.editable(g.actor), *hindrances)
        if found is None:
            raise NotFound
        row, free, *places = found
        hindered = {s.name: self.workflow.hindered(s, n) for s, n in zip(steps, places, strict=True)
                    if self.workflow and n}  # fmt: skip
        widgets = {"show": self._card(key, row, free, hindered)}
        related = self._related(key, widgets)
        self.update_redirect()
        return self.render_template(
            self.show_template, pk=key, title=self.show_title, widgets=widgets,
            related_views=related, hindered=hindered, **self.beside(row),
        )  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        form = self.add_form()
        status = 200
        if request.method == "POST":
            if form.validate():
                row = self._attempt("add", lambda: add_row(self, form, g.actor))
                if row is not None:
                    flash(str(self.add_row_message), "success")
                    return redirect(self._after(row.id), 303)
            status = 409
        else:
            self._preset(form)
        widgets = self._get_add_widget(form=form)
        page = self.render_template(self.add_template, title=self.add_title, widgets=widgets)
        return page, status

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> ResponseReturnValue:
        key = key_of(pk)
        if request.method == "POST":
            return self._save(key)
        try:
            form = self.edit_form(obj=self.changeable(key, g.actor))
        except Refused as error:
            flash(error.sentence, "warning")
            return redirect(self._after(key), 303)
        return self._edit_page(key, form)

    def _save(self, key: int) -> ResponseReturnValue:
        form = self.edit_form()
        if self.datamodel.one(self.model.id == key) is None:
            raise NotFound
        if form.validate():
            seen = request.form.get("version")
            saved = self._attempt("edit", lambda: edit_row(self, key, form, g.actor, seen), key)
            if saved is not None:
                flash(str(self.edit_row_message), "success")
                return redirect(self._after(key), 303)
        return self._edit_page(key, form), 409

    def _edit_page(self, key: int, form: Any) -> str:
        widgets = self._get_edit_widget(form=form)
        page: str = self.render_template(
            self.edit_template, title=self.edit_title, widgets=widgets, pk=key, related_views=[]
        )
        return page

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> ResponseReturnValue:
        key = key_of(pk)
        if self._attempt("delete", lambda: delete_row(self, key, g.actor), key) is None:
            return redirect(self._after(key), 303)
        flash(str(self.delete_row_message), "success")
        return redirect(url_for(".list"), 303)

    def update_redirect(self) -> None:
        """Remember this page to come back to, without what was typed into its search."""
        seen = Stack(session.get("page_history", []))
        seen.push(bare(request.full_path))
        session["page_history"] = seen.to_json()

    def _attempt(self, verb: str, work: Callable[[], Any], key: int | None = None) -> Any:
        """What `work` returned, committed; or None, with everything undone and the reason said."""
        try:
            done = work()
            db.session.commit()
        except Refused as error:
            refused(self, verb, g.actor, error.sentence, subject_id=key)
            flash(error.sentence, "danger")
            return None
        return done

    def _after(self, key: int) -> str:
        return url_for(".show", pk=key) if self.may("can_show") else url_for(".list")

    def _preset(self, form: Any) -> None:
        """A link may propose a parent row; it stays visible, and the form alone decides."""
        for name in self.add_columns:
            proposed = request.args.get(f"_flt_0_{name}")
            if proposed and isinstance(form[name], LookupField):
                form[name].propose(proposed)

    def _sheet(self, asked: Asked, where: ColumnElement[bool], filters: Any = None,
               above: str = "") -> Any:  # fmt: skip
        """The list widget with a page of rows in it; nothing that is said of the row `above`."""
        chosen = list(self.list_columns) if above else self.columns()
        columns = [c for c in chosen if not above or c.partition(".")[0] != above]
        may_edit, may_delete = self.may("can_edit"), self.may("can_delete")
        actions = self.takeable()
        found = self.datamodel.page(
            where, self.ordering(asked), asked.size, asked.offset, [self.editable(g.actor)]
        )
        count, capped = self._count(asked, where, len(found))
        return self.list_widget(
            label_columns=self.label_columns, include_columns=columns,
            value_columns=[{c: self.cells[c](row) for c in columns} for row, _ in found],
            order_columns=self.order_columns, formatters_columns={}, page=asked.page,
            page_size=asked.size, count=count, count_capped=capped,
            pks=[row.id for row, _ in found], actions=actions,
            matching_actions=[n for n, a in actions.items() if a.multiple],
            row_perms={
                row.id: self._perms(row, bool(free), may_edit, may_delete, actions)
                for row, free in found
            },
            filters=filters or self.active(asked.terms), modelview_name=type(self).__name__,
            can_export=self.may("can_export"), choosable={c: c in chosen for c in self.choosable},
        )  # fmt: skip

    def _count(self, asked: Asked, where: ColumnElement[bool], here: int) -> tuple[int, bool]:
        """How many there are; a page that is not full says it without asking."""
        if here < asked.size and (here or not asked.page):
            return asked.offset + here, False
        count, capped = self.datamodel.counted(where)
        return count, capped

    def _perms(self, row: Any, free: bool, may_edit: bool, may_delete: bool, actions: Any
               ) -> dict[str, Any]:  # fmt: skip
        """What the person may do to this row, as far as its state tells."""
        state = getattr(row, "state", None)
        return {"edit": may_edit and free, "delete": may_delete and free,
                "actions": [n for n, a in actions.items() if a.fits(state)]}  # fmt: skip

    def _steps(self) -> Sequence[Step]:
        """The steps whose buttons this person may find on a row's page."""
        steps = self.workflow.steps if self.workflow else {}
        return [steps[n] for n, a in self.takeable().items() if a.single and n in steps]

    def _card(self, key: int, row: Any, free: bool, hindered: dict[str, str]) -> Any:
        actions = {n: a for n, a in self.takeable().items() if a.single}
        perms = self._perms(row, bool(free), self.may("can_edit"), self.may("can_delete"), actions)
        return self.show_widget(
            pk=key, label_columns=self.label_columns, include_columns=self.show_columns,
            value_columns=[self.cells[c](row) for c in self.show_columns], formatters_columns={},
            actions={n: actions[n] for n in perms["actions"]}, fieldsets=self.show_fieldsets,
            modelview_name=type(self).__name__, row_perms={key: perms}, hindered=hindered,
        )  # fmt: skip

    def _search(self, asked: Asked) -> Any:
        form = self.search_form(meta={"csrf": False}, formdata=None)
        for term in asked.terms:
            field = form._fields.get(term.condition.column_name)
            if isinstance(field, LookupField):
                field.process(MultiDict({field.name: term.values[0]}))
        return self.search_widget(
            route_base=self.route_base, form=form, include_cols=self.search_columns,
            exclude_cols=[], filters=self._filters,
        )  # fmt: skip

    def _related(self, key: int, widgets: dict[str, Any]) -> Sequence[Any]:
        """The lists of rows that hang on this one, for those who may list them anyway."""
        views = [v for v in self._related_views if v.may("can_list")]
        widgets["related_views"] = [v.hanging_on(self.model, key) for v in views]
        return views

    def hanging_on(self, parent: type[Any], key: int) -> Any:
        """This grid's list of the rows that belong to one row of `parent`."""
        link = self.datamodel.get_related_fk(parent)
        condition = self.datamodel.FilterRelationOneToManyEqual
        filters = self.datamodel.get_filters().add_filter_related_view(link, condition, key)
        column = next(iter(getattr(self.model, link).property.local_columns))
        asked = asked_of(self, request.args, filtered=False)
        return self._sheet(asked, column == key, filters, above=link)
