import assert from "node:assert/strict";
import { test } from "node:test";

import { countWrong, photosIn, placesOf } from "../../../../web/static/js/data/map-photos.js";

const photos = {
  steps: 10, position: { 0: [1, 1, 9, 9], 2: [2, 3, 3, 2], 5: [5, 9] }, label: [0, 1, 1, 0, 0, -1], predicted: [0, 0, 0, -1, 0, 1],
};

test("the places of a photo, none of one that is not on the map", () => {
  assert.deepEqual(placesOf(photos, 0), [{ x: 0.1, y: 0.1 }, { x: 0.9, y: 0.9 }]);
  assert.deepEqual(placesOf(photos, 1), []);
});

test("the photos in an area, those of most places there first", () => {
  assert.deepEqual(photosIn(photos, { left: 0, top: 0, right: 0.5, bottom: 0.5 }), [{ photo: 2, places: 2 }, { photo: 0, places: 1 }]);
  assert.deepEqual(photosIn(photos, { left: 0.5, top: 0.9, right: 0.6, bottom: 1 }), [{ photo: 5, places: 1 }]);
});

test("mistakes are counted of photos whose class is known", () => {
  assert.deepEqual(countWrong(photos, [0, 1, 2, 3, 5]), { known: 3, wrong: 2 });
});
