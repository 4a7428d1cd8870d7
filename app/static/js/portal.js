// The public pages need little: schools by name, printing, and putting notes away.
import { start as suggest } from "./suggest.js";
import { start as notes } from "./notes.js";
import { start as menus } from "./menus.js";

for (const begin of [suggest, notes, menus]) begin();
