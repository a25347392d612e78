import Testing

@Test("placeholder Checkpoints") func placeholderCheckpoints() {}
