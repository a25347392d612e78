import Testing

@Test("placeholder Tensors") func placeholderTensors() {}
