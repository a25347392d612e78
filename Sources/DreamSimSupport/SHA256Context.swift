#if canImport(CommonCrypto)
    import CommonCrypto

    /// The system's SHA-256 on its way, on Apple platforms.
    struct SHA256Context: ~Copyable {
        private var state = CC_SHA256_CTX()

        /// Starts with nothing.
        init() { CC_SHA256_Init(&state) }

        /// Takes a piece.
        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes
            // The system counts the bytes of a piece with 32 bits.
            while !rest.isEmpty {
                let count = min(rest.count, 1 << 30)
                CC_SHA256_Update(&state, rest.baseAddress, CC_LONG(count))
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }

        /// The 32 bytes of the digest of what was taken so far.
        func digest() -> [UInt8] {
            var state = state
            return [UInt8](unsafeUninitializedCapacity: Int(CC_SHA256_DIGEST_LENGTH)) { bytes, count in
                CC_SHA256_Final(bytes.baseAddress, &state)
                count = bytes.count
            }
        }
    }
#else
    import CDreamSimCrypto

    /// OpenSSL's SHA-256 on its way. Its calls fail only without memory, or where an administrator has SHA-256 switched
    /// off, and there is nothing to continue with then.
    struct SHA256Context: ~Copyable {
        private let context: OpaquePointer

        /// Starts with nothing.
        init() {
            self.init { EVP_DigestInit_ex($0, EVP_sha256(), nil) }
        }

        private init(_ start: (OpaquePointer) -> Int32) {
            guard let context = EVP_MD_CTX_new(), start(context) == 1 else {
                preconditionFailure("libcrypto gives no SHA-256")
            }
            self.context = context
        }

        deinit { EVP_MD_CTX_free(context) }

        /// Takes a piece.
        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto takes no bytes")
        }

        /// The 32 bytes of the digest of what was taken so far.
        func digest() -> [UInt8] {
            // The end of a digest is the end of its context.
            let copy = SHA256Context { EVP_MD_CTX_copy_ex($0, context) }
            return [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
                precondition(EVP_DigestFinal_ex(copy.context, bytes.baseAddress, nil) == 1, "libcrypto gives no digest")
                count = 32
            }
        }
    }
#endif
