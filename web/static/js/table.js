/** What tables to sort share: headings that are buttons, and rows in an order. */

/**
 * Make headings buttons.
 *
 * @param {Iterable<Element>} headings each with `data-sort`
 * @param {(sort: string) => void} choose told the sorting whose heading was chosen
 */
export function enableHeadings(headings, choose) {
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
