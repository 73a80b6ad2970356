/** The page of all models: arrow keys go through the chart, the table is sorted and filtered. */

import { walk } from "../components/chart-walk.js";
import { startModels } from "../components/tables/model-table.js";

document.querySelectorAll(".graph").forEach(walk);
startModels();
