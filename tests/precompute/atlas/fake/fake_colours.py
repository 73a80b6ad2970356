"""Words of one's own with a small image encoder in a CLIP's place: the mean of each colour."""

from pathlib import Path

import numpy as np
import onnx

from diamond_cutter.precompute.atlas.words.word_file import DEVIATION, MEAN


def write_colours(folder: Path, *names: str) -> Path:
    """Names for red, green and blue, in the numbers of the encoder beside them; the file."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0)
    taken = helper.make_tensor_value_info("pixels", kind, ["n", 3, 16, 16])
    given = helper.make_tensor_value_info("mean", kind, ["n", 3])
    graph = helper.make_graph([node], "colours", [taken], [given])
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "words.onnx")
    embeddings = ((np.eye(3) - MEAN) / DEVIATION).astype(np.float32)
    np.savez(folder / "words.npz", names=names, embeddings=embeddings)
    return folder / "words.npz"
