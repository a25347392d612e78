import DreamSimTensors

/// Storages and the tensors that are views of them.
extension PickleInterpreter {
    /// BINPERSID: `('storage', type, key, location, count)` and in legacy files a sixth item, None or a view.
    mutating func pushStorage(_ id: PickleValue, at place: Int) throws(DreamSimError) {
        guard case .tuple(let index) = id, case let items = heap.tuples[index], (5...6).contains(items.count),
            case .string("storage") = items[0], case .global(let type) = items[1], case .string(let key) = items[2],
            case .integer(let count) = items[4]
        else { throw cursor.fault(.malformed, at: place, "a persistent id that describes no storage") }
        guard case .storage(let elementType) = type else {
            throw cursor.fault(.unsupported, at: place, "storage '\(key)' has the type \(type), which says no dtype")
        }
        guard count >= 0, !count.multipliedReportingOverflow(by: elementType.byteCount).overflow else {
            throw cursor.fault(.malformed, at: place, "storage '\(key)' has \(count) elements")
        }
        let storage = try storageIndex(key, elementType, count, at: place)
        let view = items.count == 6 ? items[5] : .null
        switch view {
        case .null: push(.storage(PickledView(storage: storage, offset: 0, count: count)))
        case .tuple(let index):
            // (key of the view, offset, count), in elements.
            let parts = heap.tuples[index]
            guard parts.count == 3, case .integer(let offset) = parts[1], case .integer(let length) = parts[2],
                offset >= 0, length >= 0, offset <= count, length <= count - offset
            else { throw cursor.fault(.malformed, at: place, "a view of storage '\(key)' lies outside of it") }
            push(.storage(PickledView(storage: storage, offset: offset, count: length)))
        default: throw cursor.fault(.malformed, at: place, "the view of storage '\(key)' is \(view.kindName)")
        }
    }

    private mutating func storageIndex(
        _ key: String, _ elementType: ElementType, _ count: Int, at place: Int
    ) throws(DreamSimError) -> Int {
        if let known = heap.storageIndex[key] {
            let storage = heap.storages[known]
            guard storage.elementType == elementType, storage.count == count else {
                throw cursor.fault(
                    .malformed, at: place,
                    "storage '\(key)' is described twice, as \(storage.count) \(storage.elementType.rawValue) "
                        + "and as \(count) \(elementType.rawValue)")
            }
            return known
        }
        heap.storageIndex[key] = heap.storages.count
        heap.storages.append(PickledStorage(key: key, elementType: elementType, count: count))
        return heap.storages.count - 1
    }

    /// `_rebuild_tensor(storage, offset, shape, strides)`; the second version has more that says nothing of the data.
    mutating func rebuildTensor(
        _ global: PickleGlobal, _ values: [PickleValue], at place: Int
    ) throws(DreamSimError) {
        guard values.count >= 4, case .storage(let view) = values[0], case .integer(let offset) = values[1] else {
            throw cursor.fault(.malformed, at: place, "a tensor is rebuilt from something else than a storage")
        }
        let storage = heap.storages[view.storage]
        let dimensions = try integers(values[2], "the shape of a tensor", at: place)
        let strides = try integers(values[3], "the strides of a tensor", at: place)
        guard let shape = Shape(checking: dimensions) else {
            throw cursor.fault(.malformed, at: place, "invalid shape \(dimensions)")
        }
        guard strides.count == shape.rank else {
            throw cursor.fault(.malformed, at: place, "\(strides.count) strides for shape \(shape)")
        }
        guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
            throw cursor.fault(.malformed, at: place, "a negative stride or offset: \(strides), \(offset)")
        }
        // A view without elements touches nothing, wherever it says it starts.
        var start = 0
        if shape.count > 0 {
            guard let extent = TensorLayout.extent(of: shape, strides: strides), extent <= view.count,
                offset <= view.count - extent
            else {
                throw cursor.fault(
                    .malformed, at: place,
                    "a view of shape \(shape), strides \(strides), offset \(offset) reaches outside storage "
                        + "'\(storage.key)' of \(view.count) elements")
            }
            start = (view.offset + offset) * storage.elementType.byteCount
        }
        guard shape.count <= max(view.count, limits.expandedElements) else {
            throw cursor.fault(
                .limitExceeded, at: place,
                "a view of shape \(shape) repeats the \(view.count) elements of storage '\(storage.key)' too often")
        }
        heap.tensors.append(
            PickledTensor(
                storage: view.storage,
                layout: TensorLayout(storage.elementType, shape, strides: strides, byteOffset: start)))
        push(.tensor(heap.tensors.count - 1))
    }
}
