/// Names what a pickle's value holds: the keys of nested dictionaries and the places in lists, joined by '.'.
///
/// Shared and self-containing containers can make a small pickle endless, so depth, items and names are counted.
struct PickleFlattener {
    private let heap: PickleHeap
    private let limits: Checkpoint.Limits
    private let path: String
    private let makeTensor: (String, PickleValue) throws(DreamSimError) -> StoredTensor?
    private var budget: ElementBudget
    private var items = 0
    private var nameBytes = 0
    private var passedOver: [String] = []
    private(set) var contents = CheckpointContents()

    /// - Parameter makeTensor: finds the bytes of a tensor or array; nil when there is nothing to expose.
    init(
        _ heap: PickleHeap, limits: Checkpoint.Limits, path: String,
        makeTensor: @escaping (String, PickleValue) throws(DreamSimError) -> StoredTensor?
    ) {
        self.heap = heap
        self.limits = limits
        self.path = path
        self.makeTensor = makeTensor
        let counts = heap.storages.map(\.count) + heap.arrays.map { $0.content?.layout.shape.count ?? 0 }
        let stored = counts.reduce(0) { sum, count in
            let (total, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : total
        }
        budget = ElementBudget(stored: stored, limits: limits)
    }

    /// Flattens the root value; a bare tensor is called `array`.
    mutating func flatten(_ root: PickleValue) throws(DreamSimError) {
        switch root {
        case .tensor, .array: try visit(root, "array", depth: 0)
        case .dictionary, .list, .tuple: try visit(root, "", depth: 0)
        default:
            throw DreamSimError(
                .malformed, path, "the pickle holds \(root.kindName), no tensor and no dictionary of tensors")
        }
        if !passedOver.isEmpty {
            contents.warnings.append(
                "passed over \(passedOver.count) values that are neither tensors nor plain scalars, such as "
                    + passedOver.prefix(3).joined(separator: ", "))
        }
    }

    private mutating func visit(_ value: PickleValue, _ name: String, depth: Int) throws(DreamSimError) {
        try count(name, depth)
        switch value {
        case .dictionary(let index): try visit(heap.dictionaries[index], name, depth)
        case .list(let index): try visit(heap.lists[index], name, depth)
        case .tuple(let index): try visit(heap.tuples[index], name, depth)
        case .tensor, .array:
            guard contents.tensors.count < limits.tensorCount else {
                throw fault(name, "the file holds more than \(limits.tensorCount) tensors")
            }
            guard let tensor = try makeTensor(name, value) else { return passOver(name, value) }
            try budget.take(tensor.shape.count, name: name, path: path)
            contents.tensors.append(tensor)
        case .null: set(name, .null)
        case .bool(let flag): set(name, .bool(flag))
        case .integer(let number): set(name, .integer(number))
        case .real(let number): set(name, .real(number))
        case .string(let text): set(name, .string(text))
        case .wide, .bytes, .global, .storage, .numpyType, .inert: passOver(name, value)
        }
    }

    private mutating func visit(
        _ dictionary: PickledDictionary, _ name: String, _ depth: Int
    ) throws(DreamSimError) {
        for (key, value) in dictionary.entries {
            switch key {
            case .string(let text): try visit(value, try join(name, text), depth: depth + 1)
            case .integer(let number): try visit(value, try join(name, String(number)), depth: depth + 1)
            case .other:
                try count(name, depth + 1)
                passOver(name, value)
            }
        }
        guard let state = dictionary.state else { return }
        if case .dictionary = state {
            try visit(state, name, depth: depth + 1)
        } else {
            passOver(name, state)
        }
    }

    private mutating func visit(_ list: [PickleValue], _ name: String, _ depth: Int) throws(DreamSimError) {
        for (i, value) in list.enumerated() {
            try visit(value, try join(name, String(i)), depth: depth + 1)
        }
    }

    private func join(_ name: String, _ key: String) throws(DreamSimError) -> String {
        let length = name.utf8.count + 1 + key.utf8.count
        guard length <= limits.nameBytes else {
            throw fault(name, "a name of \(length) bytes; the limit is \(limits.nameBytes)")
        }
        return name.isEmpty ? key : name + "." + key
    }

    private mutating func count(_ name: String, _ depth: Int) throws(DreamSimError) {
        items += 1
        nameBytes += name.utf8.count
        guard items <= limits.flattenedItems, nameBytes <= limits.totalNameBytes else {
            throw fault(name, "the pickle unfolds to more than \(limits.flattenedItems) values")
        }
        guard depth <= limits.nesting else {
            throw fault(name, "dictionaries and lists are nested deeper than \(limits.nesting)")
        }
    }

    private mutating func set(_ name: String, _ value: AttributeValue) {
        contents.attributes[name] = value
    }

    private mutating func passOver(_ name: String, _ value: PickleValue) {
        // Only the first few names are ever shown; the rest count.
        passedOver.append(passedOver.count < 3 ? "'\(name)' (\(value.kindName))" : "")
    }

    private func fault(_ name: String, _ reason: String) -> DreamSimError {
        DreamSimError(.limitExceeded, path, key: String(name.prefix(200)), reason)
    }
}
