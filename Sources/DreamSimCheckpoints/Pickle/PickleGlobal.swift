/// The names a pickle may mention. Each stands for data that we rebuild ourselves; nothing is imported or called.
enum PickleGlobal: Hashable, Sendable {
    case storage(ElementType)
    case typedStorage
    case rebuildTensor
    case rebuildTensorV2
    case rebuildParameter
    case rebuildFromType
    case parameter
    case size
    case device
    case torchType(String)
    case orderedDictionary
    case counter
    case defaultDictionary
    case namespace
    case numpyScalar
    case numpyType
    case numpyReconstruct
    case numpyArray
    case encode

    /// The allow-list; nil for every other name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("torch", _):
            guard let global = Self.torch[name] ?? (Self.torchTypes.contains(name) ? .torchType(name) : nil) else {
                return nil
            }
            self = global
        case ("torch.storage", "TypedStorage"): self = .typedStorage
        case ("torch.storage", "UntypedStorage"): self = .storage(.uint8)
        case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
        case ("torch.nn.parameter", "Parameter"): self = .parameter
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("collections", "Counter"): self = .counter
        case ("collections", "defaultdict"): self = .defaultDictionary
        case ("argparse", "Namespace"): self = .namespace
        case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"): self = .numpyScalar
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
            self = .numpyReconstruct
        case ("numpy", "dtype"): self = .numpyType
        case ("numpy", "ndarray"): self = .numpyArray
        case ("_codecs", "encode"): self = .encode
        default: return nil
        }
    }

    private static let torch: [String: PickleGlobal] = [
        "FloatStorage": .storage(.float32), "DoubleStorage": .storage(.float64), "HalfStorage": .storage(.float16),
        "BFloat16Storage": .storage(.bfloat16), "LongStorage": .storage(.int64), "IntStorage": .storage(.int32),
        "ShortStorage": .storage(.int16), "CharStorage": .storage(.int8), "ByteStorage": .storage(.uint8),
        "BoolStorage": .storage(.bool), "Size": .size, "device": .device,
    ]

    private static let torchTypes: Set<String> = [
        "float64", "double", "float32", "float", "float16", "half", "bfloat16", "int64", "long", "int32", "int",
        "int16", "short", "int8", "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128",
    ]
}
