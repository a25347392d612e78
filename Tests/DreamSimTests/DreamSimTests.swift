import Testing

@Test("placeholder DreamSim") func placeholderDreamSim() {}
