/// Memory that several threads write to, each to places of its own.
///
/// `@unchecked Sendable`: whoever makes it makes sure of that, and keeps the memory alive.
package struct UnsafeSendablePointer<Element>: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Element>

    package init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
