/// Memory that several threads write to, each to places of its own.
///
/// `@unchecked Sendable`: whoever lends it sees to that, and keeps it alive.
package struct Lent<Element>: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Element>

    package init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
