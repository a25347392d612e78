/// The numbers that a method of training learns: what they are at first, how images are seen with them, and what becomes of
/// them. The numbers themselves are the trainer's.
protocol TunedParameters {
    /// The first values, by the names under which the optimizer and checkpoints know them.
    func initial() -> [String: Tensor]

    /// Begins to see images with the numbers as they are.
    /// - Parameter step: the step to learn in, which decides over dropout; nil where nothing is learnt.
    func pass(with tensors: [String: Tensor], step: Int?) -> any TuningPass

    /// What is kept of the numbers.
    func result(of tensors: [String: Tensor]) -> TuningResult
}

/// A batch's way through a model that is tuned. Not for sharing between threads.
protocol TuningPass: AnyObject {
    /// The embeddings of some triplets' images: reference, left and right of each.
    /// - Parameters:
    ///   - input: the batch, as the method takes it.
    ///   - range: which of its triplets.
    func embed(_ input: TripletInput, _ range: Range<Int>) -> [[Float]]

    /// Adds to the gradients what follows from those of the embeddings that were made last.
    func backward(_ dEmbeddings: [[Double]])

    /// The gradients so far, by the parameters' names.
    var gradients: [String: Tensor] { get }
}
