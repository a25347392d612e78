extension SetVectors {
    /// The rows at places, in their order.
    package func rows(_ places: [Int]) throws(DreamSimError) -> SetVectors {
        let chosen = images.isEmpty ? [] : places.map { images[$0] }
        switch storage {
        case .single(let rows):
            let gathered = rows.withUnsafeBufferPointer { source in
                Tensor(uninitialized: [places.count, width]) { target in
                    for (row, place) in places.enumerated() {
                        (target.baseAddress! + row * width)
                            .initialize(from: source.baseAddress! + place * width, count: width)
                    }
                }
            }
            return try SetVectors(gathered, name: name, images: chosen, stamp: stamp)
        case .double(let values):
            var gathered: [Double] = []
            gathered.reserveCapacity(places.count * width)
            for place in places { gathered += values[(place * width)..<((place + 1) * width)] }
            return try SetVectors(doubles: gathered, width: width, name: name, images: chosen, stamp: stamp)
        }
    }

    /// These rows, and those of another set behind them.
    package func joined(with other: SetVectors?) throws(DreamSimError) -> SetVectors {
        guard let other else { return self }
        try check(with: other)
        return try SetVectors(
            doubles: doubles + other.doubles, width: width, name: name, images: images + other.images,
            failures: failures + other.failures, stamp: stamp)
    }

    /// All rows in double precision, row-major.
    package var doubles: [Double] {
        var values = [Double](repeating: 0, count: count * width)
        withRows { $0.copy(0..<count, to: &values) }
        return values
    }
}
