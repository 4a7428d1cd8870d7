"""Django's import-export on a list of ours: one project in one file, run by its own interpreter.

    python peer.py FILE.xlsx default|bulk DSN_HOST

`default`: as its documentation sets a resource up, the admin's two steps: a dry run for the preview
with differences, then the confirmed import, each row saved by itself, with django-simple-history
keeping each version. `bulk`: every switch that makes it faster, no history, no differences.
Prints one line of JSON: seconds of wall and processor of this process and of the database.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings

FILE, MODE, HOST = sys.argv[1:4]
APPS = ["django.contrib.contenttypes", "django.contrib.auth", "import_export", "simple_history"]
settings.configure(
    INSTALLED_APPS=APPS, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "peer",
                           "USER": "aid", "HOST": HOST}},
)  # fmt: skip
django.setup()

import tablib  # noqa: E402
from django.core import validators  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402
from simple_history.models import HistoricalRecords  # noqa: E402

HEADINGS = {"school": "学校标识码", "name": "姓名", "id_no": "身份证件号", "reg_no": "学籍号",
            "grade": "年级", "major": "专业名称", "class_name": "班级", "first_month": "发放起始年月",
            "last_month": "发放截止年月", "amount": "金额（元）", "card_no": "银行卡号",
            "holder_name": "户名", "bank_name": "开户行", "cnaps": "联行号", "remark": "备注"}  # fmt: skip


class School(models.Model):
    code = models.CharField(max_length=10, unique=True)

    class Meta:
        app_label = "auth"
        db_table = "school"


class Line(models.Model):
    """The same columns, key and indexes as ours has; numbers in the clear, checked by length."""

    school = models.ForeignKey(School, models.PROTECT)
    name = models.CharField(max_length=50, db_index=True)
    id_no = models.CharField(max_length=18, db_index=True,
                             validators=[validators.RegexValidator(r"^\d{17}[\dX]$")])  # fmt: skip
    reg_no = models.CharField(max_length=19, blank=True)
    grade = models.CharField(max_length=10)
    major = models.CharField(max_length=60)
    class_name = models.CharField(max_length=60)
    first_month = models.CharField(max_length=7)
    last_month = models.CharField(max_length=7)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    card_no = models.CharField(max_length=19)
    holder_name = models.CharField(max_length=50)
    bank_name = models.CharField(max_length=60, blank=True)
    cnaps = models.CharField(max_length=12, blank=True)
    remark = models.CharField(max_length=200, blank=True)
    if MODE == "default":
        history = HistoricalRecords(app="auth")

    class Meta:
        app_label = "auth"
        db_table = "line"
        constraints = [models.UniqueConstraint(fields=["id_no", "first_month"], name="one")]


class LineResource(resources.ModelResource):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name, heading in HEADINGS.items():
            self.fields[name].column_name = heading

    school = fields.Field("school", "学校标识码", widgets.ForeignKeyWidget(School, "code"))

    class Meta:
        model = Line
        fields = tuple(HEADINGS)
        import_id_fields = ("id_no", "first_month")
        if MODE == "bulk":
            use_bulk = True
            batch_size = 1000
            force_init_instance = True
            skip_diff = True
            skip_html_diff = True
            use_transactions = True
            store_row_values = False
        else:
            skip_unchanged = True


def server_seconds() -> float:
    """Of the backend that answers this connection, and its children that are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(rest[11]) + int(rest[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    call_command("migrate", verbosity=0)
    models_ = [School, Line, *([Line.history.model] if MODE == "default" else [])]
    with connection.schema_editor() as editor:
        for model in models_:
            editor.create_model(model)
    data = Path(FILE).read_bytes()
    start, cpu, db = time.perf_counter(), time.process_time(), server_seconds()
    steps = [True, False] if MODE == "default" else [False]
    for dry in steps:
        dataset = tablib.Dataset().load(data, format="xlsx")
        for code in {str(c) for c in dataset["学校标识码"]}:
            School.objects.get_or_create(code=code)
        result = LineResource().import_data(dataset, dry_run=dry, raise_errors=True)
        assert not result.has_errors()
    count = Line.objects.count()
    spent = {"rows": count, "wall": time.perf_counter() - start,
             "client": time.process_time() - cpu, "server": server_seconds() - db}  # fmt: skip
    print(json.dumps(spent))


main()
