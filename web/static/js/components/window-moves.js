/**
 * A window that scrolls over what is larger than it: how it is moved and zoomed.
 *
 * One finger is the browser's own, so that the page moves on at its ends; what is drawn anew as it
 * moves has `map/map-gestures.js`.
 */

const STEP = 1.5; // of a key or a button
const DRAGGED = 4; // pixels from which a press is a drag

/**
 * Have the window moved and zoomed by wheel, drag, two fingers and keys.
 *
 * @param {HTMLElement} viewport which scrolls: one finger and the bars are the browser's own
 * @param {(factor: number, x: number, y: number) => void} zoom about a point of the window, in pixels
 * @returns {(direction: number) => void} zooms by a step, closer or farther
 */
export function listenToMoves(viewport, zoom) {
  const middle = () => [viewport.clientWidth / 2, viewport.clientHeight / 2];
  const within = (/** @type {number} */ x, /** @type {number} */ y) => {
    const box = viewport.getBoundingClientRect();
    return [x - box.left, y - box.top];
  };
  viewport.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const [x = 0, y = 0] = within(event.clientX, event.clientY);
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), x, y);
    },
    { passive: false },
  );
  viewport.addEventListener("keydown", (event) => {
    const factor = { "+": STEP, "=": STEP, "-": 1 / STEP }[event.key];
    const [x = 0, y = 0] = middle();
    if (factor) zoom(factor, x, y);
    if (event.key === "0") zoom(0, x, y); // as far as it goes
  });
  listenToDrags(viewport);
  let before = 0;
  viewport.addEventListener(
    "touchmove",
    (event) => {
      const [one, other] = event.touches;
      if (!one || !other) return;
      event.preventDefault();
      const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      const [x = 0, y = 0] = within((one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
      if (before) zoom(apart / before, x, y);
      before = apart;
    },
    { passive: false },
  );
  viewport.addEventListener("touchend", () => {
    before = 0;
  });
  return (/** @type {number} */ direction) => {
    const [x = 0, y = 0] = middle();
    zoom(STEP ** direction, x, y);
  };
}

/** @param {HTMLElement} viewport */
function listenToDrags(viewport) {
  /** @type {{ x: number, y: number, left: number, top: number, isDrag: boolean } | null} */
  let press = null;
  viewport.addEventListener("pointerdown", ({ pointerType, button, clientX: x, clientY: y }) => {
    if (pointerType === "mouse" && button === 0) press = { x, y, left: viewport.scrollLeft, top: viewport.scrollTop, isDrag: false };
  });
  addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!press) return;
    press.isDrag ||= Math.hypot(clientX - press.x, clientY - press.y) > DRAGGED;
    if (!press.isDrag) return;
    viewport.classList.add("dragged");
    viewport.scrollTo(press.left + press.x - clientX, press.top + press.y - clientY);
  });
  let wasDrag = false;
  const lift = () => {
    wasDrag = press?.isDrag ?? false;
    press = null;
    viewport.classList.remove("dragged");
  };
  addEventListener("pointerup", lift);
  addEventListener("pointercancel", lift);
  viewport.addEventListener(
    "click",
    (event) => {
      if (wasDrag) event.stopPropagation(); // a drag chooses nothing
    },
    { capture: true },
  );
}
