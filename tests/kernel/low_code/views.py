from app.kernel.grid import READ, Grid
from tests.kernel.low_code.workflow import BUREAUS, REPORTS, Report
from tests.kernel.world_of_grids import CLERK


class ReportGrid(Grid):
    model, workflow = Report, REPORTS
    menu = ("监督", "投诉举报")
    access = {CLERK: READ, BUREAUS: READ}
    list_columns = ["said", "org_path", "state"]
