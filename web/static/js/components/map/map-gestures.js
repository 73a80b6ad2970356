/**
 * How a map is moved and zoomed: by drag, wheel and two fingers; and how a part of it is marked.
 *
 * By the browser's own pointer events, which are alike for mouse, pen and fingers. A library
 * (d3-zoom) would be eight packages for this one file, and let no movement run out.
 *
 * @typedef {object} Moves what is asked of the map; points and ways in pixels of the window
 * @property {(right: number, down: number) => void} move
 * @property {(factor: number, left: number, top: number) => boolean} zoom whether it changed
 * @property {(from: Point, to: Point, isDone: boolean) => void} mark
 * @property {(at: Point) => void} tap
 * @property {(at: Point | null) => void} point null: the pointer is not on the map
 * @property {() => boolean} isMarking whether a drag marks, without the shift key too
 *
 * @typedef {{ left: number, top: number }} Point
 */

const DRAGGED = 5; // pixels from which a press is a drag
const PAUSE = 300; // milliseconds without a turn of the wheel that end one
const SLOWING = 325; // milliseconds in which a movement falls to a third
const SLOWEST = 0.02; // pixels a millisecond

/**
 * @param {HTMLElement} surface
 * @param {Moves} moves
 */
export function listenToMoves(surface, moves) {
  /** @type {Map<number, Point>} the pointers that are down */
  const down = new Map();
  /** @type {Point} */
  let start = { left: 0, top: 0 };
  let isDrag = false;
  let isMark = false;
  let speed = { right: 0, down: 0, at: 0 };
  let turned = -PAUSE; // when the wheel was last turned on the map
  const within = (/** @type {MouseEvent} */ event) => {
    const box = surface.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  };

  surface.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    down.set(event.pointerId, within(event));
    speed = { right: 0, down: 0, at: 0 };
    if (down.size > 1) {
      if (isMark) moves.mark(start, start, true); // two fingers move the map
      isDrag = true;
      isMark = false;
      return;
    }
    start = within(event);
    isDrag = false;
    isMark = event.shiftKey || moves.isMarking();
  });
  surface.addEventListener("pointermove", (event) => {
    const at = within(event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") moves.point(at);
      return;
    }
    isDrag ||= apart(start, at) > DRAGGED;
    if (!isDrag) return;
    down.set(event.pointerId, at);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const factor = apart(at, other) / Math.max(1, apart(before, other));
      moves.zoom(factor, (before.left + other.left) / 2, (before.top + other.top) / 2);
      moves.move((at.left - before.left) / 2, (at.top - before.top) / 2);
    } else if (isMark) moves.mark(start, at, false);
    else {
      moves.move(at.left - before.left, at.top - before.top);
      const time = Math.max(1, event.timeStamp - speed.at);
      const share = Math.min(1, time / 50); // of what is new in it
      const mixed = (/** @type {number} */ old, /** @type {number} */ way) => old * (1 - share) + (way / time) * share;
      speed = { right: mixed(speed.right, at.left - before.left), down: mixed(speed.down, at.top - before.top), at: event.timeStamp };
    }
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    const at = within(event);
    const isUp = event.type === "pointerup";
    if (isDrag && isMark) moves.mark(start, isUp ? at : start, true);
    else if (isDrag && event.timeStamp - speed.at < 50) glide();
    else if (!isDrag && isUp) moves.tap(at);
  };
  surface.addEventListener("pointerup", lift);
  surface.addEventListener("pointercancel", lift);
  surface.addEventListener("pointerleave", () => moves.point(null));
  surface.addEventListener(
    "wheel",
    (event) => {
      const { left, top } = within(event);
      const strength = event.deltaMode === 1 ? 0.05 : event.ctrlKey ? 0.01 : 0.002; // lines, two fingers, pixels
      const isGoing = event.timeStamp - turned < PAUSE;
      if (!moves.zoom(Math.exp(-event.deltaY * strength), left, top) && !isGoing) return; // the page may scroll
      turned = event.timeStamp;
      event.preventDefault();
    },
    { passive: false },
  );

  /** Let a movement run out. */
  function glide() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const own = speed;
    let last = performance.now();
    const step = (/** @type {number} */ now) => {
      if (speed !== own || Math.hypot(own.right, own.down) < SLOWEST) return;
      const time = Math.max(0, now - last);
      moves.move(own.right * time, own.down * time);
      const left = Math.exp(-time / SLOWING);
      own.right *= left;
      own.down *= left;
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}

/**
 * @param {Point} one
 * @param {Point} other
 */
function apart(one, other) {
  return Math.hypot(one.left - other.left, one.top - other.top);
}
