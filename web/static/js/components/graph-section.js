/** The section of a page's attribution graphs: what draws them is fetched when it comes into view. */

/** @typedef {import("./attribution-graph.js").GraphChoice} GraphChoice */

export class GraphSection {
  /**
   * @param {Element} element
   * @param {GraphChoice[]} choices
   * @param {(node: string) => void} choose told the node that was chosen; "": none
   */
  constructor(element, choices, choose) {
    this.request = 0; // a late answer to an earlier one is dropped
    this.drawn = "";
    /** @type {Promise<void>} */
    const seen = new Promise((resolve) => {
      const observer = new IntersectionObserver((entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(element);
    });
    this.area = seen.then(async () => {
      const { GraphArea } = await import("./attribution-graph.js");
      return new GraphArea(element, choices, choose);
    });
  }

  /**
   * @param {string[]} addresses of graphs, the first as choices have it
   * @param {string} node whose roads are shown; "": all
   */
  async show(addresses, node) {
    this.request += 1;
    const mine = this.request;
    const area = await this.area;
    const wanted = addresses.join(" ");
    if (wanted !== this.drawn) {
      const loaded = await area.load(addresses);
      if (mine !== this.request) return;
      area.show(loaded);
      this.drawn = wanted;
    }
    if (mine === this.request) area.render(node);
  }
}
