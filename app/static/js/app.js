// Every page loads this one module; each part looks for its own marks in the page.
import { start as confirm } from "./confirm.js";
import { start as sheet } from "./sheet.js";
import { start as filters } from "./filters.js";
import { start as menus } from "./menus.js";
import { start as reveal } from "./reveal.js";
import { start as upload } from "./upload.js";
import { start as job } from "./job.js";
import { start as pickers } from "./pickers.js";
import { start as notes } from "./notes.js";
import { start as layout } from "./layout.js";

for (const begin of [confirm, sheet, filters, menus, reveal, upload, job, pickers, notes, layout]) begin();
