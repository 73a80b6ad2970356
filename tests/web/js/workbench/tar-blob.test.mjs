import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { asOneFile } from "../../../../web/static/js/workbench/photos/dropped-files.js";
import { fileMark, tarBlob } from "../../../../web/static/js/workbench/photos/tar-blob.js";

const dropped = (path, content, lastModified = 1_700_000_000_000) => ({ path, file: new File([content], path.split("/").at(-1), { lastModified }) });
const LONG = `${"folder/".repeat(30)}é\u{1f431}.jpg`;

/** What Python's reader, which `diamond check-data` uses, finds in a tar: name, size, content, time. */
async function read(blob) {
  const file = join(mkdtempSync(join(tmpdir(), "tar-")), "a.tar");
  writeFileSync(file, Buffer.from(await blob.arrayBuffer()));
  const script = "import sys, tarfile, json; t = tarfile.open(sys.argv[1]); print(json.dumps([[m.name, m.size, t.extractfile(m).read().decode(), m.mtime] for m in t]))";
  return JSON.parse(execFileSync(process.env.PYTHON ?? "python3", ["-c", script, file]).toString());
}

test("a tar holds every file under its path, whatever that is", async () => {
  const files = [dropped("b/2.jpg", "two"), dropped(LONG, "long"), dropped("a/1.jpg", "x".repeat(1025)), dropped("../../etc/x", "out"), dropped("empty", "")];
  assert.deepEqual(
    new Set((await read(tarBlob(files))).map((each) => each.join("|"))),
    new Set(files.map(({ path, file }) => [path, file.size, { "b/2.jpg": "two", [LONG]: "long", "a/1.jpg": "x".repeat(1025), "../../etc/x": "out", empty: "" }[path], 1_700_000_000].join("|"))),
  );
});

test("the same files give the same bytes and mark, in whatever order they come", async () => {
  const files = [dropped("a", "1"), dropped("b", "2"), dropped("é", "3")];
  const [one, other] = await Promise.all([tarBlob(files), tarBlob([...files].reverse())].map((blob) => blob.arrayBuffer()));
  assert.deepEqual(Buffer.from(one), Buffer.from(other));
  assert.equal(fileMark(files), fileMark([...files].reverse()));
  assert.match(fileMark(files), /^[0-9a-f]{16}$/);
});

test("other names, sizes and times are told apart", () => {
  const marks = [[dropped("a", "1")], [dropped("b", "1")], [dropped("a", "12")], [dropped("a", "1", 1000)], []].map(fileMark);
  assert.equal(new Set(marks).size, marks.length);
});

test("an archive goes as it is, all else as one tar", () => {
  assert.equal(asOneFile([dropped("my photos.ZIP", "zip")]).name, "my photos.ZIP");
  assert.equal(asOneFile([dropped("set/a/1.jpg", "1"), dropped("set/b/2.jpg", "2")]).name, "set.tar");
  assert.equal(asOneFile([dropped("a/1.jpg", "1"), dropped("b/2.jpg", "2")]).name, "photos.tar");
  assert.equal(asOneFile([dropped("1.jpg", "1")]).name, "photos.tar");
  assert.equal(asOneFile([dropped("set/a.zip", "1")]).name, "set.tar"); // the reader says what to do with it
  assert.throws(() => asOneFile([dropped("a.zip", "1"), dropped("b.zip", "1")]), /one archive alone, got 2 files/);
  assert.throws(() => asOneFile([]), /expected photos, got none/);
});
