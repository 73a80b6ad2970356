/** What tables to sort share: headings that are buttons, rows in an order, a state in the address. */

const ADDRESS_DELAY = 250; // in ms: browsers refuse to change an address many times a second

/**
 * Make headings buttons.
 *
 * @param {Iterable<Element>} headings each with `data-sort`
 * @param {(sort: string) => void} choose told the sorting whose heading was chosen
 */
function enableHeadings(headings, choose) {
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => choose(heading.getAttribute("data-sort") ?? ""));
    heading.append(button);
  }
}

/**
 * Show rows in an order, and by which heading they are sorted.
 *
 * @param {HTMLTableSectionElement} body
 * @param {HTMLTableRowElement[]} order the rows to show
 * @param {Iterable<Element>} headings
 * @param {{ sort: string, order: "up" | "down" }} sorting
 */
export function showRows(body, order, headings, sorting) {
  if (order.length !== body.rows.length || order.some((row, place) => row !== body.rows[place])) {
    body.replaceChildren(...order);
  }
  for (const heading of headings) {
    if (heading.getAttribute("data-sort") !== sorting.sort) heading.removeAttribute("aria-sort");
    else heading.setAttribute("aria-sort", sorting.order === "up" ? "ascending" : "descending");
  }
}

/**
 * The sorting after a heading was chosen: by it, or the other way round if it was already.
 *
 * @template {{ sort: string, order: "up" | "down" }} T
 * @param {T} state
 * @param {string} sort
 * @param {(sort: string) => "up" | "down"} naturalOrder
 * @returns {T}
 */
export function sortBy(state, sort, naturalOrder) {
  if (sort !== state.sort) return { ...state, sort, order: naturalOrder(sort) };
  return { ...state, order: state.order === "up" ? "down" : "up" };
}

/**
 * Keep a table, the form above it and the address in step, from now on.
 *
 * @template {{ sort: string, order: "up" | "down" }} T
 * @param {HTMLFormElement} form
 * @param {Element[]} headings each with `data-sort`
 * @param {object} page
 * @param {(search: string) => T} page.read what an address names
 * @param {(state: T) => string} page.write the address's part for a state
 * @param {(sort: string) => "up" | "down"} page.naturalOrder
 * @param {(state: T) => T} page.readForm the state with what the form says
 * @param {(state: T) => void} page.fillForm
 * @param {(state: T) => void} page.apply make the table what the state says
 */
export function steer(form, headings, page) {
  let state = page.read(location.search);
  let timer = 0;

  /** @param {"pushState" | "replaceState"} how */
  function writeAddress(how) {
    clearTimeout(timer);
    const search = page.write(state);
    if (search !== location.search) history[how](null, "", location.pathname + search + location.hash);
  }

  enableHeadings(headings, (sort) => {
    state = sortBy(state, sort, page.naturalOrder);
    page.apply(state);
    writeAddress("pushState");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    state = page.readForm(state);
    page.apply(state);
    clearTimeout(timer);
    timer = setTimeout(() => writeAddress("replaceState"), ADDRESS_DELAY);
  });
  form.addEventListener("change", () => writeAddress("pushState"));
  addEventListener("pagehide", () => writeAddress("replaceState"));
  addEventListener("popstate", () => {
    clearTimeout(timer);
    state = page.read(location.search);
    page.fillForm(state);
    page.apply(state);
  });
  page.fillForm(state);
  page.apply(state);
  form.inert = false; // it listens now
}
