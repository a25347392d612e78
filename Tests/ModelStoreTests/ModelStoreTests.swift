import Testing

@Test("placeholder ModelStore") func placeholderModelStore() {}
