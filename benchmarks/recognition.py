"""Transfer recognition: do other networks see in the pictures of a network's classes what they are?

Pictures of 24 class logits of Lite0 are shown to Lite1 and Lite2, whole and degraded; the figures
are the shares that get their class (top 1). Seconds are of one thread's CPU time a picture. The set
"choose" is for trying recipes, "report" for reporting them.
"""

import numpy as np
from contestants import DEGRADED, make, one_thread, parser, recipe_of, resized, save_sheet

SETS = {"choose": range(20, 1000, 41), "report": range(7, 1000, 41)}
JUDGES = ("efficientnet-lite1", "efficientnet-lite2")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--classes", default="choose", choices=SETS)
    options.add_argument("--count", type=int, default=24, help="of the classes of the set")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
    from diamond_cutter.precompute.rendering.targets import Family, class_logits

    backbone = catalogue.load("efficientnet-lite0")
    judges = [catalogue.load(name) for name in JUDGES]
    own = classifier(backbone)
    classes = np.array(list(SETS[chosen.classes])[: chosen.count])
    targets = class_logits(own.weights, own.bias, list(classes))
    rows = []
    print(f"{len(classes)} classes of the set {chosen.classes!r}; Lite1 / Lite2")
    print(f"{'renderer':15}{'s':>7}" + "".join(f"{name:>13}" for name in DEGRADED))
    for name in chosen.renderers.split(","):
        recipe = recipe_of(chosen)
        render = make(name, backbone, None, Family.LOGIT, recipe, chosen.seed, keep=chosen.keep)
        images, seconds = render(targets)
        rows.append(images)
        cells = []
        for degrade in DEGRADED.values():
            shown = degrade(images)
            rates = []
            for judge in judges:
                pixels = resized(shown, judge.input_size).astype(np.float32) / 255
                found = np.asarray(judge.model.predict(pixels, batch_size=8, verbose=0)).argmax(1)
                rates.append(f"{np.mean(found == classes):.2f}")
            cells.append(f"{' / '.join(rates):>13}")
        print(f"{name:15}{seconds:7.2f}" + "".join(cells), flush=True)
    if chosen.sheet:
        save_sheet(chosen.sheet, rows)


if __name__ == "__main__":
    main()
