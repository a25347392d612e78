import DreamSimTensors

/// A value of a pickle. Containers are indices into `PickleHeap`: a list that holds itself is then no reference cycle,
/// and a million nested tuples are freed without recursion.
enum PickleValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond 64 bits, such as the magic number of legacy files.
    case wide(Int128)
    case real(Double)
    case string(String)
    case bytes(Int)
    case list(Int)
    case tuple(Int)
    case dictionary(Int)
    /// An allowed name, standing for the class or function it means in Python.
    case global(PickleGlobal)
    case storage(PickledView)
    case tensor(Int)
    case numpyType(Int)
    case array(Int)
    /// Something allowed that holds no data for us, such as a device.
    case inert

    /// What errors call it.
    var kindName: String {
        switch self {
        case .null: "None"
        case .bool: "a bool"
        case .integer, .wide: "an int"
        case .real: "a float"
        case .string: "a str"
        case .bytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dictionary: "a dict"
        case .global(let global): "the name \(global)"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .numpyType: "a numpy dtype"
        case .array: "a numpy array"
        case .inert: "an inert value"
        }
    }
}

/// A dictionary in the order of insertion, or an object that is read as one.
struct PickledDictionary: Sendable {
    /// A key that names something; other keys are kept apart from each other and never looked up.
    enum Key: Hashable, Sendable {
        case string(String)
        case integer(Int)
        case other(Int)
    }

    private(set) var entries: [(key: Key, value: PickleValue)] = []
    private var index: [Key: Int] = [:]
    /// The `__dict__` that BUILD gave an `argparse.Namespace`.
    var state: PickleValue?
    let isNamespace: Bool

    init(isNamespace: Bool = false) {
        self.isNamespace = isNamespace
    }

    /// Sets a key; like in Python, the last value wins and keeps the first one's place.
    mutating func set(_ key: PickleValue, _ value: PickleValue) {
        let name: Key =
            switch key {
            case .string(let text): .string(text)
            case .integer(let number): .integer(number)
            case .bool(let flag): .integer(flag ? 1 : 0)
            default: .other(entries.count)
            }
        if let place = index[name] {
            entries[place].value = value
        } else {
            index[name] = entries.count
            entries.append((name, value))
        }
    }

    subscript(key: String) -> PickleValue? { index[.string(key)].map { entries[$0].value } }
}

/// A storage that a pickle names, or a window of it.
struct PickledView: Hashable, Sendable {
    /// The index of the storage in `PickleHeap.storages`.
    let storage: Int
    /// The first element of the window.
    let offset: Int
    /// The number of elements of the window.
    let count: Int
}

/// A storage by its key: what is known before its bytes are looked for.
struct PickledStorage: Sendable {
    let key: String
    let elementType: ElementType
    /// The number of elements.
    let count: Int
}

/// A tensor as its rebuilding function was told of it, checked against its storage.
struct PickledTensor: Sendable {
    let storage: Int
    let layout: TensorLayout
}

/// Bytes of a pickle: where they lie in it, or decoded.
enum PickledBytes: Sendable {
    case window(Range<Int>)
    case decoded(SharedBytes)

    var count: Int {
        switch self {
        case .window(let range): range.count
        case .decoded(let shared): shared.bytes.count
        }
    }
}

/// A numpy array; empty until BUILD gives its state.
struct PickledArray: Sendable {
    var content: (layout: TensorLayout, bytes: PickledBytes)?
}

/// Everything a pickle holds that is more than a plain value.
struct PickleHeap: Sendable {
    var lists: [[PickleValue]] = []
    var tuples: [[PickleValue]] = []
    var dictionaries: [PickledDictionary] = []
    var bytes: [PickledBytes] = []
    var storages: [PickledStorage] = []
    var storageIndex: [String: Int] = [:]
    var tensors: [PickledTensor] = []
    var numpyTypes: [NumpyType] = []
    var arrays: [PickledArray] = []
}
