/// An element of a heap, whose first element is on top.
protocol Ordered {
    func precedes(_ other: Self) -> Bool
}

/// A binary heap: what precedes all others is on top.
struct Heap<Element: Ordered> {
    private var elements: [Element] = []

    var count: Int { elements.count }
    var top: Element? { elements.first }
    /// All elements, in no order that means anything.
    var unordered: [Element] { elements }

    mutating func reserve(_ capacity: Int) { elements.reserveCapacity(capacity) }

    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, elements[child].precedes(elements[(child - 1) / 2]) {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        if !elements.isEmpty { replaceTop(with: last) }
        return first
    }

    /// Puts an element in the place of the top one and sorts it in.
    mutating func replaceTop(with element: Element) {
        elements[0] = element
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
                if elements[child].precedes(elements[first]) { first = child }
            }
            guard first != parent else { return }
            elements.swapAt(parent, first)
            parent = first
        }
    }
}
