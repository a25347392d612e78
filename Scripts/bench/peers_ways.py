"""The ways in which peers.py embeds with other programs, by name. Each is made for a network, a batch and threads, and gives features.

Linear layers in eight bits: ONNX Runtime's dynamic quantization, a scale per output of the weights and one for all activations of a
product; OpenVINO's by NNCF, calibrated, with SmoothQuant; PyTorch's dynamic quantization, a scale per output. bfloat16 is for all that
PyTorch computes but the standardization, and for what OpenVINO chooses to. What is quantized is kept beside the weights.
"""
import copy
import platform
import warnings
import zlib
from pathlib import Path

import onnxruntime
import openvino
import torch
from peers_networks import crops

# Of these, what the processor has decides about speed below float32, or what can be used at all.
FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16", "sve")


def processor():
    """The processor's name, and which of FLAGS it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor(), []
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = fields.get("flags", fields.get("Features", "")).split()
    return fields.get("model name", platform.machine()), [flag for flag in FLAGS if flag in flags]


def reference(network, batch, threads):
    return lambda images: [network.shipped.embed(images)]


def pytorch(modules):
    return lambda images: [module(images).float() for module in modules]


def pytorch_float32(network, batch, threads):
    return pytorch(network.modules)


def pytorch_bfloat16(network, batch, threads):
    modules = []
    for module in network.modules:
        module = copy.deepcopy(module)
        module.network.bfloat16()
        if getattr(module, "projection", None) is not None:
            module.projection.data = module.projection.data.bfloat16()
        modules.append(module)
    return pytorch(modules)


def pytorch_int8(network, batch, threads):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layers = {torch.nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}
        modules = [torch.ao.quantization.quantize_dynamic(module, layers, dtype=torch.qint8) for module in network.modules]
    return pytorch(modules)


def onnx_runtime(paths, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = [onnxruntime.InferenceSession(str(p), options, providers=["CPUExecutionProvider"]) for p in paths]
    return lambda images: [s.run(None, {"image": images.numpy()})[0] for s in sessions]


def onnx_runtime_float32(network, batch, threads):
    return onnx_runtime(network.paths, threads)


def onnx_runtime_int8(network, batch, threads):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    flags = processor()[1]
    # Without VNNI two products are added in sixteen bits, and saturate unless the weights keep to seven.
    reduced = "avx2" in flags and not {"avx_vnni", "avx512_vnni"} & set(flags)
    paths = []
    for path in network.paths:
        paths.append(path.with_name(f"{path.stem}-dynamic-int{7 if reduced else 8}.onnx"))
        if not paths[-1].exists():
            quantize_dynamic(path, paths[-1], op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, reduce_range=reduced,
                             weight_type=QuantType.QInt8)
    return onnx_runtime(paths, threads)


def open_vino(paths, batch, threads, precision):
    core = openvino.Core()
    networks = []
    for path in paths:
        network = core.read_model(path)
        network.reshape([batch, 3, 224, 224])
        networks.append(core.compile_model(network, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}))
    return lambda images: [next(iter(n([images.numpy()]).values())) for n in networks]


def open_vino_float32(network, batch, threads):
    return open_vino(network.paths, batch, threads, "f32")


def open_vino_bfloat16(network, batch, threads):
    return open_vino(network.paths, batch, threads, "bf16")


def calibrated(network):
    """The transformers quantized by NNCF with images of the network's calibration folder."""
    squares = crops(network.calibration, network.count)
    mark = zlib.crc32(b"".join(square.tobytes() for square in squares))
    paths = [path.with_name(f"{path.stem}-nncf-{mark:08x}.xml") for path in network.paths]
    for source, path in zip(network.paths, paths):
        if not path.exists():
            import nncf
            print(f"calibrating {path.name} with {len(squares)} images of {network.calibration}", flush=True)
            quantized = nncf.quantize(openvino.Core().read_model(source), nncf.Dataset(squares), subset_size=len(squares),
                                      preset=nncf.QuantizationPreset.MIXED, model_type=nncf.ModelType.TRANSFORMER)
            openvino.save_model(quantized, path, compress_to_fp16=False)
    return paths


def open_vino_int8(network, batch, threads):
    return open_vino(calibrated(network), batch, threads, "f32")


def ways(network):
    """By name and precision, the float32 ones first; those in bfloat16 where the processor has it."""
    found = {("reference", "float32"): reference} if network.model == "ensemble" else {("PyTorch", "float32"): pytorch_float32}
    found |= {("ONNX Runtime", "float32"): onnx_runtime_float32, ("OpenVINO", "float32"): open_vino_float32}
    found["PyTorch", "bfloat16"] = pytorch_bfloat16
    if {"avx512_bf16", "amx_bf16", "bf16"} & set(processor()[1]):
        found["OpenVINO", "bfloat16"] = open_vino_bfloat16
    found |= {("PyTorch", "int8"): pytorch_int8, ("ONNX Runtime", "int8"): onnx_runtime_int8, ("OpenVINO", "int8"): open_vino_int8}
    return found
