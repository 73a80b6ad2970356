/** The step training: its form is saved, and the next step begins. */

import { startForm } from "./setting-form.js";

const form = document.querySelector("form.settings");
if (form instanceof HTMLFormElement) startForm(form, () => location.assign(`/studies/${form.dataset.study}/run/`));
