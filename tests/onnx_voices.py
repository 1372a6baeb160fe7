"""Tiny neural voices with the real signatures of Piper's and Kokoro's graphs: a tone a sign, silence for punctuation,
and a little of the noise that makes real ones hard to repeat."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

PIPER_HOP = 256
KOKORO_HOP = 600
_QUIET_SIGNS = " _^$,.;:!?—…ˈˌː"


def write_piper_voice(
    folder: Path,
    name: str = "en_US-tiny-low",
    *,
    sample_rate: int = 22050,
    speakers: tuple[str, ...] = (),
    noisy: bool = True,
    frames: float = 5.0,
) -> Path:
    """`NAME.onnx` and its JSON; every sound lasts `frames` × 256 samples. `speakers` make it a model of several."""
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    folder.mkdir(parents=True, exist_ok=True)
    ids = DEFAULT_PHONEME_ID_MAP
    path = folder / f"{name}.onnx"
    inputs = {"input": (TensorProto.INT64, ["batch_size", "phonemes"]), "input_lengths": (TensorProto.INT64, ["b"])}
    inputs["scales"] = (TensorProto.FLOAT, [3])
    if speakers:
        inputs["sid"] = (TensorProto.INT64, ["batch_size"])
    quiet = {number for sign, (number,) in ids.items() if sign in _QUIET_SIGNS}
    nodes = [
        helper.make_node("Slice", ["scales", "one_at", "two_at"], ["length_scale"]),
        helper.make_node("Slice", ["scales", "zero_at", "one_at"], ["noise_scale"]),
        helper.make_node("Shape", ["input_lengths"], ["unused"]),
        *_tones("input", PIPER_HOP, sample_rate, shift="sid" if speakers else "", noisy=noisy),
        helper.make_node("Reshape", ["audio", "as_piper"], ["output"]),
    ]
    _save(
        path,
        nodes,
        inputs,
        {"output": ["batch_size", 1, 1, "time"]},
        tables=_tables(len(ids) + 100, quiet, frames),
        extra={"as_piper": np.array([1, 1, 1, -1], np.int64)},
    )
    config = {
        "audio": {"sample_rate": sample_rate, "quality": "low"},
        "espeak": {"voice": "en-us" if name.startswith("en") else name[:2]},
        "language": {"code": name.split("-")[0]},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": ids,
        "num_symbols": 256,
        "num_speakers": max(1, len(speakers)),
        "speaker_id_map": {speaker: number for number, speaker in enumerate(speakers)},
        "hop_length": PIPER_HOP,
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def write_kokoro(
    folder: Path,
    voices: tuple[str, ...] = ("af_heart", "bm_george"),
    *,
    tokens: str = "tokens",
    timed: bool = True,
    frames: float = 3.0,
) -> Path:
    """`tiny.onnx` and `voices.bin`. `tokens` is what the graph calls its input; `timed`: it tells durations."""
    if sys.version_info >= (3, 14):
        pytest.skip("kokoro-onnx is not made for this Python yet")
    from kokoro_onnx.config import DEFAULT_VOCAB

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.onnx"
    inputs = {
        tokens: (TensorProto.INT64, [1, "tokens_length"]),
        "style": (TensorProto.FLOAT, [1, 256]),
        "speed": (TensorProto.FLOAT, [1]),
    }
    quiet = {0, *(number for sign, number in DEFAULT_VOCAB.items() if sign in _QUIET_SIGNS)}
    nodes = [
        helper.make_node("Reciprocal", ["speed"], ["length_scale"]),
        helper.make_node("Identity", ["noise"], ["noise_scale"]),
        helper.make_node("ReduceMean", ["style"], ["timbre"], keepdims=0),
        *_tones(tokens, KOKORO_HOP, 24_000, shift="timbre", noisy=True),
        helper.make_node("Reshape", ["audio", "minus_one"], ["waveform"]),
    ]
    outputs: dict[str, list[object]] = {"waveform": ["time"]}
    if timed:
        nodes.append(helper.make_node("Cast", ["flat_durations"], ["duration"], to=TensorProto.INT64))
        outputs["duration"] = ["tokens_length"]
    extra = {"noise": np.array([0.5], np.float32)}
    _save(path, nodes, inputs, outputs, tables=_tables(200, quiet, frames), extra=extra)
    styles = {name: np.full((510, 1, 256), 1.0 + 2 * number, np.float32) for number, name in enumerate(voices)}
    with (folder / "voices.bin").open("wb") as file:
        np.savez(file, **styles)
    return path


def _tones(tokens: str, hop: int, sample_rate: int, *, shift: str, noisy: bool) -> list[onnx.NodeProto]:
    """From ids of shape (1, T) and `length_scale` to `audio` of shape (frames, hop); `flat_durations` in frames."""
    node = helper.make_node
    nodes = [
        node("Gather", ["durations", tokens], ["base"]),
        node("Mul", ["base", "length_scale"], ["scaled"]),
        node("Ceil", ["scaled"], ["w_ceil"]),
        node("Reshape", ["w_ceil", "minus_one"], ["flat_durations"]),
        node("CumSum", ["flat_durations", "axis_0"], ["ends"]),
        node("ReduceSum", ["flat_durations"], ["total"], keepdims=0),
        node("Range", ["zero", "total", "one"], ["frame"]),
        node("Unsqueeze", ["frame", "one_at"], ["frame_column"]),
        node("LessOrEqual", ["ends", "frame_column"], ["past"]),
        node("Cast", ["past"], ["past_count"], to=TensorProto.INT64),
        node("ReduceSum", ["past_count", "one_at"], ["which"], keepdims=0),
        node("Reshape", [tokens, "minus_one"], ["flat_ids"]),
        node("Gather", ["flat_ids", "which"], ["sign"]),
        node("Gather", ["frequencies", "sign"], ["frequency"]),
        node("Gather", ["amplitudes", "sign"], ["amplitude"]),
        node("Mul", ["total", "hop"], ["length"]),
        node("Range", ["zero", "length", "one"], ["sample"]),
        node("Reshape", ["sample", "as_frames"], ["sample_rows"]),
    ]
    frequency = "frequency"
    if shift:
        nodes += [
            node("Cast", [shift], ["shift"], to=TensorProto.FLOAT),
            node("Mul", ["shift", "sixty"], ["shift_hz"]),
            node("Add", ["frequency", "shift_hz"], ["shifted"]),
        ]
        frequency = "shifted"
    nodes += [
        node("Unsqueeze", [frequency, "one_at"], ["frequency_column"]),
        node("Unsqueeze", ["amplitude", "one_at"], ["amplitude_column"]),
        node("Mul", ["sample_rows", "frequency_column"], ["cycles"]),
        node("Mul", ["cycles", "radians"], ["phase"]),
        node("Sin", ["phase"], ["tone"]),
        node("Mul", ["tone", "amplitude_column"], ["clean" if noisy else "audio"]),
    ]
    if noisy:
        nodes += [
            node("RandomNormalLike", ["clean"], ["random"]),
            node("Mul", ["random", "noise_scale"], ["louder"]),
            node("Mul", ["louder", "little"], ["noise_part"]),
            node("Mul", ["noise_part", "amplitude_column"], ["noise_heard"]),
            node("Add", ["clean", "noise_heard"], ["audio"]),
        ]
    _CONSTANTS["hop"] = np.array(hop, np.float32)
    _CONSTANTS["as_frames"] = np.array([-1, hop], np.int64)
    _CONSTANTS["radians"] = np.array(2 * np.pi / sample_rate, np.float32)
    return nodes


_CONSTANTS: dict[str, np.ndarray] = {
    "zero": np.array(0, np.float32),
    "one": np.array(1, np.float32),
    "zero_at": np.array([0], np.int64),
    "one_at": np.array([1], np.int64),
    "two_at": np.array([2], np.int64),
    "axis_0": np.array(0, np.int64),
    "minus_one": np.array([-1], np.int64),
    "sixty": np.array(60, np.float32),
    "little": np.array(0.05, np.float32),
}


def _tables(count: int, quiet: set[int], frames: float) -> dict[str, np.ndarray]:
    numbers = np.arange(count)
    is_quiet = np.isin(numbers, list(quiet))
    return {
        "durations": np.where(is_quiet, 0.4, frames).astype(np.float32),
        "frequencies": (150 + 5.0 * numbers).astype(np.float32),
        "amplitudes": np.where(is_quiet, 0.0, 0.3).astype(np.float32),
    }


def _save(path, nodes, inputs, outputs, *, tables, extra) -> None:
    constants = {**_CONSTANTS, **tables, **extra}
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [
            helper.make_tensor_value_info(name, TensorProto.INT64 if name == "duration" else TensorProto.FLOAT, shape)
            for name, shape in outputs.items()
        ],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
