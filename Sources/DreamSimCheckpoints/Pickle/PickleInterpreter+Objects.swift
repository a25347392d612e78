import DreamSimTensors

/// What the allowed names stand for.
extension PickleInterpreter {
    /// REDUCE and NEWOBJ: an allowed name applied to its arguments.
    mutating func reduce(
        _ callable: PickleValue, _ arguments: PickleValue, at place: Int
    ) throws(DreamSimError) {
        guard case .global(let global) = callable else {
            throw cursor.fault(.refused, at: place, "the pickle calls \(callable.kindName)")
        }
        guard case .tuple(let index) = arguments else {
            throw cursor.fault(.malformed, at: place, "arguments must be a tuple, not \(arguments.kindName)")
        }
        let values = heap.tuples[index]
        switch global {
        case .orderedDictionary, .counter, .defaultDictionary: try makeDictionary(global, values, at: place)
        case .namespace: makeDictionary(PickledDictionary(isNamespace: true))
        case .rebuildTensor, .rebuildTensorV2: try rebuildTensor(global, values, at: place)
        case .rebuildParameter, .parameter:
            guard let first = values.first, case .tensor = first else {
                throw cursor.fault(.malformed, at: place, "a Parameter must wrap a tensor")
            }
            push(first)
        case .rebuildFromType:
            // (function, type, arguments, state): the function applied, the state passed over.
            guard values.count == 4, case .global(let function) = values[0], case .global(.parameter) = values[1],
                [.rebuildTensor, .rebuildTensorV2, .rebuildParameter].contains(function)
            else { throw cursor.fault(.refused, at: place, "_rebuild_from_type_v2 around anything but a Parameter") }
            try reduce(values[0], values[2], at: place)
        case .size:
            guard values.count == 1 else { throw cursor.fault(.malformed, at: place, "torch.Size takes one argument") }
            push(values[0])
        case .device, .torchType: push(.inert)
        case .numpyScalar, .numpyType, .numpyReconstruct: try makeNumpy(global, values, at: place)
        case .encode: try encode(values, at: place)
        case .storage, .typedStorage, .numpyArray:
            throw cursor.fault(.refused, at: place, "the pickle calls '\(global)', which only names a type")
        }
    }

    /// BUILD: state given to an object that was just made.
    mutating func build(_ target: PickleValue, _ state: PickleValue, at place: Int) throws(DreamSimError) {
        switch target {
        case .dictionary(let index):
            // The attributes of a dictionary (a state_dict's _metadata) are of no use here.
            if heap.dictionaries[index].isNamespace { heap.dictionaries[index].state = state }
        case .tensor: break
        case .numpyType(let index): try setNumpyType(index, state, at: place)
        case .array(let index): try setArray(index, state, at: place)
        default: throw cursor.fault(.malformed, at: place, "state is given to \(target.kindName)")
        }
    }

    private mutating func makeDictionary(
        _ global: PickleGlobal, _ values: [PickleValue], at place: Int
    ) throws(DreamSimError) {
        var dictionary = PickledDictionary()
        let first = values.count <= 1 ? values.first : .inert
        switch first {
        case nil: break
        case .global? where global == .defaultDictionary: break
        case .null? where global == .defaultDictionary: break
        case .list(let index)? where global == .orderedDictionary:
            // Python 2: a list of pairs.
            let pairs = heap.lists[index]
            try charge(pairs.count)
            for pair in pairs {
                guard let items = sequence(pair), items.count == 2 else {
                    throw cursor.fault(.malformed, at: place, "an OrderedDict is made of something else than pairs")
                }
                dictionary.set(items[0], items[1])
            }
        case .dictionary(let index)?:
            try charge(heap.dictionaries[index].entries.count)
            dictionary = heap.dictionaries[index]
        default: throw cursor.fault(.malformed, at: place, "a dictionary is made with unexpected arguments")
        }
        makeDictionary(dictionary)
    }

    /// Python's way to write bytes in protocol 2: a string of characters up to U+00FF and the name of the encoding.
    private mutating func encode(_ values: [PickleValue], at place: Int) throws(DreamSimError) {
        guard values.count == 2, case .string(let text) = values[0], case .string("latin1") = values[1] else {
            throw cursor.fault(.refused, at: place, "_codecs.encode is understood for latin1 text only")
        }
        try chargeDecoded(text.utf8.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else {
                throw cursor.fault(.malformed, at: place, "_codecs.encode of a character that latin1 lacks")
            }
            bytes.append(byte)
        }
        makeBytes(.decoded(SharedBytes(bytes)))
    }

    /// The items of a list or tuple.
    func sequence(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .list(let index): heap.lists[index]
        case .tuple(let index): heap.tuples[index]
        default: nil
        }
    }

    /// A short list or tuple of whole numbers, such as a shape.
    func integers(_ value: PickleValue, _ what: String, at place: Int) throws(DreamSimError) -> [Int] {
        guard let items = sequence(value) else {
            throw cursor.fault(.malformed, at: place, "\(what) must be a tuple of integers, not \(value.kindName)")
        }
        guard items.count <= limits.rank else {
            throw cursor.fault(.limitExceeded, at: place, "\(what) has \(items.count) numbers; at most \(limits.rank)")
        }
        var numbers: [Int] = []
        for item in items {
            guard case .integer(let number) = item else {
                throw cursor.fault(.malformed, at: place, "\(what) holds \(item.kindName), not an integer")
            }
            numbers.append(number)
        }
        return numbers
    }
}
